// protocol/oauth/introspection.hpp: RFC 7662: the request, and both answers.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"
#include "protocol/oidc/access_token.hpp"

namespace curfew {

// What a client says about a token it hands in; never believed, only a place to look first.
enum class TokenTypeHint { none, access_token, refresh_token };

struct IntrospectionRequest {
  Secret token;
  TokenTypeHint hint = TokenTypeHint::none;  // unknown hints are none (RFC 7662 2.1)
};
[[nodiscard]] OAuthResult<IntrospectionRequest> parse_introspection_request(
    const OAuthParams& params);

// {"active":false} and nothing else (RFC 7662 2.2).
[[nodiscard]] std::string inactive_introspection_json();

// What RFC 7662 2.2 has no claim in an access token for.
struct IntrospectionExtra {
  std::string username;  // preferred_username; left out when empty
  std::string token_type = "Bearer";
};
// The answer for a live token. exp and iat are left out when 0 (an API key without an end). `scope`
// is scp, and for an application alone its roles. Always sub, client_id, iss, aud, scope and
// token_type.
[[nodiscard]] std::string active_introspection_json(const AccessTokenClaims& claims,
                                                    const IntrospectionExtra& extra);

}  // namespace curfew
