// tests/e2e/replica_keeper.cpp: keeps a gate's replica by a file that a test appends journal
// entries to, so that programs beside a gate can be tested without one.
//
//   replica-keeper REPLICA TENANT ISSUER GENERATION JWKS_FILE ENTRIES_FILE LEASE_SECONDS
//
// A line of ENTRIES_FILE: "SEQUENCE EFFECT KIND ID BLOCKED_AFTER UNIX_MILLIS", in the order of the
// journal. A whole line counts; after it the replica has everything up to it. SIGTERM leaves the
// file as it is, with the lease that it had.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gate/replica/machine_time.hpp"
#include "gate/replica/writer.hpp"
#include "io/file.hpp"
#include "model/journal_entry.hpp"

using namespace curfew;

namespace {

volatile std::sig_atomic_t ended = 0;

template <typename T>
T need(Result<T> result, const char* what) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "replica-keeper: %s: %s\n", what, result.error().message().c_str());
  std::exit(1);
}

bool read_entry(const std::string& line, std::uint64_t generation, ReplicaEntry& entry) {
  std::istringstream words{line};
  std::string effect;
  std::string kind;
  std::int64_t millis = 0;
  words >> entry.position.sequence >> effect >> kind >> entry.key.id >> entry.is_blocked_after >>
      millis;
  entry.position.generation = generation;
  entry.at = from_unix_millis(millis);
  return !words.fail() && parse_enum(effect, entry.effect) && parse_enum(kind, entry.key.kind);
}

class Keeper {
 public:
  Keeper(ReplicaOptions options, std::uint64_t generation, std::string entries,
         std::chrono::seconds lease)
      : generation_(generation),
        entries_(std::move(entries)),
        lease_(lease),
        boot_id_(options.table.boot_id),
        writer_(need(ReplicaWriter::open(std::move(options)), "opening the replica")) {
    const Position start{generation, 0};
    need(writer_->begin_snapshot({start, start, {}, {}}), "beginning");
    need(writer_->finish_snapshot(), "beginning");
  }

  void set_keys(const std::string& jwks) { need(writer_->set_signing_keys(jwks), "the keys"); }

  void follow() {
    std::ifstream file{entries_};
    file.seekg(read_);
    std::string line;
    while (std::getline(file, line) && !file.eof()) {
      read_ += static_cast<std::streamoff>(line.size() + 1);
      ReplicaEntry entry;
      if (!read_entry(line, generation_, entry)) {
        std::fprintf(stderr, "replica-keeper: not an entry: %s\n", line.c_str());
        std::exit(1);
      }
      need(writer_->apply({&entry, 1}), "applying");
      need(writer_->advance(entry.position), "advancing");
    }
    const MachineTime time = machine_time(boot_id_, clock_);
    const Position now = writer_->contiguous();
    static_cast<void>(writer_->set_lease({now, time.since_boot + lease_, time.now + lease_}, now));
  }

 private:
  std::uint64_t generation_;
  std::string entries_;
  std::chrono::seconds lease_;
  BootId boot_id_;
  std::unique_ptr<ReplicaWriter> writer_;
  std::streamoff read_ = 0;
  SystemClock clock_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  std::signal(SIGTERM, [](int) { ended = 1; });
  ReplicaOptions options;
  options.path = argv[1];
  options.table.identity = {argv[2], argv[3]};
  options.table.boot_id = need(read_boot_id(), "the boot id");
  Keeper keeper{std::move(options), std::strtoull(argv[4], nullptr, 10), argv[6],
                std::chrono::seconds{std::atoi(argv[7])}};
  keeper.set_keys(need(read_file(argv[5]), "the keys"));
  keeper.follow();
  std::puts("keeping the replica");
  std::fflush(stdout);
  while (ended == 0) {
    keeper.follow();
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  std::_Exit(0);
}
