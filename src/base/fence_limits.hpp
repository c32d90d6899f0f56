// base/fence_limits.hpp: the limits of what gates say after a fence, with their reasons; beside
// base/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>

namespace curfew::limits {

// That one gate may have written, or listed, at one fence. Whoever stole its key blocks no more
// than this, and a person can still look through it; whoever lost more than that since the backup
// has another list.
inline constexpr std::size_t kLostBlocksOfGateMax = 1'000;
// A gate hands them over at once, out of its memory.
inline constexpr auto kGateBlocksTimeMax = std::chrono::seconds{30};

}  // namespace curfew::limits
