// protocol/oauth/logout_uri.hpp: where an application is told that a person signed out: which
// addresses may be registered, and what a browser opens.
//
// A front-channel address is opened inside of our own page, so it must be one of the places that
// already get the person's codes. A back-channel address is called by this server itself, so it
// must not lead into the network that the server stands in: from a stranger a name, never an
// address. Whoever calls it looks again at what it resolves to.
//
// Pure; any thread. Spec: OIDC Front-Channel Logout 1.0 2. and 3., OIDC Back-Channel
// Logout 1.0 2.2.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace curfew {

// invalid_argument with the rule that is broken: what a redirect URI must be (https, or http to a
// loopback host; no fragment), and scheme, host and port are those of one in `redirect_uris`.
[[nodiscard]] Status check_frontchannel_logout_uri(std::string_view uri,
                                                   std::span<const std::string> redirect_uris);

// Whom an address may lead to, as far as its text tells.
enum class LogoutReach {
  names_of_others,  // a host that is a name, and not this machine's own: a stranger said it
  anywhere,         // an administrator said it
};

// invalid_argument with the rule that is broken: https, no fragment, no user information, at most
// kRedirectUriBytesMax, and a host within `reach`.
[[nodiscard]] Status check_backchannel_logout_uri(std::string_view uri, LogoutReach reach);

// Both rules, for the addresses that there are.
[[nodiscard]] Status check_logout_uris(const std::optional<std::string>& frontchannel,
                                       const std::optional<std::string>& backchannel,
                                       std::span<const std::string> redirect_uris,
                                       LogoutReach reach);

// What the frame opens: the registered address with `iss` and `sid` in its query, both of them.
[[nodiscard]] std::string frontchannel_logout_location(std::string_view uri,
                                                       std::string_view issuer,
                                                       std::string_view session_id);

}  // namespace curfew
