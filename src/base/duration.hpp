// base/duration.hpp: durations as people write them: "30s", "90m", "28h", "90d".
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

// `invalid_argument` for anything else, and for more than ten years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

}  // namespace curfew
