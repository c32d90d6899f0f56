#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "io/unique_fd.hpp"
#include "store/store.hpp"
#include "tests/conformance/sqlite_fixture.hpp"
#include "tests/conformance/store_suite.hpp"

// A child process writes and reports each acknowledged number; it is killed with SIGKILL at a
// random moment; what it had reported must be there.

namespace curfew {
namespace {

using conformance::counter;
using conformance::counters;
using conformance::member;
using conformance::members;
using conformance::open_test_store;

constexpr int kRounds = 20;
constexpr int kInFlight = 16;  // so that groups of several bodies are cut, too

// Two rows for each number, to see that bodies stay whole.
Status write_number(WriteTx& tx, std::int64_t number) {
  CURFEW_TRY_STATUS(tx.insert(counters(), counter(number, std::string(300, 'x'))));
  return tx.insert(members(), member("t", "g", number));
}

// In the child: writes without end, each acknowledgement starting the next write. No doctest here.
class EndlessWriter {
 public:
  EndlessWriter(Store& store, std::int64_t first, int report) : store_(store), report_(report) {
    next_ = first;
    for (int writer = 0; writer < kInFlight; ++writer) start();
  }

 private:
  void start() {
    const std::int64_t number = next_++;  // in the writer's thread, but for the first few
    store_.write(
        number % 3 == 0 ? Urgency::emergency : Urgency::normal,
        [number](WriteTx& tx) { return write_number(tx, number); },
        [this, number](const Status& status) {
          if (!status.ok()) ::_exit(2);
          if (::write(report_, &number, sizeof number) != sizeof number) ::_exit(3);
          start();
        });
  }

  Store& store_;
  const int report_;
  std::atomic<std::int64_t> next_;
};

[[noreturn]] void run_child(const std::string& path, std::int64_t first, int report) {
  auto store = open_test_store(path);
  if (!store.ok()) ::_exit(4);
  const EndlessWriter writer{**store, first, report};
  while (true) ::pause();
}

// Kills the child after about `count` reports and returns all that it made.
std::vector<std::int64_t> reports_until_killed(pid_t child, int fd, std::size_t count) {
  std::vector<std::int64_t> reports;
  std::int64_t number = 0;
  bool alive = true;
  while (true) {
    const ssize_t got = ::read(fd, &number, sizeof number);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof number) break;
    reports.push_back(number);
    if (alive && reports.size() >= count) {
      REQUIRE(::kill(child, SIGKILL) == 0);
      alive = false;
    }
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  return reports;
}

std::vector<std::int64_t> round(const std::string& path, std::int64_t first, std::size_t count) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  UniqueFd from{ends[0]};
  UniqueFd to{ends[1]};
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) run_child(path, first, to.get());
  to.reset();
  return reports_until_killed(child, from.get(), count);
}

// The first number not used; checks that both rows of a body are there or neither.
std::int64_t check_whole(Store& store) {
  const auto numbers = conformance::scan(store, conformance::query_of(counters(), "", {}));
  const auto pairs = conformance::scan(store, conformance::query_of(members(), "", {"t", "g"}));
  CHECK(conformance::column_of(numbers, 0) == conformance::column_of(pairs, 2));
  return numbers.empty() ? 0 : std::get<std::int64_t>(numbers.back()[0]) + 1;
}

TEST_CASE("kill -9 at any moment: every acknowledged write is there, and bodies are whole") {
  const conformance::TemporaryFolder folder;
  std::mt19937_64 random{std::random_device{}()};
  std::int64_t first = 0;
  std::vector<std::int64_t> acknowledged;
  for (int number = 0; number < kRounds; ++number) {
    CAPTURE(number);
    const auto reports = round(folder.file("a.db"), first, 1 + random() % 400);
    acknowledged.insert(acknowledged.end(), reports.begin(), reports.end());
    auto store = open_test_store(folder.file("a.db"));
    REQUIRE(store.ok());
    first = check_whole(**store);
    std::size_t lost = 0;
    for (const std::int64_t report : reports) {
      lost += conformance::find(**store, counters(), {report}) ? 0U : 1U;
    }
    CHECK(lost == 0);
  }
  auto store = open_test_store(folder.file("a.db"));
  REQUIRE(store.ok());
  for (const std::int64_t report : acknowledged) {
    REQUIRE(conformance::find(**store, counters(), {report}).has_value());
  }
}

}  // namespace
}  // namespace curfew
