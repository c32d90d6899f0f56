#include "protocol/oauth/device_authorization.hpp"

#include "base/text.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/oidc/claims_parameter.hpp"

namespace curfew {

namespace {

constexpr std::string_view kAlphabet = "BCDFGHJKLMNPQRSTVWXZ";  // RFC 8628 6.1
constexpr std::size_t kLetters = 8;
constexpr std::size_t kGroup = 4;

std::string grouped(std::string letters) { return letters.insert(kGroup, "-"); }

}  // namespace

OAuthResult<DeviceAuthorizationRequest> parse_device_authorization_request(
    const OAuthParams& params) {
  if (std::optional<OAuthError> error = params.first_repeated()) return *std::move(error);
  DeviceAuthorizationRequest request;
  CURFEW_TRY(request.scope, parse_scope(params.get("scope").value_or("")));
  CURFEW_TRY(request.resources, parse_resources(params));
  request.claims = params.get_or_empty("claims");
  const Result<ClaimsRequest> claims = parse_claims_parameter(request.claims);
  if (!claims) return invalid_request("The claims parameter: " + claims.error().message() + ".");
  return request;
}

std::string to_json(const DeviceAuthorizationAnswer& answer) {
  std::string body;
  JsonObjectWriter writer{body};
  writer.string("device_code", answer.device_code)
      .string("user_code", answer.user_code)
      .string("verification_uri", answer.verification_uri)
      .string("verification_uri_complete",
              answer.verification_uri + "?user_code=" + answer.user_code)
      .integer("expires_in", answer.expires_in.count())
      .integer("interval", answer.interval.count())
      .string("message", "To sign in, open " + answer.verification_uri +
                             " in a browser and enter the code " + answer.user_code + ".");
  writer.end();
  return body;
}

std::string make_user_code(std::uint64_t random) {
  std::string letters;
  for (std::size_t i = 0; i < kLetters; ++i) {
    letters += kAlphabet[random % kAlphabet.size()];
    random /= kAlphabet.size();
  }
  return grouped(std::move(letters));
}

std::optional<std::string> read_user_code(std::string_view typed) {
  std::string letters;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    letters += ascii_upper(c);
    const bool is_letter = kAlphabet.find(letters.back()) != std::string_view::npos;
    if (!is_letter || letters.size() > kLetters) return std::nullopt;
  }
  if (letters.size() != kLetters) return std::nullopt;
  return grouped(std::move(letters));
}

}  // namespace curfew
