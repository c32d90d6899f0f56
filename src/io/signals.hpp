// io/signals.hpp: process signals as ordinary callbacks on an I/O thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "io/runtime.hpp"

namespace curfew {

// While it lives, each of `signals` (SIGTERM, SIGINT, SIGHUP) calls `on_signal` with its number on
// the runtime's first I/O thread instead of its default effect. Destroy it before the Runtime is
// stopped and not on an I/O thread.
class SignalWatch {
 public:
  SignalWatch(Runtime& runtime, std::vector<int> signals, std::function<void(int)> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Blocks the calling thread until SIGTERM or SIGINT arrives; returns its number. `begin` is called
// once they are caught: say there, and nowhere earlier, that the process can be ended.
[[nodiscard]] int wait_for_termination(Runtime& runtime, const std::function<void()>& begin);

}  // namespace curfew
