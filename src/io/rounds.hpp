// io/rounds.hpp: doing the same again and again on one I/O thread, for as long as the runtime runs.
#pragma once

#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/runtime.hpp"

namespace curfew {

// T has `Task<Done> round()`. It lives until the runtime ends; the other two outlive it.
template <typename T>
Task<Done> go_round(std::shared_ptr<T> self, Runtime& runtime, Executor& executor, Duration every) {
  while (true) {
    co_await sleep_for(runtime, executor, every);
    co_await self->round();
  }
}

// Begins with the first wait. From any thread.
template <typename T>
void start_rounds_of(std::shared_ptr<T> self, Runtime& runtime, Executor& executor,
                     Duration every) {
  executor.post([self = std::move(self), &runtime, &executor, every] {
    start<Done>(go_round(self, runtime, executor, every), [](Done) {});
  });
}

}  // namespace curfew
