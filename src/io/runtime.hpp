// io/runtime.hpp: the I/O threads of a process; each is an Executor that handlers live on.
//
// One event loop per thread, no work stealing: a connection, its handler and its timers stay on the
// thread that took them, so their state needs no lock. A handler must never block; blocking work
// goes through io/offload_pool.hpp.
//
// Lifetime: the Runtime outlives every server, timer and task that uses it. Work that is still
// queued when it ends is dropped without being run.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): Asio's own name
}

namespace curfew {

class Runtime {
 public:
  // Starts the threads (at least 1) and makes the process ignore SIGPIPE and SIGXFSZ.
  explicit Runtime(std::size_t threads);
  // stop(), then waits for the threads. Not from one of its own threads.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  [[nodiscard]] std::size_t thread_count() const;
  // `index` < thread_count().
  [[nodiscard]] Executor& executor(std::size_t index);
  // Each in turn. From any thread.
  [[nodiscard]] Executor& next_executor();

  // Asks the threads to end after the work in hand. Whoever wants in-flight requests to finish
  // stops the servers first (HttpServer::stop). From any thread.
  void stop();
  // stop(), then waits for the threads; afterwards nothing runs here any more, and what is posted
  // is kept unrun. For an owner whose parts must outlive the last handler. Not from an I/O thread.
  void stop_and_wait();

  // For io/*.cpp only: the event loop behind executor(index).
  [[nodiscard]] boost::asio::io_context& context(std::size_t index);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The executor of the I/O thread that this code runs on. Valid inside a handler, a timer or posted
// work only; elsewhere a programming error that ends the process.
[[nodiscard]] Executor& current_executor();
// For io/*.cpp only: the event loop behind it.
[[nodiscard]] boost::asio::io_context& current_context();
// True on an I/O thread.
[[nodiscard]] bool on_io_thread();

// A function that will run later. Destroying or cancelling it on the executor's own thread means
// that the function does not run any more; from another thread it may just be running.
class [[nodiscard]] Timer {
 public:
  Timer() = default;
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer();
  void cancel();

 private:
  friend Timer call_after(Runtime&, Executor&, Duration, std::function<void()>);
  struct State;
  explicit Timer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Runs `work` on `executor` once `delay` has passed (not counting suspension of the machine).
Timer call_after(Runtime& runtime, Executor& executor, Duration delay, std::function<void()> work);

// Resumes on `executor` after `delay`. Cannot be cancelled: keep delays short beside the drain
// time.
[[nodiscard]] Task<Done> sleep_for(Runtime& runtime, Executor& executor, Duration delay);

}  // namespace curfew
