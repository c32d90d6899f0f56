#include "protocol/jose/jwt.hpp"

#include <algorithm>

#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

Error refused(std::string message) {
  return Error::permanent(ErrorCode::unauthenticated, std::move(message));
}

bool is_one_of(const std::string& value, const std::vector<std::string>& accepted) {
  return std::ranges::find(accepted, value) != accepted.end();
}

Status check_issuer(const boost::json::object& claims, const JwtExpectation& expected) {
  CURFEW_TRY(const std::string issuer, get_string(claims, "iss"));
  if (!is_one_of(issuer, expected.issuers)) return refused("iss is not the expected issuer");
  return Done{};
}

Status check_audience(const boost::json::object& claims, const JwtExpectation& expected) {
  CURFEW_TRY(const std::vector<std::string> audiences, get_string_or_strings(claims, "aud"));
  for (const std::string& audience : audiences) {
    if (is_one_of(audience, expected.audiences)) return Done{};
  }
  return refused("aud does not name this receiver");
}

Status check_times(const boost::json::object& claims, const JwtExpectation& expected) {
  CURFEW_TRY(const auto exp, get_optional_numeric_date(claims, "exp"));
  CURFEW_TRY(const auto nbf, get_optional_numeric_date(claims, "nbf"));
  CURFEW_TRY(const auto iat, get_optional_numeric_date(claims, "iat"));
  if (!exp && expected.exp_required) return refused("exp is missing");
  if (exp && expected.now >= *exp + expected.leeway) return refused("the token has expired");
  if (nbf && *nbf > expected.now + expected.leeway) return refused("the token is not yet valid");
  if (iat && *iat > expected.now + expected.leeway) return refused("iat is in the future");
  if (expected.lifetime_max) {
    if (!iat || !exp) return refused("iat or exp is missing");
    if (*exp - *iat > *expected.lifetime_max) return refused("the token lives too long");
  }
  return Done{};
}

// A claim of a wrong type in a token with a good signature: the token is not acceptable.
Status unauthenticated(const Status& status) {
  if (status.ok() || status.error().code() == ErrorCode::unauthenticated) return status;
  return refused(status.error().message());
}

Status check_claims(const boost::json::object& claims, const JwtExpectation& expected) {
  CURFEW_TRY_STATUS(check_issuer(claims, expected));
  CURFEW_TRY_STATUS(check_audience(claims, expected));
  return check_times(claims, expected);
}

}  // namespace

Result<VerifiedJwt> verify_jwt(std::string_view token, const KeySet& keys,
                               const JwtExpectation& expectation) {
  CURFEW_TRY(VerifiedJws jws, verify_jws(token, keys, expectation.types));
  CURFEW_TRY(boost::json::object claims, parse_json_object(jws.payload));
  CURFEW_TRY_STATUS(unauthenticated(check_claims(claims, expectation)));
  return VerifiedJwt{std::move(jws.header), std::move(claims)};
}

Result<boost::json::object> unverified_claims(std::string_view token) {
  CURFEW_TRY(const UnverifiedJws jws, parse_jws(token));
  return parse_json_object(jws.payload);
}

}  // namespace curfew
