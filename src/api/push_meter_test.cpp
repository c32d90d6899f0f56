#include "api/push_meter.hpp"

#include <doctest/doctest.h>

using namespace curfew;

TEST_CASE("each application has its own number in each minute, a smaller one without a proof") {
  PushMeter meter;
  const TimePoint now = from_unix_seconds(1'790'000'000);
  for (std::size_t i = 0; i < kUnprovedPushesPerMinute; ++i) {
    CHECK(meter.admit(AppId{"spa"}, false, now));
  }
  CHECK_FALSE(meter.admit(AppId{"spa"}, false, now));
  for (std::size_t i = 0; i < kPushesPerMinute; ++i) CHECK(meter.admit(AppId{"web"}, true, now));
  CHECK_FALSE(meter.admit(AppId{"web"}, true, now));
  CHECK(meter.admit(AppId{"other"}, false, now));
  CHECK_FALSE(meter.admit(AppId{"spa"}, false, now + std::chrono::seconds{59}));
  CHECK(meter.admit(AppId{"spa"}, false, now + std::chrono::minutes{1}));
}
