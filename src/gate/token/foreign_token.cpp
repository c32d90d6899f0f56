#include "gate/token/foreign_token.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew {

namespace {

namespace json = boost::json;

constexpr std::size_t kIdBytesMax = 256;
constexpr std::size_t kClaimKeysMax = 16;

Error refused(std::string message) {
  return Error::permanent(ErrorCode::unauthenticated, std::move(message));
}

Error malformed(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

// Only of these can another issuer's claim say something.
bool may_be_named(KeyKind kind) {
  switch (kind) {
    case KeyKind::user:
    case KeyKind::session:
    case KeyKind::device:
    case KeyKind::application:
    case KeyKind::credential: return true;
    case KeyKind::tenant:
    case KeyKind::grant:
    case KeyKind::assignment:
    case KeyKind::authenticator:
    case KeyKind::signing_key: return false;
  }
  return false;
}

// A claim of a wrong type is as good as a token that lacks it.
Result<std::string> text_of(const json::object& claims, std::string_view name) {
  Result<std::optional<std::string>> text = get_optional_string(claims, name);
  if (!text.ok()) return refused(text.error().message());
  return std::move(*text).value_or("");
}

Result<std::string> first_text_of(const json::object& claims,
                                  std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    CURFEW_TRY(std::string text, text_of(claims, name));
    if (!text.empty()) return text;
  }
  return std::string{};
}

Result<std::vector<std::string>> list_of(const json::object& claims, std::string_view name) {
  Result<std::optional<std::vector<std::string>>> list = get_optional_strings(claims, name);
  if (!list.ok()) return refused(list.error().message());
  return std::move(*list).value_or(std::vector<std::string>{});
}

Result<std::optional<TimePoint>> time_of(const json::object& claims, std::string_view name) {
  Result<std::optional<TimePoint>> time = get_optional_numeric_date(claims, name);
  if (!time.ok()) return refused(time.error().message());
  return time;
}

Result<TimePoint> required_time_of(const json::object& claims, std::string_view name) {
  CURFEW_TRY(const std::optional<TimePoint> time, time_of(claims, name));
  if (!time) return refused(std::string{name} + " is missing");
  return *time;
}

// Whoever signs in gets an ID token for the same audience, signed with the same key.
Status check_is_access_token(const json::object& claims, std::string_view typ) {
  for (const std::string_view name : {"nonce", "at_hash", "c_hash", "s_hash"}) {
    if (claims.contains(name)) return refused("the token is an ID token");
  }
  CURFEW_TRY(const std::string kind, text_of(claims, "typ"));
  if (!kind.empty() && !ascii_iequals(kind, "bearer")) {
    return refused("the token is no access token");
  }
  if (typ == "at+jwt") return Done{};
  CURFEW_TRY(const std::string sign, first_text_of(claims, {"scp", "azp", "appid"}));
  if (sign.empty()) return refused("the token is no access token");
  return Done{};
}

Status read_identity(const json::object& claims, AccessTokenClaims& token) {
  CURFEW_TRY(token.sub, text_of(claims, "sub"));
  CURFEW_TRY(token.oid, text_of(claims, "oid"));
  CURFEW_TRY(std::string tid, text_of(claims, "tid"));
  token.tid = TenantId{std::move(tid)};
  CURFEW_TRY(std::string client, first_text_of(claims, {"azp", "appid", "client_id"}));
  token.client_id = AppId{std::move(client)};
  CURFEW_TRY(token.azpacr, text_of(claims, "azpacr"));
  CURFEW_TRY(std::string sid, text_of(claims, "sid"));
  token.sid = SessionId{std::move(sid)};
  CURFEW_TRY(std::string deviceid, text_of(claims, "deviceid"));
  token.deviceid = DeviceId{std::move(deviceid)};
  CURFEW_TRY(token.jti, first_text_of(claims, {"jti", "uti"}));
  return Done{};
}

Status read_permissions(const json::object& claims, AccessTokenClaims& token) {
  CURFEW_TRY(token.scp, first_text_of(claims, {"scp", "scope"}));
  CURFEW_TRY(token.roles, list_of(claims, "roles"));
  CURFEW_TRY(token.acr, text_of(claims, "acr"));
  CURFEW_TRY(const std::string idtyp, text_of(claims, "idtyp"));
  // Entra writes idtyp only where it is asked to: a token with no scope of anybody is an
  // application's own.
  token.app_only = idtyp == "app" || (idtyp.empty() && token.scp.empty());
  CURFEW_TRY(const std::vector<std::string> capabilities, list_of(claims, "xms_cc"));
  token.continuous_evaluation = std::ranges::any_of(
      capabilities, [](const std::string& word) { return ascii_iequals(word, "cp1"); });
  if (!read_confirmation(claims, token).ok()) {
    return refused("the token is bound in a way that is not known here (cnf)");
  }
  return Done{};
}

Status read_times(const json::object& claims, AccessTokenClaims& token, ForeignFacts& facts) {
  CURFEW_TRY(facts.issued_at, required_time_of(claims, "iat"));
  CURFEW_TRY(facts.expires_at, required_time_of(claims, "exp"));
  CURFEW_TRY(const std::optional<TimePoint> auth_time, time_of(claims, "auth_time"));
  CURFEW_TRY(const std::optional<TimePoint> nbf, time_of(claims, "nbf"));
  facts.authenticated_at = std::min(auth_time.value_or(facts.issued_at), facts.issued_at);
  token.iat = to_unix_seconds(facts.issued_at);
  token.exp = to_unix_seconds(facts.expires_at);
  token.nbf = to_unix_seconds(nbf.value_or(facts.issued_at));
  if (auth_time) token.auth_time = to_unix_seconds(*auth_time);
  return Done{};
}

void add_assignments(std::vector<Key>& keys) {
  std::vector<Key> assignments;
  for (const Key& user : keys) {
    if (user.kind != KeyKind::user) continue;
    for (const Key& app : keys) {
      if (app.kind != KeyKind::application) continue;
      assignments.push_back(assignment_key(UserId{user.id}, AppId{app.id}));
    }
  }
  keys.insert(keys.end(), assignments.begin(), assignments.end());
}

Result<std::vector<Key>> keys_named(const json::object& claims, const ForeignIssuer& issuer,
                                    const std::string& tenant_id) {
  std::vector<Key> keys{key_of(TenantId{tenant_id})};
  for (const ClaimKey& wanted : issuer.keys) {
    CURFEW_TRY(const std::string value, text_of(claims, wanted.claim));
    if (value.empty() && wanted.is_optional) continue;
    if (value.empty()) return refused("the token has no " + wanted.claim);
    if (value.size() > kIdBytesMax) return refused("the token's " + wanted.claim + " is too long");
    keys.push_back({wanted.kind, wanted.prefix + value});
  }
  add_assignments(keys);
  return keys;
}

}  // namespace

Status check_foreign_issuer(const ForeignIssuer& issuer) {
  const std::string name = "foreign issuer " + escape_for_display(issuer.issuer);
  if (issuer.issuer.empty()) return malformed("a foreign issuer has no issuer");
  if (issuer.skew_max < Duration{}) return malformed(name + " has a negative skew");
  if (issuer.keys.size() > kClaimKeysMax) return malformed(name + " has more than 16 claims");
  for (const ClaimKey& key : issuer.keys) {
    if (key.claim.empty()) return malformed(name + " has a claim without a name");
    if (!may_be_named(key.kind)) {
      return malformed(name + ": no claim can name a key of the kind " +
                       std::string{to_string(key.kind)});
    }
  }
  const bool names_one =
      std::ranges::any_of(issuer.keys, [](const ClaimKey& key) { return !key.is_optional; });
  if (names_one) return Done{};
  return malformed(name + " has no claim that each of its tokens must have");
}

Result<GateToken> read_foreign_token(std::string_view compact, const KeySet& keys,
                                     const ForeignIssuer& issuer, const std::string& tenant_id) {
  CURFEW_TRY(const VerifiedJws jws, verify_jws(compact, keys, access_token_types()));
  CURFEW_TRY(const json::object claims, parse_json_object(jws.payload));
  GateToken token;
  CURFEW_TRY(token.claims.iss, text_of(claims, "iss"));
  if (token.claims.iss != issuer.issuer) return refused("iss is not the expected issuer");
  CURFEW_TRY_STATUS(check_is_access_token(claims, jws.header.typ));
  Result<std::vector<std::string>> audiences = get_string_or_strings(claims, "aud");
  if (!audiences.ok()) return refused(audiences.error().message());
  token.audiences = std::move(audiences).value();
  CURFEW_TRY_STATUS(read_identity(claims, token.claims));
  CURFEW_TRY_STATUS(read_permissions(claims, token.claims));
  ForeignFacts facts;
  facts.skew_max = issuer.skew_max;
  CURFEW_TRY_STATUS(read_times(claims, token.claims, facts));
  CURFEW_TRY(facts.keys, keys_named(claims, issuer, tenant_id));
  token.scopes = split_words(token.claims.scp);
  token.roles_text = roles_text_of(token.claims.roles);
  token.facts = std::move(facts);
  CURFEW_TRY_STATUS(check_texts(token));
  return token;
}

bool is_of_the_future(const AccessTokenClaims& claims, TimePoint now, Duration skew_max) {
  const std::int64_t latest = std::max({claims.nbf, claims.iat, claims.auth_time.value_or(0)});
  return from_unix_seconds(latest) > now + skew_max;
}

}  // namespace curfew
