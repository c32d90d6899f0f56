#include "apps/curfewd/run_timer.hpp"

#include <algorithm>
#include <utility>

namespace curfew {

namespace {

// A wall clock may jump: nobody sleeps longer than this without looking at it again.
constexpr Duration kSleepMax = std::chrono::seconds{30};

Task<Done> wait_until(Runtime& runtime, Executor& executor, const Clock& clock, TimePoint at) {
  do {
    const Duration left = std::clamp(at - clock.now(), Duration{0}, kSleepMax);
    co_await sleep_for(runtime, executor, left);
  } while (clock.now() < at);
  co_return Done{};
}

}  // namespace

void RuntimeRunTimer::call_at(TimePoint at, std::function<void()> work) {
  executor_.post([this, at, work = std::move(work)]() mutable {
    std::function<void(Done)> then = [work = std::move(work)](Done) { work(); };
    start<Done>(wait_until(runtime_, executor_, clock_, at), std::move(then));
  });
}

}  // namespace curfew
