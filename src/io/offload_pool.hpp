// io/offload_pool.hpp: a bounded pool of threads for work that blocks or computes for long.
//
// One pool per kind of work, so that a flood of one (password hashing) never starves another. When
// `waiting_max` jobs wait, further ones are refused at once with exhausted / later: the caller says
// "try later" instead of letting a queue grow that nobody will wait for.
//
// Lifetime: the destructor runs what is queued to its end and joins; tasks that wait for the pool
// and the executors they resume on must outlive it until then.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

struct OffloadOptions {
  std::string name;  // thread name (first 15 bytes) and the name in errors
  std::size_t threads = 1;
  std::size_t waiting_max = 64;  // jobs beyond those being worked on
};

class OffloadPool {
 public:
  explicit OffloadPool(OffloadOptions options);
  ~OffloadPool();
  OffloadPool(const OffloadPool&) = delete;
  OffloadPool& operator=(const OffloadPool&) = delete;

  // Queues `work`, which must not throw. Error: exhausted / later if the queue is full. From any
  // thread.
  Status submit(std::function<void()> work);

  // submit in two halves: after reserve() succeeded, exactly one submit_reserved() must follow; it
  // cannot fail.
  Status reserve();
  void submit_reserved(std::function<void()> work);

  // Jobs that wait for a thread now; for metrics.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs work() -> Result<T> on the pool and resumes on `executor` with its result, or at once with
// the pool's refusal. `pool` and `executor` outlive the task.
//   const Result<Hash> hash = co_await offload(pool, current_executor(), std::move(work));
template <typename Work>
[[nodiscard]] Task<std::invoke_result_t<Work&>> offload(OffloadPool& pool, Executor& executor,
                                                        Work work) {
  using Outcome = std::invoke_result_t<Work&>;
  CURFEW_CO_TRY_STATUS(pool.reserve());
  // `work` stays in this frame, which lives until the delivery resumes it.
  auto begin = [&pool, &work](std::function<void(Outcome)> deliver) {
    pool.submit_reserved([&work, deliver = std::move(deliver)] { deliver(work()); });
  };
  Outcome outcome = co_await await_callback<Outcome>(executor, std::move(begin));
  co_return outcome;
}

}  // namespace curfew
