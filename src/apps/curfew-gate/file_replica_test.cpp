// The adapter against a real file, with readers in other processes.
#include "apps/curfew-gate/file_replica.hpp"

#include <doctest/doctest.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>

#include "apps/curfew-gate/test_gate.hpp"

namespace curfew {

using namespace testing;

namespace {

constexpr Duration kHour = std::chrono::hours{1};

ReplicaOptions options_at(const std::string& path, std::uint64_t entries_min = 100) {
  ReplicaOptions options;
  options.path = path;
  options.table = {{"tenant", "https://s.test"}, read_boot_id().value(), std::nullopt};
  options.entries_min = entries_min;
  options.checkpoint_capacity = 64;
  return options;
}

Position at(std::uint64_t sequence) { return {7, sequence}; }

ReplicaEntry entry_of(std::uint64_t user, std::uint64_t sequence) {
  return {
      {KeyKind::user, std::to_string(user)}, Effect::reauth, at(sequence), from_unix_seconds(1)};
}

ReplicaLease lease_at(std::uint64_t sequence) {
  const Duration boot_end = SystemClock{}.since_boot() + kHour;
  return {at(sequence), boot_end, SystemClock{}.now() + kHour};
}

struct Kept {
  Kept() : folder("/dev/shm"), path(folder.path + "/replica") { open(); }
  void open() {
    replica.reset();
    replica = FileReplica::open(options_at(path)).value();
    if (replica->serving() != nullptr) return;
    REQUIRE(replica->begin_snapshot({at(0), at(0), {}, {}}).ok());
    REQUIRE(replica->finish_snapshot().ok());
  }
  void apply(std::uint64_t user, std::uint64_t sequence) const {
    REQUIRE(replica->apply(std::vector{entry_of(user, sequence)}).ok());
    REQUIRE(replica->advance(at(sequence)).ok());
  }
  [[nodiscard]] bool offer(std::uint64_t sequence) const {
    return replica->set_lease(lease_at(sequence), replica->closed_through());
  }

  OwnFolder folder;
  std::string path;
  std::unique_ptr<FileReplica> replica;
};

void overwrite(const std::string& path, std::uint64_t offset) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(static_cast<std::streamoff>(offset));
  file << "damaged!";
}

// One that this process may give a file to: another one than its own, where there is any.
gid_t a_group() {
  if (::geteuid() == 0) return ::getegid() + 1;
  std::array<gid_t, 64> groups{};
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  for (int index = 0; index < count; ++index) {
    if (groups[static_cast<std::size_t>(index)] != ::getegid()) {
      return groups[static_cast<std::size_t>(index)];
    }
  }
  return ::getegid();
}

// A process with a connection open, that has closed through `sequence`; says so by a byte.
class ReaderProcess {
 public:
  ReaderProcess(const std::string& replica, std::uint64_t sequence) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) hold(replica, sequence, pipe[1]);
    ::close(pipe[1]);
    char byte = 0;
    CHECK(::read(pipe[0], &byte, 1) == 1);
    ::close(pipe[0]);
  }
  ~ReaderProcess() { end(); }
  ReaderProcess(const ReaderProcess&) = delete;
  ReaderProcess& operator=(const ReaderProcess&) = delete;
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void hold(const std::string& replica, std::uint64_t sequence, int pipe) {
    auto seat = ReaderSeat::take(reader_table_path(replica));
    if (!seat.ok()) ::_exit(1);
    seat->opening(at(sequence));
    if (::write(pipe, "x", 1) != 1) ::_exit(2);
    for (;;) ::pause();
  }
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE(
    "a lease counts when the entries are there and every living reader has closed what it must") {
  const Kept kept;
  kept.apply(1, 1);
  CHECK(kept.offer(1));
  CHECK_FALSE(kept.offer(2));
  kept.apply(2, 2);
  ReaderProcess slow{kept.path, 1};
  ReaderProcess quick{kept.path, 2};
  CHECK(kept.replica->closed_through() == at(1));
  CHECK(kept.replica->standing().holders == 2);
  CHECK(kept.replica->standing().slowest_pid == slow.pid());
  const std::uint64_t before = kept.replica->serving()->lease_boot_end_ns();
  CHECK_FALSE(kept.offer(2));
  CHECK(kept.replica->serving()->lease_boot_end_ns() == before);
  CHECK(kept.offer(1));
  // The dead hold nothing up.
  slow.end();
  CHECK(kept.replica->closed_through() == at(2));
  CHECK(kept.offer(2));
}

TEST_CASE("after its end no lease counts, and the one in the file is over") {
  const Kept kept;
  kept.apply(1, 1);
  CHECK(kept.offer(1));
  kept.replica->end();
  CHECK(kept.replica->serving()->lease_boot_end_ns() == 0);
  CHECK_FALSE(kept.offer(1));
  CHECK(kept.replica->serving()->lease_boot_end_ns() == 0);
}

TEST_CASE("what is told before there is a file is in the first one") {
  const OwnFolder folder{"/dev/shm"};
  const auto replica = FileReplica::open(options_at(folder.path + "/replica")).value();
  CHECK(replica->serving() == nullptr);
  CHECK_FALSE(replica->contiguous().is_set());
  replica->set_mode(GateMode::best_effort);
  REQUIRE(replica->set_signing_keys(R"({"keys":[]})").ok());
  REQUIRE(replica->begin_snapshot({at(3), at(0), {}, {}}).ok());
  REQUIRE(replica->finish_snapshot().ok());
  CHECK_FALSE(replica->serving()->is_strict());
  CHECK(replica->serving()->signing_keys().value() == R"({"keys":[]})");
}

TEST_CASE("a second process is told that the replica has a writer") {
  const Kept kept;
  const auto second = FileReplica::open(options_at(kept.path));
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code() == ErrorCode::conflict);
  CHECK(second.error().message().find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("a file that was gone on with has its keys, and no lease") {
  Kept kept;
  kept.apply(1, 1);
  CHECK(kept.offer(1));
  kept.open();
  CHECK(kept.replica->discarded().empty());
  CHECK(kept.replica->contiguous() == at(1));
  CHECK(kept.replica->serving()->lease_boot_end_ns() == 0);
  CHECK(kept.replica->serving()->find(entry_of(1, 1).key).reauth_sequence == 1);
}

TEST_CASE("a damaged file is thrown away, wherever the damage is") {
  enum class Where { magic, version, offsets, slot };
  for (const Where where : {Where::magic, Where::version, Where::offsets, Where::slot}) {
    CAPTURE(static_cast<int>(where));
    Kept kept;
    for (std::uint64_t n = 1; n <= 90; ++n) kept.apply(n, n);
    const std::uint64_t slots = kept.replica->serving()->fixed().slots_offset;
    kept.replica.reset();
    if (where == Where::magic) overwrite(kept.path, 0);
    if (where == Where::version) overwrite(kept.path, 8);
    if (where == Where::offsets) overwrite(kept.path, 136);
    if (where == Where::slot) overwrite(kept.path, slots + 24 * 40);
    const auto replica = FileReplica::open(options_at(kept.path));
    REQUIRE(replica.ok());
    CHECK_FALSE((*replica)->discarded().empty());
    CHECK((*replica)->serving() == nullptr);
    CHECK_FALSE((*replica)->contiguous().is_set());
  }
}

TEST_CASE("what is no replica at all is not thrown away") {
  const OwnFolder folder{"/dev/shm"};
  const std::string path = folder.path + "/replica";
  std::ofstream{path} << "somebody's only copy of their thesis";
  const auto replica = FileReplica::open(options_at(path));
  REQUIRE_FALSE(replica.ok());
  CHECK(replica.error().code() == ErrorCode::conflict);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("damage to the file is found within two passes, whatever its size") {
  for (const std::uint64_t entries : {100UL, 30'000UL}) {
    const OwnFolder folder{"/dev/shm"};
    const std::string path = folder.path + "/replica";
    const auto replica = FileReplica::open(options_at(path, entries)).value();
    CHECK(replica->check().ok());
    REQUIRE(replica->begin_snapshot({at(0), at(0), {}, {}}).ok());
    REQUIRE(replica->finish_snapshot().ok());
    REQUIRE(replica->apply(std::vector{entry_of(1, 1)}).ok());
    REQUIRE(replica->advance(at(1)).ok());
    for (std::uint64_t n = 0; n < 2 * FileReplica::kChecksOfPass; ++n)
      REQUIRE(replica->check().ok());
    overwrite(path, replica->serving()->fixed().slots_offset + 24 * 30);
    std::uint64_t checks = 1;
    while (replica->check().ok() && checks <= 2 * FileReplica::kChecksOfPass) ++checks;
    CHECK(checks <= 2 * FileReplica::kChecksOfPass);
    CHECK(replica->serving() == nullptr);
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_FALSE(replica->set_lease(lease_at(1), replica->closed_through()));
    CHECK(replica->keep(Duration{0}).ok());
    CHECK_FALSE(std::filesystem::exists(path));
  }
}

TEST_CASE("where there is no room nothing counts that did not find some") {
  Kept kept;
  kept.apply(1, 1);
  kept.replica.reset();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto replica = FileReplica::open(options_at(kept.path)).value();
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit little{.rlim_cur = 4096, .rlim_max = 4096};
    if (::setrlimit(RLIMIT_FSIZE, &little) != 0) ::_exit(1);
    std::uint64_t n = 2;
    Status status = Done{};
    for (; n < 10'000 && status.ok(); ++n) {
      status = replica->apply(std::vector{entry_of(n, n)});
      if (status.ok() && !replica->advance(at(n)).ok()) ::_exit(2);
    }
    if (status.ok() || status.error().code() != ErrorCode::exhausted) ::_exit(3);
    // As far as it came, and no lease of beyond that.
    if (replica->contiguous() != at(n - 2)) ::_exit(4);
    if (replica->set_lease(lease_at(n - 1), replica->closed_through())) ::_exit(5);
    if (!replica->set_lease(lease_at(n - 2), replica->closed_through())) ::_exit(6);
    ::_exit(0);
  }
  int outcome = 0;
  REQUIRE(::waitpid(child, &outcome, 0) == child);
  CHECK(WIFEXITED(outcome));
  CHECK(WEXITSTATUS(outcome) == 0);
}

TEST_CASE("what is below the floor goes within the hour, blocks stay") {
  const OwnFolder folder{"/dev/shm"};
  const std::string path = folder.path + "/replica";
  const auto replica = FileReplica::open(options_at(path)).value();
  REQUIRE(replica->begin_snapshot({at(0), at(0), {}, {}}).ok());
  REQUIRE(replica->finish_snapshot().ok());
  std::vector<ReplicaEntry> entries;
  for (std::uint64_t n = 1; n <= 300; ++n) entries.push_back(entry_of(n, n));
  entries[0].effect = Effect::block;
  REQUIRE(replica->apply(entries).ok());
  REQUIRE(replica->advance(at(300)).ok());
  REQUIRE(replica->keep(Duration{0}).ok());
  CHECK(replica->serving()->entry_count() == 300);
  replica->set_floor(at(150));
  REQUIRE(replica->keep(Duration{1}).ok());
  CHECK(replica->serving()->entry_count() == 152);
  CHECK(replica->serving()->find(entries[0].key).is_blocked);
  // Not at every opportunity.
  replica->set_floor(at(300));
  REQUIRE(replica->keep(Duration{2}).ok());
  CHECK(replica->serving()->entry_count() == 152);
  REQUIRE(replica->keep(FileReplica::kPrunePause + Duration{1}).ok());
  CHECK(replica->serving()->entry_count() == 2);
}

TEST_CASE("files of before are the group's that is named now") {
  const OwnFolder folder{"/dev/shm"};
  ReplicaOptions options = options_at(folder.path + "/replica");
  const auto group_of = [](const std::string& path) {
    struct stat found{};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_gid;
  };
  const auto run_as = [&](std::optional<gid_t> group) {
    options.table.reader_group = group;
    const auto replica = FileReplica::open(options).value();
    if (replica->serving() == nullptr) {
      REQUIRE(replica->begin_snapshot({at(0), at(0), {}, {}}).ok());
      REQUIRE(replica->finish_snapshot().ok());
    }
    CHECK(replica->discarded().empty());
    for (const std::string& path : {options.path, reader_table_path(options.path)}) {
      CHECK(group_of(path) == group.value_or(::getegid()));
    }
  };
  for (const auto& group : {std::optional{a_group()}, std::optional{::getegid()},
                            std::optional{a_group()}, std::optional<gid_t>{}}) {
    run_as(group);
  }
  // What everybody may read, an earlier process did not make so.
  REQUIRE(::chmod(options.path.c_str(), 0644) == 0);
  run_as(std::nullopt);
  CHECK(file_facts(options.path)->mode == 0640);
}

TEST_CASE("a table of readers that is gone from under its name is put back") {
  const Kept kept;
  kept.apply(1, 1);
  const std::string table = reader_table_path(kept.path);
  ReaderProcess before{kept.path, 0};
  std::filesystem::remove(table);
  REQUIRE(kept.replica->keep(Duration{0}).ok());
  ReaderProcess after{kept.path, 1};
  CHECK(kept.replica->standing().holders == 2);
  CHECK(kept.replica->closed_through() == at(0));
  CHECK_FALSE(kept.offer(1));
  before.end();
  CHECK(kept.offer(1));
}

TEST_CASE("a file that is gone from under its name is put back with its lease") {
  const Kept kept;
  kept.apply(1, 1);
  CHECK(kept.offer(1));
  const std::uint64_t lease = kept.replica->serving()->lease_boot_end_ns();
  std::filesystem::remove(kept.path);
  REQUIRE(kept.replica->keep(Duration{0}).ok());
  const auto reader = ReplicaReader::open(kept.path, {{"tenant", "https://s.test"}, {::geteuid()}});
  REQUIRE(reader.ok());
  CHECK(reader->view().contiguous() == at(1));
  CHECK(reader->view().lease_boot_end_ns() == lease);
}

TEST_CASE("a file that another one took the name of is put back") {
  const Kept kept;
  kept.apply(1, 1);
  const std::string other = kept.path + ".other";
  std::filesystem::copy_file(kept.path, other);
  std::filesystem::rename(other, kept.path);
  kept.apply(2, 2);
  REQUIRE(kept.replica->keep(Duration{0}).ok());
  const auto reader = ReplicaReader::open(kept.path, {{"tenant", "https://s.test"}, {::geteuid()}});
  REQUIRE(reader.ok());
  CHECK(reader->view().contiguous() == at(2));
}

}  // namespace curfew
