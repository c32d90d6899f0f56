// protocol/oauth/redirect_uri.hpp: which redirect URIs may be registered, and which ones match.
//
// Pure; any thread. Spec: RFC 9700 2.1 and 4.1.3, RFC 8252 7 and 8.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace curfew {

// True if `given` is one of `registered`, byte for byte. The one exception: a registered http URI
// of a loopback host (127.0.0.1, [::1], localhost) matches with any port (RFC 8252 7.3).
[[nodiscard]] bool redirect_uri_matches(std::span<const std::string> registered,
                                        std::string_view given);

// True if the answer goes to whichever program on the person's own computer takes it: a loopback
// host or a private-use scheme, which nobody can hold for themselves (RFC 8252 8.6).
[[nodiscard]] bool leads_to_local_program(std::string_view redirect_uri);

// Byte for byte, without the exception: for post_logout_redirect_uri.
[[nodiscard]] bool uri_is_registered(std::span<const std::string> registered,
                                     std::string_view given);

// May this URI be registered at all? invalid_argument with the rule that it breaks: absolute, no
// fragment, no user information, no wildcard, at most kRedirectUriBytesMax; https, or http to a
// loopback host, or a private-use scheme with a dot in it (RFC 8252 7.1).
[[nodiscard]] Status check_redirect_uri(std::string_view uri);

// May this be a single-page application's origin, for CORS? scheme://host[:port] and nothing else;
// https, or http to a loopback host; spelled as browsers send it.
[[nodiscard]] Status check_origin(std::string_view origin);

}  // namespace curfew
