// io/file_error.hpp: what the system said about a file, as an Error that names the path.
//
// not_found, denied (permissions), conflict (exists), exhausted (disk full, too large), unavailable
// (any other failure of the system).
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace curfew {

// "reading /etc/curfew.toml: No such file or directory"; `number` is an errno value.
[[nodiscard]] Error file_error(std::string_view doing, const std::string& path, int number);

}  // namespace curfew
