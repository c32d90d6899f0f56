// gate/session/code_flow.hpp: a site as a relying party: the request that a browser takes to the
// server, the answer that it brings back, and the call that redeems the code.
//
// Pure but for the assertion's jti; any thread. Spec: OIDC Core 3.1, RFC 7636, RFC 9207, RFC 7523.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gate/session/session_cookies.hpp"
#include "gate/session/site.hpp"
#include "model/position.hpp"
#include "protocol/http/form.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

// The authorization request. The server's answer is not computed from an older state than `as_of`,
// the position that the replica has reached, nor from before `now`.
[[nodiscard]] std::string authorization_location(const Site& site, const Provider& provider,
                                                 const SiteSignIn& sign_in, Position as_of,
                                                 TimePoint now);

// What came back to the redirect URI.
struct AuthorizationAnswer {
  SiteSignIn sign_in;
  std::string code;   // empty where the server refused
  std::string error;  // of RFC 6749 4.1.2.1; visible ASCII
};
// invalid_argument where a parameter is missing or repeated, or the issuer is another one
// (RFC 9207 2.4); conflict where this browser has no such sign-in under way.
[[nodiscard]] Result<AuthorizationAnswer> read_authorization_answer(
    const Site& site, const Provider& provider, const Form& query,
    const std::vector<Cookie>& cookies, TimePoint now);

// The form that redeems the code (private_key_jwt). Error: internal, if it cannot be signed.
[[nodiscard]] Result<std::string> token_form(const Site& site, const Provider& provider,
                                             const AuthorizationAnswer& answer, TimePoint now);

// The token response, with the ID token held against this sign-in.
struct RedeemedSession {
  BrowserSession session;
  std::string sub;  // of the ID token
};
// protocol for what is no token response; as check_id_token().
[[nodiscard]] Result<RedeemedSession> read_token_answer(const Site& site, const Provider& provider,
                                                        const SiteSignIn& sign_in,
                                                        std::string_view body, const KeySet& keys,
                                                        TimePoint now);

// Where the browser goes to sign out at the server (OIDC RP-Initiated Logout 2).
[[nodiscard]] std::string end_session_location(const Site& site, const Provider& provider,
                                               const std::optional<BrowserSession>& session);

}  // namespace curfew
