#include "base/tick_clock.hpp"

#include <chrono>
#include <ctime>

namespace curfew {

namespace {

std::chrono::nanoseconds read(int (*how)(clockid_t, timespec*), clockid_t clock) {
  timespec spec{};
  how(clock, &spec);
  return std::chrono::seconds{spec.tv_sec} + std::chrono::nanoseconds{spec.tv_nsec};
}

}  // namespace

TimePoint TickClock::now() const {
  static const std::chrono::nanoseconds tick = read(::clock_getres, CLOCK_REALTIME_COARSE);
  return TimePoint{
      std::chrono::ceil<Duration>(read(::clock_gettime, CLOCK_REALTIME_COARSE) + tick)};
}

Duration TickClock::since_boot() const {
  return std::chrono::floor<Duration>(read(::clock_gettime, CLOCK_BOOTTIME));
}

}  // namespace curfew
