#include "protocol/oauth/pkce.hpp"

#include <algorithm>

#include "base/secret.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace curfew {

namespace {

constexpr std::size_t kChallengeSize = 43;  // base64url of 32 bytes
constexpr std::size_t kVerifierSizeMin = 43;
constexpr std::size_t kVerifierSizeMax = 128;

bool is_verifier_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

bool is_code_challenge(std::string_view challenge) {
  return challenge.size() == kChallengeSize && base64url_decode(challenge).has_value();
}

bool is_code_verifier(std::string_view verifier) {
  return verifier.size() >= kVerifierSizeMin && verifier.size() <= kVerifierSizeMax &&
         std::all_of(verifier.begin(), verifier.end(), is_verifier_char);
}

std::string code_challenge_of(std::string_view verifier) { return sha256_base64url(verifier); }

std::optional<OAuthError> check_code_verifier(const std::optional<std::string>& code_challenge,
                                              std::optional<std::string_view> verifier) {
  if (!code_challenge) {
    if (!verifier) return std::nullopt;
    return invalid_grant("A code_verifier came for a code without a code_challenge.",
                         Aadsts::code_verifier_mismatch);
  }
  if (!verifier) {
    return invalid_grant("The code was asked for with a code_challenge: code_verifier is missing.",
                         Aadsts::code_verifier_mismatch);
  }
  if (!is_code_verifier(*verifier)) {
    return invalid_grant("The code_verifier is not 43 to 128 unreserved characters.",
                         Aadsts::code_verifier_mismatch);
  }
  if (!equal_constant_time(*code_challenge, code_challenge_of(*verifier))) {
    return invalid_grant("The code_verifier does not match the code_challenge.",
                         Aadsts::code_verifier_mismatch);
  }
  return std::nullopt;
}

}  // namespace curfew
