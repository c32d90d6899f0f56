#include "io/runtime.hpp"

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "io/offload_pool.hpp"
#include "io/signals.hpp"

using namespace curfew;

TEST_CASE("work runs in order on the thread of its executor") {
  Runtime runtime(2);
  std::vector<int> order;
  std::promise<Executor*> last;
  Executor& executor = runtime.executor(1);
  for (int i = 0; i < 100; ++i) executor.post([&order, i] { order.push_back(i); });
  executor.post([&last] { last.set_value(&current_executor()); });
  CHECK(last.get_future().get() == &executor);
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
  CHECK_FALSE(on_io_thread());
  CHECK(&runtime.next_executor() != &runtime.next_executor());
}

TEST_CASE("timers run in the order of their delays, on their executor") {
  Runtime runtime(1);
  Executor& executor = runtime.executor(0);
  std::vector<int> order;
  std::promise<bool> ended;
  std::array<Timer, 3> timers;
  // On the thread itself: each begins to count when that arms it.
  executor.post([&] {
    timers[0] = call_after(runtime, executor, std::chrono::hours{1}, [&] { order.push_back(3); });
    timers[1] = call_after(runtime, executor, Duration{1}, [&] { order.push_back(1); });
    timers[2] = call_after(runtime, executor, Duration{30}, [&] {
      order.push_back(2);
      ended.set_value(&current_executor() == &executor);
    });
  });
  CHECK(ended.get_future().get());
  CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("a timer that is cancelled or destroyed on its thread does not run") {
  Runtime runtime(1);
  Executor& executor = runtime.executor(0);
  bool ran = false;
  std::promise<void> ended;
  Timer cancelled;
  Timer last;
  executor.post([&] {
    cancelled = call_after(runtime, executor, Duration{0}, [&ran] { ran = true; });
    cancelled.cancel();
    {
      const Timer destroyed = call_after(runtime, executor, Duration{0}, [&ran] { ran = true; });
    }
    last = call_after(runtime, executor, Duration{10}, [&ended] { ended.set_value(); });
  });
  ended.get_future().get();
  CHECK_FALSE(ran);
}

TEST_CASE("a timer may destroy itself") {
  Runtime runtime(1);
  std::promise<void> ended;
  auto timer = std::make_unique<Timer>();
  runtime.executor(0).post([&] {
    *timer = call_after(runtime, current_executor(), Duration{0}, [&] {
      timer.reset();
      ended.set_value();
    });
  });
  ended.get_future().get();
}

namespace {
Task<bool> sleeper(Runtime& runtime) {
  Executor& executor = current_executor();
  co_await sleep_for(runtime, executor, Duration{1});
  co_return &current_executor() == &executor;
}
}  // namespace

TEST_CASE("a task that sleeps wakes on its own thread") {
  Runtime runtime(2);
  std::promise<bool> ended;
  runtime.executor(1).post(
      [&] { start<bool>(sleeper(runtime), [&ended](bool same) { ended.set_value(same); }); });
  CHECK(ended.get_future().get());
}

TEST_CASE("a signal arrives as a call and not as the end of the process") {
  Runtime runtime(1);
  std::promise<int> arrived;
  const SignalWatch watch(runtime, {SIGTERM},
                          [&arrived](int number) { arrived.set_value(number); });
  std::raise(SIGTERM);
  CHECK(arrived.get_future().get() == SIGTERM);
}

TEST_CASE("a pool refuses work beyond its bound and does all that it accepted") {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> ran{0};
  {
    OffloadPool pool({.name = "bounded", .threads = 1, .waiting_max = 2});
    const auto job = [&ran, released] {
      released.wait();
      ++ran;
    };
    CHECK(pool.submit(job).ok());
    CHECK(pool.submit(job).ok());
    CHECK(pool.submit(job).ok());
    const Status refused = pool.submit(job);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == ErrorCode::exhausted);
    CHECK(refused.error().retry() == Retry::later);
    CHECK(refused.error().message().find("bounded") != std::string::npos);
    release.set_value();
  }
  CHECK(ran == 3);
}

namespace {
Task<Result<int>> doubled(OffloadPool& pool, int number) {
  auto work = [number]() -> Result<int> { return number * 2; };
  co_return co_await offload(pool, current_executor(), std::move(work));
}
}  // namespace

TEST_CASE("a full pool is an error of the task, at once") {
  Runtime runtime(1);
  std::promise<void> release;
  OffloadPool pool({.name = "full", .threads = 1, .waiting_max = 0});
  REQUIRE(pool.submit([ended = release.get_future().share()] { ended.wait(); }).ok());
  std::promise<Result<int>> outcome;
  runtime.executor(0).post([&] {
    start<Result<int>>(doubled(pool, 21),
                       [&outcome](Result<int> got) { outcome.set_value(std::move(got)); });
  });
  const Result<int> got = outcome.get_future().get();
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().code() == ErrorCode::exhausted);
  release.set_value();
}

TEST_CASE("the value of offloaded work comes back to the task") {
  Runtime runtime(1);
  OffloadPool pool({.name = "work", .threads = 2, .waiting_max = 8});
  std::promise<Result<int>> outcome;
  runtime.executor(0).post([&] {
    start<Result<int>>(doubled(pool, 21),
                       [&outcome](Result<int> got) { outcome.set_value(std::move(got)); });
  });
  const Result<int> got = outcome.get_future().get();
  REQUIRE(got.ok());
  CHECK(*got == 42);
}
