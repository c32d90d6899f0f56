#include "api/limits/refusal_meter.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

using std::chrono::minutes;

TEST_CASE("a caller's refusals are recorded up to a number a minute, another's all the same") {
  RefusalMeter meter;
  const TimePoint now{minutes{1'000'000}};
  for (std::size_t i = 0; i < kRefusalsAuditedPerMinute; ++i) CHECK(meter.admit("john", now));
  CHECK_FALSE(meter.admit("john", now));
  CHECK(meter.admit("alice", now));
  CHECK(meter.admit("john", now + minutes{1}));
}

TEST_CASE("what is remembered of refused callers is bounded") {
  RefusalMeter meter;
  const TimePoint now{minutes{1'000'000}};
  for (std::size_t i = 0; i < kRefusedCallersPerMinute; ++i) {
    CHECK(meter.admit(std::to_string(i), now));
  }
  CHECK_FALSE(meter.admit("one more", now));
  CHECK(meter.admit("0", now));
}

}  // namespace
}  // namespace curfew
