// gate/session/return_to.hpp: where a browser goes after signing in: a path of the same site, or
// its front page.
//
// The text comes from a link that anybody can have made. It is put behind the site's own origin and
// never interpreted; what a browser could read as another host is not taken all the same.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace curfew {

// True for one '/' and then no second '/' or '\', visible ASCII without '\' and '#', not below
// /.curfew/, at most kReturnToBytesMax.
[[nodiscard]] bool is_return_path(std::string_view text);

// `given` where it is one, else "/".
[[nodiscard]] std::string return_path_of(std::string_view given);

}  // namespace curfew
