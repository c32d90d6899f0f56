#include "base/tick_clock.hpp"

#include <doctest/doctest.h>

using namespace curfew;

TEST_CASE("the clock of the tick says what the exact one says, but for a tick") {
  const SystemClock exact;
  const TickClock tick;
  for (int again = 0; again < 1000; ++again) {
    const TimePoint before = exact.now();
    const TimePoint now = tick.now();
    const TimePoint after = exact.now();
    // Far more than a tick: a virtual machine that stood still has its first one when it goes on.
    CHECK(now >= before - Duration{5000});
    CHECK(now <= after + Duration{5000});
    const Duration boot_before = exact.since_boot();
    const Duration boot = tick.since_boot();
    CHECK(boot >= boot_before);
    CHECK(boot <= exact.since_boot());
  }
}
