// revocation/sim_loop.hpp: for tests and simulation: one thread's executor and timer on a clock
// that moves only by them.
//
// Work runs in the order in which it was posted; when there is none, the clock moves to the next
// timer. The same input gives the same order, so a seed repeats a whole simulation.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "revocation/engine.hpp"

namespace curfew {

class SimLoop final : public Executor, public RunTimer {
 public:
  explicit SimLoop(ManualClock& clock) : clock_(clock) {}

  void post(std::function<void()> work) override { ready_.push_back(std::move(work)); }
  void call_at(TimePoint at, std::function<void()> work) override {
    timers_.emplace(at, std::move(work));
  }

  // One piece of work, or one move of the clock; false: nothing will ever happen again.
  bool step() {
    if (ready_.empty()) {
      if (timers_.empty()) return false;
      const auto first = timers_.begin();
      if (first->first > clock_.now()) clock_.advance(first->first - clock_.now());
      ready_.push_back(std::move(first->second));
      timers_.erase(first);
    }
    const auto work = std::move(ready_.front());
    ready_.pop_front();
    work();
    return true;
  }

  // step(), if it happens by `end`.
  bool run_next(TimePoint end) {
    const bool is_due = !ready_.empty() || (!timers_.empty() && timers_.begin()->first <= end);
    return is_due && step();
  }

  // Everything that happens up to `end`, and then it is `end`. False: too much happened.
  bool run_until(TimePoint end, std::size_t steps_max = 1'000'000) {
    while (run_next(end)) {
      if (steps_max-- == 0) return false;
    }
    if (end > clock_.now()) clock_.advance(end - clock_.now());
    return true;
  }
  bool run_for(Duration time) { return run_until(clock_.now() + time); }
  // What is ready now, without moving the clock.
  bool run_ready() { return run_until(clock_.now()); }

  // After the process has died: whatever was to come comes now and finds nobody, so that no
  // suspended task stays behind. The clock stands.
  void drain() {
    while (!ready_.empty() || !timers_.empty()) {
      auto late = std::exchange(timers_, {});
      for (auto& [at, work] : late) ready_.push_back(std::move(work));
      while (!ready_.empty()) {
        const auto work = std::move(ready_.front());
        ready_.pop_front();
        work();
      }
    }
  }

 private:
  ManualClock& clock_;
  std::deque<std::function<void()>> ready_;
  std::multimap<TimePoint, std::function<void()>> timers_;
};

}  // namespace curfew
