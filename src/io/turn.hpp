// io/turn.hpp: two things to wait for on one I/O thread: one's turn, and a wake-up.
//
// Thread: the executor's own.
#pragma once

#include <coroutine>
#include <utility>

#include "base/task.hpp"

namespace curfew {

// co_await Turn{executor}: goes on after whatever else is due on the thread.
struct Turn {
  Executor& executor;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) const {
    executor.post([handle] { handle.resume(); });
  }
  void await_resume() const {}
};

// co_await wake_up: until wake() is called, which without anybody waiting does nothing. For one
// who waits, in a loop that looks at what has changed.
class WakeUp {
 public:
  explicit WakeUp(Executor& executor) : executor_(executor) {}

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiting_ = handle; }
  void await_resume() const {}
  // Not inside of this call: through the event loop.
  void wake() {
    if (const auto handle = std::exchange(waiting_, nullptr)) {
      executor_.post([handle] { handle.resume(); });
    }
  }

 private:
  Executor& executor_;
  std::coroutine_handle<> waiting_;
};

}  // namespace curfew
