// tests/bench/store_bench.cpp: what the SQLite store does in a second: durable puts by how many
// wait at a time, and point reads. Beside them what the disk does: fdatasync of one page.
//
//   store_bench FOLDER        (an empty folder on the disk in question)
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "store/ddl.hpp"
#include "store/sqlite_store.hpp"
#include "tests/conformance/store_specs.hpp"

namespace curfew {
namespace {

using Clock = std::chrono::steady_clock;
using conformance::people;
using conformance::person;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Of all threads: what remains comparable on a busy machine.
double cpu_micros() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

Row row_of(std::int64_t number) {
  const std::string id = std::to_string(number);
  return person("tenant", "user-" + id, "name-" + id, number % 100, {}, std::string(300, 'x'));
}

// Keeps so many writes in flight until `total` are done; microseconds of each, sorted.
class Load {
 public:
  Load(Store& store, std::int64_t first, int total) : store_(store), next_(first), left_(total) {}

  std::vector<double> run(int in_flight) {
    waiting_ = in_flight;
    for (int writer = 0; writer < in_flight; ++writer) next();
    done_.get_future().wait();
    std::sort(micros_.begin(), micros_.end());
    return micros_;
  }

 private:
  void next() {
    const std::int64_t number = next_++;
    const Clock::time_point start = Clock::now();
    store_.write(
        Urgency::normal, [number](WriteTx& tx) { return tx.put(people(), row_of(number)); },
        [this, start](const Status& status) {
          if (!status.ok()) std::abort();
          micros_.push_back(seconds_since(start) * 1e6);  // in the writer's thread
          if (left_-- > 0) {
            next();
          } else if (--waiting_ == 0) {
            done_.set_value();
          }
        });
  }

  Store& store_;
  std::atomic<std::int64_t> next_;
  std::atomic<int> left_;
  std::atomic<int> waiting_{0};
  std::vector<double> micros_;
  std::promise<void> done_;
};

void measure_writes(Store& store, int in_flight, std::int64_t first, int total) {
  Load load{store, first, total};
  const Clock::time_point start = Clock::now();
  const double cpu = cpu_micros();
  const std::vector<double> micros = load.run(in_flight);
  const double seconds = seconds_since(start);
  const double count = static_cast<double>(micros.size());
  std::printf("puts, %3d at a time: %8.0f /s   p50 %6.0f us   p99 %6.0f us   CPU %5.1f us each\n",
              in_flight, count / seconds, micros[micros.size() / 2],
              micros[micros.size() * 99 / 100], (cpu_micros() - cpu) / count);
}

void measure_reads(Store& store, std::int64_t rows) {
  constexpr int kReads = 200'000;
  const auto key = [rows](int number) {
    return std::vector<Value>{"tenant",
                              "user-" + std::to_string((std::int64_t{number} * 7919) % rows)};
  };
  double cpu = cpu_micros();
  for (int number = 0; number < kReads; ++number) {
    const Status status = store.read([&](ReadTx& tx) -> Status {
      CURFEW_TRY(const auto row, tx.find(people(), key(number)));
      if (!row) std::abort();
      return Done{};
    });
    if (!status.ok()) std::abort();
  }
  std::printf("point read, a snapshot each: CPU %6.0f ns\n", (cpu_micros() - cpu) / kReads * 1e3);
  cpu = cpu_micros();
  static_cast<void>(store.read([&](ReadTx& tx) -> Status {
    for (int number = 0; number < kReads; ++number) {
      CURFEW_TRY(const auto row, tx.find(people(), key(number)));
      if (!row) std::abort();
    }
    return Done{};
  }));
  std::printf("point read in one snapshot:  CPU %6.0f ns\n", (cpu_micros() - cpu) / kReads * 1e3);
}

void measure_disk(const std::string& path) {
  constexpr int kWrites = 2000;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  const Clock::time_point start = Clock::now();
  for (int number = 0; number < kWrites; ++number) {
    if (::pwrite(fd, page.data(), page.size(), 4096L * number) < 0) std::abort();
    if (::fdatasync(fd) != 0) std::abort();
  }
  std::printf("disk alone, append + fdatasync: %6.0f /s\n", kWrites / seconds_since(start));
  ::close(fd);
}

int measure(const std::string& folder) {
  const std::string sql = ddl_of(people());
  const Migration migration{1, "bench", sql};
  const TableSpec* const tables[] = {&people()};
  auto store = open_sqlite_store_with({folder + "/bench.db"}, {{&migration, 1}, tables});
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.error().message().c_str());
    return 1;
  }
  measure_disk(folder + "/bench.raw");
  measure_writes(**store, 1, 0, 4'000);
  measure_writes(**store, 8, 1'000'000, 20'000);
  measure_writes(**store, 64, 2'000'000, 50'000);
  measure_writes(**store, 256, 3'000'000, 50'000);
  measure_reads(**store, 4'000);
  return 0;
}

}  // namespace
}  // namespace curfew

int main(int argc, char** argv) {
  if (argc == 2) return curfew::measure(argv[1]);
  std::fprintf(stderr, "usage: store_bench FOLDER\n");
  return 2;
}
