// protocol/oauth/token_request.hpp: a request to the token endpoint, by grant type.
//
// Pure; any thread. The client is read by oauth/client_auth.hpp.
// Spec: RFC 6749 4.1.3, 4.4.2 and 6, RFC 7636 4.5, RFC 7523 2.1,
// RFC 8628 3.4, RFC 8707 2.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"
#include "protocol/oauth/scope.hpp"
#include "protocol/oidc/claims_parameter.hpp"

namespace curfew {

inline constexpr std::string_view kDeviceCodeGrantType =
    "urn:ietf:params:oauth:grant-type:device_code";

struct AuthorizationCodeGrant {
  Secret code;
  std::optional<std::string> redirect_uri;
  std::optional<std::string> code_verifier;  // unchecked: oauth/pkce.hpp
};

struct RefreshTokenGrant {
  Secret refresh_token;
};

struct ClientCredentialsGrant {};

// RFC 8628 3.4.
struct DeviceCodeGrant {
  Secret device_code;
  // MSAL, by what it says of itself: it gives up at slow_down, and has two spellings of its own.
  bool is_msal = false;
};

// A middle-tier application presents the access token that a person's client called it with, for
// one to the resource that it calls itself.
struct OnBehalfOfGrant {
  Secret assertion;
};

struct TokenRequest {
  std::variant<AuthorizationCodeGrant, RefreshTokenGrant, ClientCredentialsGrant, DeviceCodeGrant,
               OnBehalfOfGrant>
      grant;
  ScopeRequest scope;
  std::vector<std::string> resources;
  ClaimsRequest claims;
  bool client_info = false;
};

// Its grant_type, as the standards spell it.
[[nodiscard]] std::string_view grant_type_of(const TokenRequest& request);

// invalid_request for a missing or repeated parameter, unsupported_grant_type for an unknown
// grant_type. A missing code_verifier is no error here.
[[nodiscard]] OAuthResult<TokenRequest> parse_token_request(const OAuthParams& params);

}  // namespace curfew
