// protocol/oauth/introspection.hpp: RFC 7662 and RFC 9701: the request, both answers, their signed
// form.
//
// Pure; any thread.
#pragma once

#include <cstdint>
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

// RFC 9701: the answer as a JWT, for callers that must show later what they were told.
inline constexpr std::string_view kIntrospectionJwtTyp = "token-introspection+jwt";
inline constexpr std::string_view kIntrospectionJwtMediaType =
    "application/token-introspection+jwt";

// Whether a value of the Accept header asks for it by name, with a weight above zero.
[[nodiscard]] bool asks_for_introspection_jwt(std::string_view accept);

// RFC 9701 5: the payload, without sub and exp, so that it can never pass for a token. `json` is
// one of the answers above; `issued_at` in seconds.
[[nodiscard]] std::string introspection_jwt_payload(std::string_view issuer,
                                                    std::string_view caller, std::int64_t issued_at,
                                                    std::string_view json);

}  // namespace curfew
