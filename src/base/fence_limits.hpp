// base/fence_limits.hpp: the limits of what gates say after a fence, with their reasons; beside
// base/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace curfew::limits {

// That one gate may have written at one fence: blocked, and not ended since. Whoever stole its key
// blocks no more than this, and a person can still look through it; whoever lost more than that
// since the backup has another list.
inline constexpr std::size_t kLostBlocksOfGateMax = 1'000;
// That it may have listed and not blocked, and nobody has seen: a bound of its own, so that what
// proves nothing takes no room from what does.
inline constexpr std::size_t kListedOfGateMax = 1'000;
// Of one gate that are under way at a time, of those that show a head of the lost journal and of
// those that do not: some megabytes each. Instances beyond come again within seconds.
inline constexpr std::size_t kHandoversOfGateMax = 8;
// Entries of one key that are read to see whether it was blocked at one of them.
inline constexpr std::size_t kEntriesOfKeyRead = 10'000;
// Entries that a journal may have lost after its restored head, where a later fence hides how many
// there were: beyond that a gate's word proves nothing.
inline constexpr std::uint64_t kLostEntriesMax = 100'000;
// A gate hands them over at once, out of its memory.
inline constexpr auto kGateBlocksTimeMax = std::chrono::seconds{30};

}  // namespace curfew::limits
