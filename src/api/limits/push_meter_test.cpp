#include "api/limits/push_meter.hpp"

#include <doctest/doctest.h>

using namespace curfew;

TEST_CASE("each application has its own number in each minute") {
  PushMeter meter;
  const TimePoint now = from_unix_seconds(1'790'000'000);
  for (int i = 0; i < 3; ++i) CHECK(meter.admit(AppId{"web"}, 3, now));
  CHECK_FALSE(meter.admit(AppId{"web"}, 3, now));
  CHECK(meter.admit(AppId{"other"}, 3, now));
  CHECK_FALSE(meter.admit(AppId{"web"}, 3, now + std::chrono::seconds{59}));
  CHECK(meter.admit(AppId{"web"}, 3, now + std::chrono::minutes{1}));
}
