#include "protocol/oauth/introspection.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

// RFC 9110 12.4.2: "q=0" means not acceptable; anything else is some weight.
bool is_refused(std::string_view parameter) {
  const std::string_view text = trim_ascii(parameter);
  if (text.size() < 3 || (text[0] != 'q' && text[0] != 'Q') || text[1] != '=') return false;
  return text.find_first_not_of("0.", 2) == std::string_view::npos;
}

}  // namespace

OAuthResult<IntrospectionRequest> parse_introspection_request(const OAuthParams& params) {
  if (std::optional<OAuthError> error = params.first_repeated()) return *std::move(error);
  const std::optional<std::string_view> token = params.get("token");
  if (!token) {
    return invalid_request("The parameter 'token' is missing.", Aadsts::missing_parameter);
  }
  IntrospectionRequest request;
  request.token = Secret{*token};
  const std::string_view hint = params.get("token_type_hint").value_or("");
  if (hint == "access_token") request.hint = TokenTypeHint::access_token;
  if (hint == "refresh_token") request.hint = TokenTypeHint::refresh_token;
  return request;
}

std::string inactive_introspection_json() { return R"({"active":false})"; }

std::string active_introspection_json(const AccessTokenClaims& claims,
                                      const IntrospectionExtra& extra) {
  std::string body;
  body.reserve(1024);
  JsonObjectWriter writer{body};
  const auto text = [&writer](std::string_view name, std::string_view value) {
    if (!value.empty()) writer.string(name, value);
  };
  writer.boolean("active", true)
      .string("token_type", extra.token_type)
      .string("iss", claims.iss)
      .string("aud", claims.aud)
      .string("sub", claims.sub)
      .string("client_id", claims.client_id.str())
      .string("scope", claims.app_only ? join(claims.roles, " ") : claims.scp);
  if (claims.exp != 0) writer.integer("exp", claims.exp);
  if (claims.iat != 0) writer.integer("iat", claims.iat);
  if (claims.nbf != 0) writer.integer("nbf", claims.nbf);
  text("jti", claims.jti);
  text("username", extra.username);
  text("oid", claims.oid);
  text("tid", claims.tid.str());
  text("sid", claims.sid.str());
  if (claims.auth_time) writer.integer("auth_time", *claims.auth_time);
  text("acr", claims.acr);
  if (!claims.amr.empty()) writer.strings("amr", claims.amr);
  if (!claims.roles.empty()) writer.strings("roles", claims.roles);
  if (!claims.session_controls.empty()) writer.strings("xcf_ctl", claims.session_controls);
  if (is_bound(claims)) writer.raw("cnf", confirmation_json(claims));
  writer.end();
  return body;
}

bool asks_for_introspection_jwt(std::string_view accept) {
  for (const std::string_view range : split(accept, ',')) {
    const std::vector<std::string_view> parts = split(range, ';');
    if (!ascii_iequals(trim_ascii(parts.front()), kIntrospectionJwtMediaType)) continue;
    return std::none_of(parts.begin() + 1, parts.end(), is_refused);
  }
  return false;
}

std::string introspection_jwt_payload(std::string_view issuer, std::string_view caller,
                                      std::int64_t issued_at, std::string_view json) {
  std::string payload;
  JsonObjectWriter writer{payload};
  writer.string("iss", issuer)
      .string("aud", caller)
      .integer("iat", issued_at)
      .raw("token_introspection", json);
  writer.end();
  return payload;
}

}  // namespace curfew
