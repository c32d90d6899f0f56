// apps/curfew/header_file.hpp: a file with what goes into a header: a token, or `Bearer` with one.
#pragma once

#include <string>

#include "base/result.hpp"

namespace curfew {

// Its text, without the end of the line.
[[nodiscard]] Result<std::string> read_header_file(const std::string& path);

}  // namespace curfew
