// io/public_address.hpp: which network addresses are of the public internet, and which lead into
// the machine or the network that we are in.
//
// For calls to addresses that others gave us. Allowed is what is known to be public, so that a
// range that nobody thought of is refused: RFC 6890 and the registries that it began. Pure; any
// thread.
#pragma once

struct sockaddr;

namespace curfew {

// False for every family but IPv4 and IPv6. An IPv4 address in the form of IPv6 is that IPv4 one.
[[nodiscard]] bool is_public_address(const sockaddr& address);

}  // namespace curfew
