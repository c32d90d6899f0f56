// crypto/named_guid.hpp: GUIDs that are the same for the same name (RFC 9562 5.8, version 8).
#pragma once

#include <string>
#include <string_view>

namespace curfew {

// Of the name's SHA-256, in Graph's spelling: lower case, with hyphens. For rows that are made
// once, however often whoever makes them begins anew. Nothing secret: whoever knows the name knows
// it.
[[nodiscard]] std::string named_guid(std::string_view name);

}  // namespace curfew
