#include "base/task.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace curfew {

namespace {

// Keeps the posted work until the test runs it.
class QueueExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override { work_.push_back(std::move(work)); }
  std::size_t run_all() {
    std::size_t ran = 0;
    for (; !work_.empty(); ++ran) {
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      work();
    }
    return ran;
  }

 private:
  std::deque<std::function<void()>> work_;
};

Task<int> add(int a, int b) { co_return a + b; }

Task<int> sum_up_to(int last) {
  int sum = 0;
  for (int i = 1; i <= last; ++i) sum = co_await add(sum, i);
  co_return sum;
}

Task<int> note_start(bool& started) {
  started = true;
  co_return 1;
}

Task<std::string> await_twice(Executor& executor, std::function<void(std::string)>& deliver) {
  std::function<void(std::function<void(std::string)>)> begin =
      [&deliver](std::function<void(std::string)> d) { deliver = std::move(d); };
  std::string text = co_await await_callback<std::string>(executor, begin);
  text += co_await await_callback<std::string>(executor, begin);
  co_return text;
}

Task<std::thread::id> resumed_on(Executor& executor, std::thread& other) {
  std::function<void(std::function<void(int)>)> begin = [&other](std::function<void(int)> deliver) {
    other = std::thread{[deliver = std::move(deliver)] { deliver(1); }};
  };
  co_await await_callback<int>(executor, begin);
  co_return std::this_thread::get_id();
}

Task<std::unique_ptr<int>> make_owned(int value) { co_return std::make_unique<int>(value); }

}  // namespace

TEST_CASE("a task does nothing until it is started") {
  bool started = false;
  {
    const Task<int> never_run = note_start(started);
  }
  CHECK_FALSE(started);
  start<int>(note_start(started), [](int) {});
  CHECK(started);
}

TEST_CASE("tasks await tasks, many in a row without growing the stack") {
  std::optional<int> sum;
  start<int>(sum_up_to(10'000), [&](int value) { sum = value; });
  CHECK(sum == 50'005'000);
}

TEST_CASE("a value that cannot be copied comes out of a task") {
  std::unique_ptr<int> owned;
  start<std::unique_ptr<int>>(make_owned(7), [&](std::unique_ptr<int> v) { owned = std::move(v); });
  REQUIRE(owned);
  CHECK(*owned == 7);
}

TEST_CASE("a delivered value resumes the task through its executor, not in the deliverer") {
  QueueExecutor executor;
  std::function<void(std::string)> deliver;
  std::optional<std::string> ended;
  start<std::string>(await_twice(executor, deliver), [&](std::string v) { ended = std::move(v); });

  const auto first = std::exchange(deliver, nullptr);
  REQUIRE(first);
  first("one ");
  CHECK_FALSE(deliver);  // still waiting: the executor has not run
  CHECK(executor.run_all() == 1);
  REQUIRE(deliver);
  deliver("two");
  CHECK_FALSE(ended);
  executor.run_all();
  CHECK(ended == "one two");
}

TEST_CASE("a value delivered by another thread is seen on the executor's thread") {
  QueueExecutor executor;
  std::thread other;
  std::optional<std::thread::id> ended_on;
  start<std::thread::id>(resumed_on(executor, other), [&](std::thread::id id) { ended_on = id; });
  other.join();
  CHECK(executor.run_all() == 1);
  CHECK(ended_on == std::this_thread::get_id());
}

TEST_CASE("with an inline executor a delivery resumes at once") {
  InlineExecutor executor;
  std::function<void(std::string)> deliver;
  std::optional<std::string> ended;
  start<std::string>(await_twice(executor, deliver), [&](std::string v) { ended = std::move(v); });
  std::exchange(deliver, nullptr)("a");
  std::exchange(deliver, nullptr)("b");
  CHECK(ended == "ab");
}

}  // namespace curfew
