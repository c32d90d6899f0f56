#include "protocol/oidc/logout_token.hpp"

#include "protocol/http/form.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

std::string to_json(const LogoutTokenClaims& claims) {
  std::string payload;
  JsonObjectWriter writer{payload};
  writer.string("iss", claims.iss)
      .string("aud", claims.aud)
      .integer("iat", claims.iat)
      .integer("exp", claims.exp)
      .string("jti", claims.jti)
      .raw("events", R"({")" + std::string{kLogoutEvent} + R"(":{}})")
      .string("sub", claims.sub)
      .string("sid", claims.sid);
  writer.end();
  return payload;
}

std::string logout_request_body(std::string_view logout_token) {
  Form form;
  form.add("logout_token", logout_token);
  return form.encode();
}

}  // namespace curfew
