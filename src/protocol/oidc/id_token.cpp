#include "protocol/oidc/id_token.hpp"

#include "protocol/json/writer.hpp"

namespace curfew {

std::string to_json(const IdTokenClaims& claims) {
  std::string payload;
  payload.reserve(1024);
  JsonObjectWriter writer{payload};
  const auto text = [&writer](std::string_view name, const std::string& value) {
    if (!value.empty()) writer.string(name, value);
  };
  writer.string("iss", claims.iss)
      .string("sub", claims.sub)
      .string("aud", claims.aud)
      .integer("iat", claims.iat);
  if (claims.nbf != 0) writer.integer("nbf", claims.nbf);
  writer.integer("exp", claims.exp);
  if (claims.auth_time) writer.integer("auth_time", *claims.auth_time);
  text("nonce", claims.nonce);
  text("sid", claims.sid);
  text("oid", claims.oid);
  text("tid", claims.tid);
  text("preferred_username", claims.preferred_username);
  text("name", claims.name);
  text("email", claims.email);
  if (!claims.email.empty()) writer.boolean("email_verified", claims.email_verified);
  text("login_hint", claims.login_hint);
  if (!claims.amr.empty()) writer.strings("amr", claims.amr);
  text("acr", claims.acr);
  text("at_hash", claims.at_hash);
  if (claims.session_expiry) writer.integer("session_expiry", *claims.session_expiry);
  writer.string("ver", claims.ver);
  writer.end();
  return payload;
}

}  // namespace curfew
