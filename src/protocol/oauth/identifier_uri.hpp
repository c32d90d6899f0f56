// protocol/oauth/identifier_uri.hpp: what a resource may be called by.
//
// Pure; any thread. Spec: RFC 8707 2 (an absolute URI without a fragment); the schemes are Entra's.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace curfew {

// May an application be a resource by this name? invalid_argument with the rule that it breaks: an
// absolute URI of at most kIdentifierUriBytesMax, api://NAME, https with a host, or urn:NID:NAME;
// no fragment, query, user information or wildcard, and no slash at the end, because a scope is
// "<identifier>/<name>".
[[nodiscard]] Status check_identifier_uri(std::string_view uri);

}  // namespace curfew
