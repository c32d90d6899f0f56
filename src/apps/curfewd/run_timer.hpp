// apps/curfewd/run_timer.hpp: the run engine's alarm clock on the server's own I/O threads.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "io/runtime.hpp"
#include "revocation/engine.hpp"

namespace curfew {

// Thread-safe. The runtime, clock and executor outlive it; work that is still pending when the
// runtime stops is dropped: the engine resumes it from the store at the next start.
class RuntimeRunTimer final : public RunTimer {
 public:
  RuntimeRunTimer(Runtime& runtime, Executor& executor, const Clock& clock)
      : runtime_(runtime), executor_(executor), clock_(clock) {}

  void call_at(TimePoint at, std::function<void()> work) override;

 private:
  Runtime& runtime_;
  Executor& executor_;
  const Clock& clock_;
};

}  // namespace curfew
