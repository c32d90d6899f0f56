// Damage to a replica, while it is served and while nobody runs; and what must not be taken for it.
#include "gate/replica/written_file.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <functional>

#include "gate/replica/test_replica.hpp"

namespace curfew {

using namespace replica;
using namespace testing;

namespace {

constexpr std::uint64_t kKeys = 150;
constexpr std::uint64_t kPiece = 17;  // slots that are looked at together
constexpr std::uint64_t kLast = 400;

// The file as somebody else who may write it has it.
class Damage {
 public:
  explicit Damage(const std::string& path)
      : file_(MappedFile::open(path, MapAccess::write, kFileBytesMaxOfReplica).value()) {
    std::memcpy(&fixed_, file_.bytes().data(), sizeof fixed_);
  }
  [[nodiscard]] const FixedPart& fixed() const { return fixed_; }
  [[nodiscard]] std::uint64_t& word(std::uint64_t offset) const {
    return *reinterpret_cast<std::uint64_t*>(file_.writable().data() + offset);
  }
  void fill(std::uint64_t offset, std::uint64_t bytes, int value = 0) const {
    std::memset(file_.writable().data() + offset, value, bytes);
  }
  // The first slot that is used, or free, or blocked, by its word 0 and 1.
  using Wanted = std::function<bool(std::uint64_t, std::uint64_t)>;
  [[nodiscard]] std::uint64_t slot(const Wanted& is_wanted) const {
    for (std::uint64_t index = 0; index < fixed_.slot_count; ++index) {
      const std::uint64_t at = fixed_.slots_offset + 24 * index;
      if (is_wanted(word(at), word(at + 8))) return at;
    }
    FAIL("no such slot");
    return 0;
  }
  [[nodiscard]] std::uint64_t used_slot() const {
    return slot([](std::uint64_t main, std::uint64_t) { return main != 0; });
  }
  [[nodiscard]] std::uint64_t free_slot() const {
    return slot([](std::uint64_t main, std::uint64_t) { return main == 0; });
  }
  [[nodiscard]] std::uint64_t blocked_slot() const {
    return slot([](std::uint64_t main, std::uint64_t word_1) {
      return main != 0 && (word_1 & kBlockedBit) != 0;
    });
  }
  [[nodiscard]] std::uint64_t bloom_block_of(const Key& key) const {
    const KeyHash hash = hash_of({fixed_.hash_key_low, fixed_.hash_key_high}, key);
    return fixed_.bloom_offset + 32 * bloom_block(hash, fixed_.bloom_block_count);
  }

 private:
  MappedFile file_;
  FixedPart fixed_;
};

struct Kind {
  std::string name;
  std::function<void(const Damage&)> strike;
  // What a next process cannot see is of the running one; a word of the header is put right by the
  // store that comes next, and nothing else goes by it.
  enum class Where { contents, header, running } where = Where::contents;
};

void zero_slots(const Damage& at) { at.fill(at.fixed().slots_offset, 24 * at.fixed().slot_count); }
void zero_bloom(const Damage& at) {
  at.fill(at.fixed().bloom_offset, 32 * at.fixed().bloom_block_count);
}

std::vector<Kind> kinds() {
  return {
      {"a slot is zero", [](const Damage& at) { at.fill(at.used_slot(), 24); }},
      {"all slots are zero", zero_slots},
      {"a block is lifted",
       [](const Damage& at) { at.word(at.blocked_slot() + 8) &= ~kBlockedBit; }},
      {"a reauth is gone",
       [](const Damage& at) { at.word(at.blocked_slot() + 8) &= ~kSequenceMask; }},
      {"a reevaluate is another", [](const Damage& at) { at.word(at.used_slot() + 16) ^= 4; }},
      {"another key", [](const Damage& at) { at.word(at.used_slot()) ^= 1; }},
      {"a slot that was free", [](const Damage& at) { at.fill(at.free_slot(), 24, 0xff); }},
      {"a Bloom block is zero",
       [](const Damage& at) { at.fill(at.bloom_block_of(user_key(1)), 32); }},
      {"all Bloom blocks are zero", zero_bloom},
      {"checkpoints are zero",
       [](const Damage& at) { at.fill(at.fixed().checkpoints_offset + 16, 16); }},
      {"the head is zero", [](const Damage& at) { at.fill(0, kHeaderBytes); }, Kind::Where::header},
      {"the head is of something else", [](const Damage& at) { at.fill(0, kHeaderBytes, 0x20); },
       Kind::Where::header},
      {"the magic", [](const Damage& at) { at.fill(0, 8, 0x20); }, Kind::Where::header},
      {"the fixed part", [](const Damage& at) { at.word(80) ^= 1; }, Kind::Where::header},
      {"the digest", [](const Damage& at) { at.fill(kDigestAt, 16); }, Kind::Where::header},
      {"the number of keys", [](const Damage& at) { at.word(kEntryCountAt) += 3; },
       Kind::Where::header},
      {"the number of checkpoints", [](const Damage& at) { at.word(kCheckpointCountAt) -= 1; },
       Kind::Where::header},
      {"the state", [](const Damage& at) { at.word(kStateAt) = 0; }, Kind::Where::header},
      {"the signing keys",
       [](const Damage& at) {
         const std::uint64_t copy = at.word(kJwksVersionAt) & 1;
         at.word(at.fixed().jwks_offset + copy * (kJwksHeadBytes + at.fixed().jwks_bytes_max) +
                 kJwksHeadBytes) ^= 1;
       }},
      {"P", [](const Damage& at) { at.word(kContiguousAt) += 9; }, Kind::Where::running},
      {"the floor", [](const Damage& at) { at.word(kFloorAt) += 1; }, Kind::Where::running},
      {"the latest time", [](const Damage& at) { at.word(kTimeMaxAt) = 0; }, Kind::Where::running},
      {"the mode", [](const Damage& at) { at.word(kModeAt) = 1; }, Kind::Where::running},
      {"the lease", [](const Damage& at) { at.word(kLeaseBootEndAt) = ~0ULL; },
       Kind::Where::running},
      {"changes", [](const Damage& at) { at.word(kChangesAt) = 0; }, Kind::Where::running}};
}

// A replica with a journal in it, signing keys and a lease.
struct Filled {
  Filled() : journal(31, kLast, kKeys), writer(serving_writer(replica)) {
    REQUIRE(writer->set_signing_keys(R"({"keys":["one"]})").ok());
    for (const ReplicaEntry& entry : journal.entries()) apply_all(*writer, {entry});
    REQUIRE(writer->set_lease({at(kLast), std::chrono::hours{1}, kTestStart}, at(kLast)));
  }
  [[nodiscard]] Status check_pieces(std::uint64_t slots) const {
    for (std::uint64_t looked = 0; looked < slots; looked += kPiece) {
      CURFEW_TRY_STATUS(writer->check_some(kPiece));
    }
    return Done{};
  }
  // Two passes: the damage may be where the first one was already.
  [[nodiscard]] Status check_all() const {
    return check_pieces(2 * (writer->serving()->fixed().slot_count + kPiece));
  }

  TestReplica replica;
  MadeUpJournal journal;
  std::unique_ptr<ReplicaWriter> writer;
};

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Status install_snapshot(ReplicaWriter& writer, const MadeUpJournal& journal) {
  CURFEW_TRY_STATUS(writer.begin_snapshot({at(kLast), at(0), {}, {}}));
  CURFEW_TRY_STATUS(writer.continue_snapshot(journal.snapshot()));
  return writer.finish_snapshot();
}

}  // namespace

TEST_CASE("damage to a file that is served ends it, whatever it is, until a snapshot is whole") {
  for (const Kind& kind : kinds()) {
    for (const std::uint64_t looked : {0UL, 100UL}) {
      CAPTURE(kind.name);
      CAPTURE(looked);
      const Filled here;
      const auto reader = here.replica.read();
      REQUIRE(reader.ok());
      REQUIRE(here.check_all().ok());
      REQUIRE(here.check_pieces(looked).ok());
      kind.strike(Damage{here.replica.path()});
      const Status found = here.check_all();
      REQUIRE_FALSE(found.ok());
      CHECK(found.error().code() == ErrorCode::corrupted);
      CHECK(reader->view().state() == FileState::superseded);
      CHECK(reader->view().lease_boot_end_ns() == 0);
      CHECK_FALSE(here.replica.read().ok());
      CHECK(here.writer->serving() == nullptr);
      CHECK_FALSE(here.writer->contiguous().is_set());
      CHECK_FALSE(here.writer->set_lease({at(1), std::chrono::hours{1}, kTestStart}, at(kLast)));
      CHECK(here.writer->check_some(kPiece).ok());
      REQUIRE(install_snapshot(*here.writer, here.journal).ok());
      check_same(*here.writer->serving(), here.journal);
      CHECK(here.check_all().ok());
    }
  }
}

TEST_CASE("damage to a file that an earlier process left is found before anybody is served by it") {
  for (const Kind& kind : kinds()) {
    if (kind.where == Kind::Where::running) continue;
    CAPTURE(kind.name);
    Filled here;
    here.writer.reset();
    kind.strike(Damage{here.replica.path()});
    const auto writer = here.replica.open();
    REQUIRE_MESSAGE(writer.ok(), (writer.ok() ? "" : writer.error().message()));
    CHECK_FALSE((*writer)->discarded().empty());
    CHECK((*writer)->serving() == nullptr);
    CHECK_FALSE(exists(here.replica.path()));
    REQUIRE(install_snapshot(**writer, here.journal).ok());
    check_same(*(*writer)->serving(), here.journal);
  }
}

TEST_CASE("what comes after the damage does not hide it") {
  const auto found_after = [](const std::function<void(const Damage&)>& strike, Effect effect) {
    const Filled here;
    strike(Damage{here.replica.path()});
    std::vector<ReplicaEntry> more;
    for (std::uint64_t key = 0; key < kKeys; ++key) {
      more.push_back(entry_of(effect, user_key(key), kLast + 1 + key));
    }
    // Where the file must grow for it, that finds the damage.
    static_cast<void>(here.writer->apply(more));
    return !here.check_all().ok();
  };
  for (const Effect effect : {Effect::reauth, Effect::reevaluate, Effect::block, Effect::unblock}) {
    CAPTURE(static_cast<int>(effect));
    for (const Kind& kind : kinds()) {
      if (kind.where != Kind::Where::contents) continue;
      CAPTURE(kind.name);
      CHECK(found_after(kind.strike, effect));
    }
  }
}

TEST_CASE("nothing is copied from a file that is damaged") {
  for (const auto& strike : {zero_slots, zero_bloom}) {
    Filled here;
    strike(Damage{here.replica.path()});
    CHECK(here.writer->prune().error().code() == ErrorCode::corrupted);
    CHECK(here.writer->begin_snapshot({at(kLast), at(0), {}, {}}).error().code() ==
          ErrorCode::corrupted);
    Status grown = Done{};
    for (std::uint64_t n = kLast + 1; n < kLast + 2000 && grown.ok(); ++n) {
      grown = here.writer->apply(std::vector{entry_of(Effect::reauth, user_key(n), n)});
    }
    REQUIRE_FALSE(grown.ok());
    CHECK(grown.error().code() == ErrorCode::corrupted);
  }
}

TEST_CASE("a snapshot that was being built is dropped with the file that it took things from") {
  const Filled here;
  REQUIRE(here.writer->begin_snapshot({at(kLast), at(0), {}, {}}).ok());
  zero_slots(Damage{here.replica.path()});
  CHECK_FALSE(here.check_all().ok());
  CHECK_FALSE(exists(here.replica.path() + ".new"));
  CHECK(here.writer->finish_snapshot().error().code() == ErrorCode::conflict);
}

TEST_CASE("nothing that a writer does is taken for damage, wherever a pass is") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    const MadeUpJournal journal{seed, 3000, 700};
    const TestReplica replica;
    auto writer = serving_writer(replica);
    std::mt19937_64 random{seed};
    for (const ReplicaEntry& entry : journal.entries()) {
      const std::uint64_t n = entry.position.sequence;
      REQUIRE(writer->apply(std::vector{entry}).ok());
      if (random() % 4 != 0) REQUIRE(writer->advance(at(n)).ok());
      const Status looked = writer->check_some(random() % 40);
      REQUIRE_MESSAGE(looked.ok(), (looked.ok() ? "" : looked.error().message()));
      if (n % 100 == 0) REQUIRE(writer->set_signing_keys(std::string(n % 300, 'k')).ok());
      if (n % 150 == 0) static_cast<void>(writer->set_lease({at(n), Duration{9}, {}}, at(n)));
      if (n % 170 == 0) writer->set_floor(at(n / 10));
      if (n % 190 == 0) writer->set_mode(n % 380 == 0 ? GateMode::best_effort : GateMode::strict);
      if (n % 700 == 0) REQUIRE(writer->prune().ok());
      if (n % 900 != 0) continue;
      REQUIRE(writer->advance(at(n)).ok());
      writer.reset();
      writer = replica.open().value();
      REQUIRE(writer->discarded().empty());
    }
    for (int piece = 0; piece < 1000; ++piece) REQUIRE(writer->check_some(kPiece).ok());
  }
}

namespace {

std::string bytes_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// In a child that is stopped after each of its instructions: each kind of store to a slot.
[[noreturn]] void write_stepwise(const TestReplica& replica) {
  auto opened = replica.open();
  if (!opened.ok()) ::_exit(1);
  ReplicaWriter& writer = **opened;
  // The last one is of a time for which there is a checkpoint.
  const std::vector entries{
      entry_of(Effect::block, user_key(5000), kLast + 1),
      entry_of(Effect::reevaluate, user_key(5000), kLast + 2),
      entry_of(Effect::unblock, user_key(5000), kLast + 3),
      entry_of(Effect::reauth, user_key(5001), kLast + 4, kTestStart + std::chrono::hours{9})};
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
  ::raise(SIGSTOP);
  for (const ReplicaEntry& entry : entries) {
    if (!writer.apply(std::span{&entry, 1}).ok()) ::_exit(3);
    if (!writer.advance(entry.position).ok()) ::_exit(4);
  }
  ::_exit(0);
}

// What the file was after each of its stores.
std::vector<std::string> images_of_each_store(const TestReplica& replica) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) write_stepwise(replica);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSTOPPED(status));
  const MappedFile file =
      MappedFile::open(replica.path(), MapAccess::read, kFileBytesMaxOfReplica).value();
  std::vector<std::string> images{bytes_of(file)};
  while (WIFSTOPPED(status)) {
    const bool is_same =
        std::memcmp(images.back().data(), file.bytes().data(), images.back().size()) == 0;
    if (!is_same) images.push_back(bytes_of(file));
    REQUIRE(::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0);
    REQUIRE(::waitpid(child, &status, 0) == child);
  }
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return images;
}

}  // namespace

TEST_CASE("a writer that is killed after any of its stores leaves a file that is gone on with") {
  Filled here;
  here.writer.reset();
  const std::vector<std::string> images = images_of_each_store(here.replica);
  CHECK(images.size() > 30);
  std::size_t discarded = 0;
  for (const std::string& image : images) {
    const TestReplica copy;
    REQUIRE(write_file_atomic(copy.path(), image, 0640).ok());
    const auto writer = copy.open();
    REQUIRE(writer.ok());
    discarded += (*writer)->discarded().empty() ? 0U : 1U;
    if ((*writer)->serving() == nullptr) continue;
    for (int piece = 0; piece < 100; ++piece) REQUIRE((*writer)->check_some(kPiece).ok());
  }
  CHECK(discarded == 0);
  MESSAGE(images.size() << " stores");
}

}  // namespace curfew
