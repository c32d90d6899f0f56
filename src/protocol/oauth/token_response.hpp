// protocol/oauth/token_response.hpp: the success answer of the token endpoint.
//
// There is deliberately no refresh_in: MSAL would renew early, keep the old token on failure and
// swallow the error. Pure; any thread. Spec: RFC 6749 5.1.
#pragma once

#include <chrono>
#include <string>

namespace curfew {

struct TokenResponse {
  std::string access_token;
  std::string token_type = "Bearer";  // "DPoP" where the access token is bound to a key
  std::chrono::seconds expires_in{0};
  std::string scope;
  std::string refresh_token;  // this and the following are left out when empty
  std::string id_token;
  std::string client_info;
};

[[nodiscard]] std::string to_json(const TokenResponse& response);

}  // namespace curfew
