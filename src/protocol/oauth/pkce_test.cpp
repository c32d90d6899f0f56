#include "protocol/oauth/pkce.hpp"

#include <doctest/doctest.h>

using namespace curfew;

namespace {

// RFC 7636 appendix B.
constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

bool is_invalid_grant(const std::optional<OAuthError>& error) {
  return error.has_value() && error->code == OAuthErrorCode::invalid_grant;
}

}  // namespace

TEST_CASE("RFC 7636 4.2: the challenge is the base64url of the verifier's SHA-256") {
  CHECK(code_challenge_of(kVerifier) == kChallenge);
  CHECK(is_code_challenge(kChallenge));
  CHECK_FALSE(check_code_verifier(kChallenge, kVerifier).has_value());
}

TEST_CASE("RFC 7636 4.1: a verifier is 43 to 128 unreserved characters") {
  CHECK_FALSE(is_code_verifier(std::string(42, 'a')));
  CHECK(is_code_verifier(std::string(43, 'a')));
  CHECK(is_code_verifier(std::string(128, 'a')));
  CHECK_FALSE(is_code_verifier(std::string(129, 'a')));
  CHECK(is_code_verifier(std::string(39, 'a') + "-._~"));
  for (const char c : {'+', '/', '=', ' ', '%', '\0'}) {
    CHECK_FALSE(is_code_verifier(std::string(42, 'a') + c));
  }
}

TEST_CASE("RFC 7636 4.6: a verifier of 42 characters is invalid_grant") {
  const std::string verifier(42, 'a');
  CHECK(is_invalid_grant(check_code_verifier(code_challenge_of(verifier), verifier)));
}

TEST_CASE("RFC 7636 4.6: a verifier with a foreign character is invalid_grant") {
  const std::string verifier(43, '+');
  CHECK(is_invalid_grant(check_code_verifier(code_challenge_of(verifier), verifier)));
}

TEST_CASE("RFC 7636 4.6: a missing or wrong verifier is invalid_grant") {
  CHECK(is_invalid_grant(check_code_verifier(kChallenge, std::nullopt)));
  CHECK(is_invalid_grant(check_code_verifier(kChallenge, std::string(43, 'a'))));
  // `plain`: the challenge itself handed in as the verifier.
  CHECK(is_invalid_grant(check_code_verifier(kChallenge, kChallenge)));
}

TEST_CASE("RFC 9700 4.8.2: a verifier for a code without challenge is refused") {
  CHECK(is_invalid_grant(check_code_verifier(std::nullopt, kVerifier)));
  CHECK_FALSE(check_code_verifier(std::nullopt, std::nullopt).has_value());
}

TEST_CASE("RFC 7636 4.2: a challenge is 43 characters of base64url") {
  CHECK_FALSE(is_code_challenge(""));
  CHECK_FALSE(is_code_challenge(kChallenge + "="));
  CHECK_FALSE(is_code_challenge(kChallenge.substr(1)));
  CHECK_FALSE(is_code_challenge("+" + kChallenge.substr(1)));
}
