#include "protocol/oidc/access_token.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/json_memory.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

namespace json = boost::json;

constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the last second of the year 9999
constexpr std::string_view kAppOnly = "app";
constexpr std::size_t kSessionControlsMax = 16;  // there are two

Error refused(std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument, std::string{rule});
}

void put(std::string_view text, std::string& into) { into.assign(text); }

template <typename Tag>
void put(std::string_view text, Id<Tag>& into) {
  into = Id<Tag>{std::string{text}};
}

// Every claim of every token is read so, or by the next: straight to its place. Empty where it is
// absent.
template <typename Text>
Status read_text(const json::object& claims, std::string_view name, Text& into) {
  CURFEW_TRY(const std::optional<std::string_view> text, get_optional_string_view(claims, name));
  put(text.value_or(std::string_view{}), into);
  return Done{};
}

template <typename Text>
Status read_required_text(const json::object& claims, std::string_view name, Text& into) {
  CURFEW_TRY(const std::string_view text, get_string_view(claims, name));
  put(text, into);
  return Done{};
}

Result<std::vector<std::string>> list_or_empty(const json::object& claims, std::string_view name) {
  CURFEW_TRY(std::optional<std::vector<std::string>> list, get_optional_strings(claims, name));
  return std::move(list).value_or(std::vector<std::string>{});
}

Result<std::int64_t> seconds_of(const json::object& claims, std::string_view name) {
  CURFEW_TRY(const std::int64_t seconds, get_int64(claims, name));
  if (seconds < 0 || seconds > kSecondsMax) {
    return refused(std::string{name} + " is out of range");
  }
  return seconds;
}

Result<Position> stamp_of(const json::object& claims, std::string_view name) {
  CURFEW_TRY(const std::optional<std::string_view> text, get_optional_string_view(claims, name));
  if (!text) return Position{};
  const std::optional<Position> position = parse_position(*text);
  if (!position) return refused(std::string{name} + " is no position");
  return *position;
}

// The three spellings of the client must not name different ones.
Status check_client(const json::object& claims, const AppId& client_id) {
  for (const std::string_view name : {"azp", "appid"}) {
    CURFEW_TRY(const std::optional<std::string_view> text, get_optional_string_view(claims, name));
    if (text && *text != client_id.str()) {
      return refused(std::string{name} + " and client_id differ");
    }
  }
  return Done{};
}

// What RFC 9068 2.2 requires.
Status read_required(const json::object& claims, AccessTokenClaims& token) {
  CURFEW_TRY_STATUS(read_required_text(claims, "iss", token.iss));
  CURFEW_TRY_STATUS(read_required_text(claims, "aud", token.aud));
  CURFEW_TRY_STATUS(read_required_text(claims, "sub", token.sub));
  CURFEW_TRY_STATUS(read_required_text(claims, "client_id", token.client_id));
  CURFEW_TRY_STATUS(read_required_text(claims, "jti", token.jti));
  CURFEW_TRY(token.iat, seconds_of(claims, "iat"));
  CURFEW_TRY(token.exp, seconds_of(claims, "exp"));
  return check_client(claims, token.client_id);
}

Status read_times(const json::object& claims, AccessTokenClaims& token) {
  if (claims.contains("nbf")) {
    CURFEW_TRY(token.nbf, seconds_of(claims, "nbf"));
  }
  if (claims.contains("auth_time")) {
    CURFEW_TRY(token.auth_time, seconds_of(claims, "auth_time"));
  }
  return Done{};
}

Status read_keys(const json::object& claims, AccessTokenClaims& token) {
  CURFEW_TRY_STATUS(read_text(claims, "tid", token.tid));
  CURFEW_TRY_STATUS(read_text(claims, "oid", token.oid));
  CURFEW_TRY_STATUS(read_text(claims, "sid", token.sid));
  CURFEW_TRY_STATUS(read_text(claims, "deviceid", token.deviceid));
  CURFEW_TRY_STATUS(read_text(claims, "xcf_grant", token.grant_id));
  CURFEW_TRY_STATUS(read_text(claims, "xcf_authn", token.authenticator_id));
  CURFEW_TRY(token.inherited_keys, list_or_empty(claims, "xcf_via"));
  const bool are_keys = std::ranges::all_of(
      token.inherited_keys, [](const std::string& text) { return parse_key(text).has_value(); });
  if (!are_keys || token.inherited_keys.size() > kInheritedKeysMax) {
    return refused("xcf_via is no list of keys");
  }
  CURFEW_TRY(token.stamps.auth_as_of, stamp_of(claims, "auth_as_of"));
  CURFEW_TRY(token.stamps.as_of, stamp_of(claims, "as_of"));
  return Done{};
}

Status read_rest(const json::object& claims, AccessTokenClaims& token) {
  CURFEW_TRY_STATUS(read_text(claims, "azpacr", token.azpacr));
  CURFEW_TRY_STATUS(read_text(claims, "scp", token.scp));
  CURFEW_TRY(token.roles, list_or_empty(claims, "roles"));
  CURFEW_TRY(token.amr, list_or_empty(claims, "amr"));
  CURFEW_TRY(token.session_controls, list_or_empty(claims, "xcf_ctl"));
  if (token.session_controls.size() > kSessionControlsMax) return refused("xcf_ctl is too long");
  CURFEW_TRY_STATUS(read_text(claims, "acr", token.acr));
  CURFEW_TRY_STATUS(read_text(claims, "ver", token.ver));
  CURFEW_TRY(const std::optional<std::string_view> idtyp,
             get_optional_string_view(claims, "idtyp"));
  token.app_only = idtyp == kAppOnly;
  CURFEW_TRY(const std::vector<std::string> capabilities, list_or_empty(claims, "xms_cc"));
  token.continuous_evaluation =
      std::any_of(capabilities.begin(), capabilities.end(),
                  [](const std::string& word) { return ascii_iequals(word, "cp1"); });
  return Done{};
}

void write_text(JsonObjectWriter& writer, std::string_view name, std::string_view value) {
  if (!value.empty()) writer.string(name, value);
}

void write_stamp(JsonObjectWriter& writer, std::string_view name, Position position) {
  if (position.is_set()) writer.string(name, to_string(position));
}

// What every token of ours names. A token without it is not ours, or was damaged.
bool is_complete(const AccessTokenClaims& claims, const KeyId& kid) {
  const bool has_user = claims.app_only || !claims.oid.empty();
  return has_user && !claims.tid.empty() && !claims.client_id.empty() && !claims.jti.empty() &&
         !kid.empty();
}

}  // namespace

Status read_confirmation(const json::object& claims, AccessTokenClaims& token) {
  CURFEW_TRY(const json::object* const cnf, get_optional_object(claims, "cnf"));
  if (cnf == nullptr) return Done{};
  CURFEW_TRY_STATUS(read_text(*cnf, "jkt", token.cnf_jkt));
  CURFEW_TRY_STATUS(read_text(*cnf, "x5t#S256", token.cnf_x5t_s256));
  const std::size_t known =
      std::size_t{!token.cnf_jkt.empty()} + std::size_t{!token.cnf_x5t_s256.empty()};
  if (known == 0 || known != cnf->size()) return refused("cnf names no key");
  return Done{};
}

std::string confirmation_json(const AccessTokenClaims& claims) {
  std::string json;
  JsonObjectWriter writer{json};
  write_text(writer, "jkt", claims.cnf_jkt);
  write_text(writer, "x5t#S256", claims.cnf_x5t_s256);
  writer.end();
  return json;
}

namespace {

Status read_all(const json::object& claims, AccessTokenClaims& token) {
  for (const auto read : {read_required, read_times, read_keys, read_confirmation, read_rest}) {
    CURFEW_TRY_STATUS(read(claims, token));
  }
  return Done{};
}

// The value of `status` (Token Status List 6.2): {"status_list":{"idx":1,"uri":"..."}}.
std::string status_json(const AccessTokenClaims& claims) {
  std::string place;
  JsonObjectWriter inner{place};
  inner.integer("idx", claims.status_list_idx).string("uri", claims.status_list_uri);
  inner.end();
  std::string json;
  JsonObjectWriter writer{json};
  writer.raw("status_list", place);
  writer.end();
  return json;
}

}  // namespace

std::string to_json(const AccessTokenClaims& claims) {
  std::string payload;
  payload.reserve(1024);
  JsonObjectWriter writer{payload};
  writer.string("iss", claims.iss)
      .string("aud", claims.aud)
      .string("sub", claims.sub)
      .integer("iat", claims.iat)
      .integer("nbf", claims.nbf)
      .integer("exp", claims.exp)
      .string("jti", claims.jti)
      .string("client_id", claims.client_id.str())
      .string("azp", claims.client_id.str())
      .string("appid", claims.client_id.str());
  write_text(writer, "azpacr", claims.azpacr);
  write_text(writer, "oid", claims.oid);
  write_text(writer, "tid", claims.tid.str());
  write_text(writer, "scp", claims.scp);
  write_text(writer, "scope", claims.scp);
  if (!claims.roles.empty()) writer.strings("roles", claims.roles);
  write_text(writer, "sid", claims.sid.str());
  write_text(writer, "deviceid", claims.deviceid.str());
  if (claims.auth_time) writer.integer("auth_time", *claims.auth_time);
  if (!claims.amr.empty()) writer.strings("amr", claims.amr);
  write_text(writer, "acr", claims.acr);
  write_text(writer, "ver", claims.ver);
  if (claims.app_only) writer.string("idtyp", kAppOnly);
  if (claims.continuous_evaluation) writer.raw("xms_cc", R"(["CP1"])");
  write_stamp(writer, "auth_as_of", claims.stamps.auth_as_of);
  write_stamp(writer, "as_of", claims.stamps.as_of);
  write_text(writer, "xcf_grant", claims.grant_id.str());
  write_text(writer, "xcf_authn", claims.authenticator_id);
  if (is_bound(claims)) writer.raw("cnf", confirmation_json(claims));
  if (!claims.inherited_keys.empty()) writer.strings("xcf_via", claims.inherited_keys);
  if (!claims.session_controls.empty()) writer.strings("xcf_ctl", claims.session_controls);
  if (!claims.status_list_uri.empty()) writer.raw("status", status_json(claims));
  writer.end();
  return payload;
}

Result<AccessTokenClaims> parse_access_token_claims(const json::object& claims) {
  // Filled where it is returned: moving all of the texts takes as long as reading some of them.
  Result<AccessTokenClaims> token{AccessTokenClaims{}};
  if (const Status status = read_all(claims, *token); !status.ok()) token = status.error();
  return token;
}

Result<AccessTokenClaims> parse_access_token_claims(std::string_view text) {
  JsonMemory memory;
  CURFEW_TRY(const json::object claims, parse_json_object(text, memory));
  return parse_access_token_claims(claims);
}

CredentialFacts facts_of(const AccessTokenClaims& claims, const KeyId& kid) {
  CredentialFacts facts;
  facts.credential_class = CredentialClass::access;
  if (is_complete(claims, kid)) facts.stamps = claims.stamps;
  facts.expires_at = from_unix_seconds(std::clamp<std::int64_t>(claims.exp, 0, kSecondsMax));
  const auto name = [&facts](const auto& id) {
    if (!id.empty()) facts.keys.push_back(key_of(id));
  };
  // For an application alone, oid is its service principal: no user.
  const UserId user{claims.app_only ? std::string{} : claims.oid};
  facts.keys.reserve(10 + claims.inherited_keys.size());
  name(claims.tid);
  name(user);
  name(claims.sid);
  name(claims.deviceid);
  name(claims.grant_id);
  name(claims.client_id);
  if (!user.empty() && !claims.client_id.empty()) {
    facts.keys.push_back(assignment_key(user, claims.client_id));
  }
  if (!claims.authenticator_id.empty()) {
    facts.keys.push_back(authenticator_key(claims.authenticator_id));
  }
  name(kid);
  if (!claims.jti.empty()) facts.keys.push_back(credential_key(claims.jti));
  for (const std::string& inherited : claims.inherited_keys) {
    const std::optional<Key> key = parse_key(inherited);
    if (key) facts.keys.push_back(*key);
    if (!key) facts.stamps = {};  // not read by us: what ends it is not known
  }
  return facts;
}

}  // namespace curfew
