#include "protocol/oauth/introspection.hpp"

#include "base/text.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

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
  writer.end();
  return body;
}

}  // namespace curfew
