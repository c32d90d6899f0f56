// protocol/oidc/logout_token.hpp: the claims of a logout token, by which an application learns that
// a session ended.
//
// Both `sub` and `sid` are in each: there are relying parties that take a token with `sub` alone,
// answer 200 and end nothing. A `nonce` never is (2.4: it must not pass for an ID token), and `typ`
// is logout+jwt.
//
// Pure; any thread. Spec: OIDC Back-Channel Logout 1.0 2.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace curfew {

inline constexpr std::string_view kLogoutTokenTyp = "logout+jwt";

// The member of `events`: http, not https.
inline constexpr std::string_view kLogoutEvent =
    "http://schemas.openid.net/event/backchannel-logout";

struct LogoutTokenClaims {
  std::string iss;
  std::string aud;       // client_id
  std::int64_t iat = 0;  // seconds since 1970
  std::int64_t exp = 0;
  std::string jti;
  std::string sub;
  std::string sid;
};

[[nodiscard]] std::string to_json(const LogoutTokenClaims& claims);

// The body of the call that brings it (2.5).
[[nodiscard]] std::string logout_request_body(std::string_view logout_token);

}  // namespace curfew
