#include "protocol/oauth/token_response.hpp"

#include "protocol/json/writer.hpp"

namespace curfew {

std::string to_json(const TokenResponse& response) {
  std::string body;
  body.reserve(response.access_token.size() + response.id_token.size() +
               response.refresh_token.size() + response.scope.size() + 256);
  JsonObjectWriter writer{body};
  writer.string("token_type", response.token_type)
      .string("scope", response.scope)
      .integer("expires_in", response.expires_in.count())
      .integer("ext_expires_in", response.expires_in.count())
      .string("access_token", response.access_token);
  if (!response.refresh_token.empty()) writer.string("refresh_token", response.refresh_token);
  if (!response.id_token.empty()) writer.string("id_token", response.id_token);
  if (!response.client_info.empty()) writer.string("client_info", response.client_info);
  writer.end();
  return body;
}

}  // namespace curfew
