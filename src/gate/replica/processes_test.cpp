// What happens between processes: readers beside a writer, and writers that are killed.
#include <sys/mman.h>
#include <sys/wait.h>

#include <csignal>

#include "gate/replica/test_replica.hpp"

namespace curfew {

using namespace replica;
using namespace testing;

namespace {

// Entry number n: of key n mod kKeys, in turn a reauth and a reevaluate, so that what a key must
// have follows from P alone.
constexpr std::uint64_t kKeys = 700;

ReplicaEntry numbered(std::uint64_t sequence) {
  const bool is_reauth = sequence / kKeys % 2 == 0;
  return entry_of(is_reauth ? Effect::reauth : Effect::reevaluate, user_key(sequence % kKeys),
                  sequence, kTestStart + Duration{static_cast<std::int64_t>(sequence) * 10});
}

// The newest entry of that effect for the key, up to P; 0 where there is none.
std::uint64_t expected(std::uint64_t key, std::uint64_t p, bool is_reauth) {
  for (std::uint64_t round = p / kKeys + 1; round-- > 0;) {
    const std::uint64_t sequence = round * kKeys + key;
    if (sequence <= p && sequence != 0 && (round % 2 == 0) == is_reauth) return sequence;
  }
  return 0;
}

// Whether the sequence is one that the key can have for this effect.
bool is_possible(std::uint64_t key, std::uint64_t sequence, bool is_reauth) {
  return sequence == 0 || (sequence % kKeys == key && (sequence / kKeys % 2 == 0) == is_reauth);
}

bool is_right(const ReplicaView& view, std::uint64_t key, std::uint64_t p) {
  const KeyMarks state = view.find(user_key(key));
  return is_possible(key, state.reauth_sequence, true) &&
         is_possible(key, state.reevaluate_sequence, false) &&
         state.reauth_sequence >= expected(key, p, true) &&
         state.reevaluate_sequence >= expected(key, p, false) && !state.is_blocked;
}

// Shared by the processes of one test.
struct Shared {
  std::atomic<std::uint64_t> acknowledged{0};
};

class SharedMemory {
 public:
  SharedMemory()
      : memory_(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0)) {
    REQUIRE(memory_ != MAP_FAILED);
    shared_ = new (memory_) Shared;
  }
  ~SharedMemory() { ::munmap(memory_, sizeof(Shared)); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  Shared* operator->() const { return shared_; }

 private:
  void* memory_;
  Shared* shared_;
};

// In a child: goes on from P for ever, or to `last`; changes files now and then. No doctest here.
[[noreturn]] void write_on(const TestReplica& replica, Shared& shared, std::uint64_t last) {
  auto opened = replica.open();
  if (!opened.ok() || !(*opened)->discarded().empty()) ::_exit(10);
  ReplicaWriter& writer = **opened;
  if (writer.serving() == nullptr && !serve_empty(writer).ok()) ::_exit(11);
  for (std::uint64_t n = writer.contiguous().sequence + 1; n <= last; ++n) {
    // In pairs, the later one first.
    const std::uint64_t other = n % 2 == 1 ? n + 1 : n - 1;
    if (!writer.apply(std::vector{numbered(other)}).ok()) ::_exit(12);
    if (n % 2 == 1 && !writer.apply(std::vector{numbered(n)}).ok()) ::_exit(13);
    if (!writer.advance(at(n)).ok()) ::_exit(14);
    if (n % 997 == 0 && !writer.prune().ok()) ::_exit(15);
    if (n % 50 == 0 && !writer.set_signing_keys(std::string(n % 300, 'k')).ok()) ::_exit(16);
    shared.acknowledged.store(n);
  }
  ::_exit(0);
}

int ended(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("a reader in another process never sees half an entry, nor less than was acknowledged") {
  const TestReplica replica;
  SharedMemory shared;
  {
    const auto writer = serving_writer(replica);
  }
  const std::uint64_t last = 60'000;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) write_on(replica, *shared.operator->(), last);

  ReplicaFollower follower{replica.path(), test_rules()};
  std::uint64_t lookups = 0;
  std::uint64_t wrong = 0;
  std::uint64_t files = 0;
  std::array<std::uint64_t, 2> file_id{};
  for (std::uint64_t acknowledged = 0; acknowledged < last;) {
    // One that takes part in a file's last moments is asked again, as decide() does.
    acknowledged = shared->acknowledged.load();
    const Result<const ReplicaView*> view = follower.current();
    REQUIRE(view.ok());
    const std::uint64_t p = (*view)->contiguous().sequence;
    const std::uint64_t key = lookups * 31 % kKeys;
    const bool right = is_right(**view, key, std::max(p, acknowledged));
    const Result<std::string> keys = (*view)->signing_keys();
    const bool keys_right =
        keys.ok() && keys->find_first_not_of('k') == std::string::npos && keys->size() < 300;
    const bool is_current = (*view)->state() == FileState::serving;
    if (is_current && !(right && keys_right && p >= acknowledged)) ++wrong;
    if ((*view)->fixed().file_id != file_id) ++files;
    file_id = (*view)->fixed().file_id;
    ++lookups;
  }
  CHECK(ended(child) == 0);
  CHECK(wrong == 0);
  CHECK(files > 1);
  MESSAGE(lookups << " look-ups in " << files << " files");
}

TEST_CASE("a writer that is killed at any moment leaves a file that has what was acknowledged") {
  const TestReplica replica;
  SharedMemory shared;
  {
    const auto writer = serving_writer(replica);
  }
  std::mt19937_64 random{4711};
  for (int round = 0; round < 120; ++round) {
    CAPTURE(round);
    const std::uint64_t before = shared->acknowledged.load();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) write_on(replica, *shared.operator->(), ~0ULL);
    const std::uint64_t some = before + random() % 400;
    int status = 0;
    while (shared->acknowledged.load() < some && ::waitpid(child, &status, WNOHANG) == 0) {
    }
    // The number of turns is small against an entry: it spreads the moment within one.
    for (volatile std::uint64_t turns = random() % 20'000; turns > 0;) turns = turns - 1;
    REQUIRE(::kill(child, SIGKILL) == 0);
    CHECK(WIFSIGNALED(ended(child)));

    const std::uint64_t acknowledged = shared->acknowledged.load();
    const auto reader = replica.read();
    REQUIRE_MESSAGE(reader.ok(), (reader.ok() ? "" : reader.error().message()));
    const std::uint64_t p = reader->view().contiguous().sequence;
    CHECK(p >= acknowledged);
    CHECK(p <= acknowledged + 1);
    std::uint64_t wrong = 0;
    for (std::uint64_t key = 0; key < kKeys; ++key)
      wrong += is_right(reader->view(), key, p) ? 0 : 1;
    CHECK(wrong == 0);
    CHECK(reader->view().signing_keys().ok());
  }
  // The next one, too, takes it as good.
  const auto writer = replica.open();
  REQUIRE(writer.ok());
  CHECK((*writer)->discarded().empty());
  MESSAGE((*writer)->contiguous().sequence << " entries through 120 kills");
}

}  // namespace curfew
