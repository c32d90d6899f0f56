// base/duration.hpp: durations as people write them ("30s", "90m", "28h", "90d"), and
// pauses that grow.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

// `invalid_argument` for anything else, and for more than ten years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

// `first`, doubled `times` times, and `most` at the most: how long to wait before a next try.
[[nodiscard]] Duration doubled(Duration first, std::uint32_t times, Duration most);

}  // namespace curfew
