#include "gate/session/id_token_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>

#include "base/secret.hpp"
#include "base/text.hpp"
#include "gate/session/session_limits.hpp"
#include "protocol/jose/jwt.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oidc/logout_token.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew {

namespace {

Error refused(std::string_view rule) {
  return Error::permanent(ErrorCode::unauthenticated, std::string{rule});
}

// A member that must be a text which is not empty, where it is.
Result<std::string> text_of(const boost::json::object& claims, std::string_view name) {
  CURFEW_TRY(auto text, get_optional_string(claims, name));
  if (text && text->empty()) return refused(std::string{name} + " is empty");
  return std::move(text).value_or(std::string{});
}

Status check_party(const boost::json::object& claims, const std::string& client_id) {
  CURFEW_TRY(const auto audiences, get_string_or_strings(claims, "aud"));
  CURFEW_TRY(const auto azp, get_optional_string(claims, "azp"));
  if (azp && *azp != client_id) return refused("azp is another client");
  if (audiences.size() > 1 && !azp) return refused("there are several audiences and no azp");
  return Done{};
}

Status check_nonce(const boost::json::object& claims, const std::string& expected) {
  CURFEW_TRY(const std::string nonce, get_string(claims, "nonce"));
  const bool is_same = !expected.empty() && equal_constant_time(expected, nonce);
  if (!is_same) return refused("nonce is not that of this sign-in");
  return Done{};
}

Status check_events(const boost::json::object& claims) {
  CURFEW_TRY(const auto* const events, get_object(claims, "events"));
  const boost::json::value* const event = events->if_contains(kLogoutEvent);
  if (event == nullptr || !event->is_object()) return refused("the event is not a logout");
  return Done{};
}

}  // namespace

Result<std::string> check_id_token(std::string_view compact, const KeySet& keys,
                                   const IdTokenExpectation& expected) {
  const JwtExpectation expectation{.types = {"jwt", ""},
                                   .issuers = {expected.issuer},
                                   .audiences = {expected.client_id},
                                   .now = expected.now,
                                   .leeway = kClockSkewMax};
  CURFEW_TRY(const VerifiedJwt token, verify_jwt(compact, keys, expectation));
  // An access token may have the same typ.
  if (token.claims.contains("client_id")) return refused("it is an access token");
  CURFEW_TRY_STATUS(get_numeric_date(token.claims, "iat"));
  CURFEW_TRY_STATUS(check_party(token.claims, expected.client_id));
  CURFEW_TRY_STATUS(check_nonce(token.claims, expected.nonce));
  CURFEW_TRY(const auto at_hash, get_optional_string(token.claims, "at_hash"));
  if (at_hash && *at_hash != token_hash_claim(token.header.alg, expected.access_token)) {
    return refused("at_hash is of another access token");
  }
  CURFEW_TRY(std::string sub, text_of(token.claims, "sub"));
  if (sub.empty()) return refused("sub is missing");
  return sub;
}

Result<LogoutToken> check_logout_token(std::string_view compact, const KeySet& keys,
                                       const LogoutExpectation& expected) {
  const JwtExpectation expectation{.types = {std::string{kLogoutTokenTyp}},
                                   .issuers = {expected.issuer},
                                   .audiences = {expected.client_id},
                                   .now = expected.now,
                                   .leeway = kClockSkewMax,
                                   .lifetime_max = session_limits::kLogoutTokenTimeMax};
  CURFEW_TRY(const VerifiedJwt token, verify_jwt(compact, keys, expectation));
  if (token.claims.contains("nonce")) return refused("there is a nonce: it is no logout token");
  CURFEW_TRY_STATUS(check_events(token.claims));
  CURFEW_TRY_STATUS(get_string(token.claims, "jti"));
  LogoutToken logout;
  CURFEW_TRY(logout.issued_at, get_numeric_date(token.claims, "iat"));
  CURFEW_TRY(logout.sub, text_of(token.claims, "sub"));
  CURFEW_TRY(logout.sid, text_of(token.claims, "sid"));
  if (logout.sub.empty() && logout.sid.empty()) return refused("neither sub nor sid is there");
  return logout;
}

}  // namespace curfew
