// io/forwarded_for.hpp: whom a proxy on the same machine serves, as its X-Forwarded-For says.
//
// Each proxy adds the address that it sees to the end of the list. All but the last element was
// there when the request came to the nearest proxy, so anybody can have written it: only the last
// one is read, and it counts only where nobody but that proxy connects.
#pragma once

#include <optional>
#include <string>

#include "io/http_types.hpp"

namespace curfew {

// The last element over all lines of the header (RFC 9110 5.3), in the spelling that HttpPeer has;
// a port after it is left out. Nothing if there is none, or if it is no IP address.
[[nodiscard]] std::optional<std::string> forwarded_address(const HttpHeaders& headers);

}  // namespace curfew
