// gate/replica/machine_time.hpp: which start of the machine this is, and how late it is, by both
// clocks that a lease ends by.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

// Another one after each start of the machine; the same after a suspension.
struct BootId {
  std::array<std::uint64_t, 2> words{};

  friend bool operator==(const BootId&, const BootId&) = default;
};

// The kernel's own, from /proc/sys/kernel/random/boot_id.
[[nodiscard]] Result<BootId> read_boot_id();
// A GUID; nothing for anything else.
[[nodiscard]] std::optional<BootId> parse_boot_id(std::string_view text);

// Read it as late as possible: a decision is as of this moment.
struct MachineTime {
  BootId boot_id;
  std::chrono::nanoseconds since_boot{};  // CLOCK_BOOTTIME
  TimePoint now{};
};

// A clock that counts milliseconds is taken to be at the end of its millisecond.
[[nodiscard]] MachineTime machine_time(const BootId& boot_id, const Clock& clock);

}  // namespace curfew
