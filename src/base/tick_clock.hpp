// base/tick_clock.hpp: the machine's clocks for who asks with each request: the wall clock is that
// of the kernel's last tick (some milliseconds), which costs a quarter of reading it anew, and is
// taken to be at the next one. The clock since the start is read as it is.
//
// Any thread.
#pragma once

#include "base/clock.hpp"

namespace curfew {

class TickClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] Duration since_boot() const override;
};

}  // namespace curfew
