#include "gate/replica/writer.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "gate/replica/test_replica.hpp"

namespace curfew {

using namespace replica;
using namespace testing;

namespace {

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::vector<ReplicaEntry> shuffled(std::vector<ReplicaEntry> entries, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const std::size_t repeated = entries.size() / 3;
  for (std::size_t i = 0; i < repeated; ++i) entries.push_back(entries[random() % entries.size()]);
  std::shuffle(entries.begin(), entries.end(), random);
  return entries;
}

}  // namespace

TEST_CASE("entries in any order and any number of times add up to what the journal says") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    const MadeUpJournal journal{seed, 400, 60};
    const TestReplica replica;
    const auto writer = serving_writer(replica);
    REQUIRE(writer->apply(shuffled(journal.entries(), seed)).ok());
    REQUIRE(writer->advance(at(400)).ok());
    check_same(*writer->serving(), journal);
    CHECK(writer->contiguous() == at(400));
    CHECK(writer->serving()->find(user_key(9999)) == KeyMarks{});
  }
}

TEST_CASE("entries that overtake others count at once, and P only when what is before them came") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const std::vector<ReplicaEntry> urgent{entry_of(Effect::block, user_key(1), 50)};
  REQUIRE(writer->apply(urgent).ok());
  CHECK(writer->serving()->find(user_key(1)) == KeyMarks{50, 0, true});
  CHECK(writer->contiguous() == at(0));
}

TEST_CASE("of blocks and unblocks the newest counts, in whatever order they come") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const auto block = entry_of(Effect::block, user_key(1), 2);
  const auto unblock = entry_of(Effect::unblock, user_key(1), 3);
  REQUIRE(writer->apply(std::vector{unblock}).ok());
  REQUIRE(writer->apply(std::vector{block}).ok());
  CHECK_FALSE(writer->serving()->find(user_key(1)).is_blocked);
  CHECK(writer->serving()->find(user_key(1)).reauth_sequence == 2);
  REQUIRE(writer->advance(at(3)).ok());
  // Both again, late: they were counted.
  REQUIRE(writer->apply(std::vector{block}).ok());
  CHECK_FALSE(writer->serving()->find(user_key(1)).is_blocked);
}

TEST_CASE("an unblock that leaves another hold keeps the key blocked") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer,
            {entry_of(Effect::block, user_key(1), 1), entry_of(Effect::block, user_key(1), 2),
             entry_of(Effect::unblock, user_key(1), 3, kTestStart, true)});
  CHECK(writer->serving()->find(user_key(1)).is_blocked);
  apply_all(*writer, {entry_of(Effect::unblock, user_key(1), 4)});
  CHECK_FALSE(writer->serving()->find(user_key(1)).is_blocked);
}

TEST_CASE("a restarted writer does not take an older unblock for the end of a block it had early") {
  const TestReplica replica;
  {
    const auto writer = serving_writer(replica);
    apply_all(*writer, {entry_of(Effect::block, user_key(1), 1)});
    REQUIRE(writer->apply(std::vector{entry_of(Effect::block, user_key(1), 3)}).ok());
  }
  auto writer = replica.open();
  REQUIRE(writer.ok());
  CHECK((*writer)->contiguous() == at(1));
  // The server says again what came after P.
  REQUIRE((*writer)->apply(std::vector{entry_of(Effect::unblock, user_key(1), 2)}).ok());
  REQUIRE((*writer)->advance(at(2)).ok());
  CHECK((*writer)->serving()->find(user_key(1)).is_blocked);
  CHECK((*writer)->contiguous() == at(1));
  SUBCASE("the block comes again") {
    REQUIRE((*writer)->apply(std::vector{entry_of(Effect::block, user_key(1), 3)}).ok());
    REQUIRE((*writer)->advance(at(3)).ok());
    CHECK((*writer)->serving()->find(user_key(1)).is_blocked);
  }
  SUBCASE("it was a reauth: the unblock counts once that is known") {
    REQUIRE((*writer)->apply(std::vector{entry_of(Effect::reauth, user_key(1), 3)}).ok());
    REQUIRE((*writer)->advance(at(3)).ok());
    CHECK_FALSE((*writer)->serving()->find(user_key(1)).is_blocked);
  }
  CHECK((*writer)->contiguous() == at(3));
}

TEST_CASE("a replica grows, and keeps everything: keys, hash key, signing keys, mode, lease") {
  const MadeUpJournal journal{7, 3000, 900};
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const SipKey hash_key = writer->serving()->hash_key();
  const std::uint64_t slots = writer->serving()->fixed().slot_count;
  REQUIRE(writer->set_signing_keys(R"({"keys":[]})").ok());
  writer->set_mode(GateMode::best_effort);
  REQUIRE(writer->set_lease({at(0), std::chrono::nanoseconds{500}, kTestStart}, at(0)));
  apply_all(*writer, journal.entries());
  const ReplicaView& view = *writer->serving();
  CHECK(view.fixed().slot_count > slots);
  CHECK(view.hash_key() == hash_key);
  CHECK(*view.signing_keys() == R"({"keys":[]})");
  CHECK_FALSE(view.is_strict());
  CHECK(view.lease_boot_end_ns() == 500);
  CHECK(view.entry_count() == journal.states().size());
  check_same(view, journal);
  CHECK_FALSE(exists(replica.path() + ".copy"));
}

TEST_CASE("pruning drops what is below the floor, and never a block") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(
      *writer,
      {entry_of(Effect::block, user_key(1), 1), entry_of(Effect::reauth, user_key(2), 2),
       entry_of(Effect::reevaluate, user_key(3), 3), entry_of(Effect::reauth, user_key(4), 10)});
  writer->set_floor(at(10));
  REQUIRE(writer->prune().ok());
  const ReplicaView& view = *writer->serving();
  CHECK(view.find(user_key(1)) == KeyMarks{1, 0, true});
  CHECK(view.find(user_key(2)) == KeyMarks{});
  CHECK(view.find(user_key(3)) == KeyMarks{});
  CHECK(view.find(user_key(4)) == KeyMarks{10, 0, false});
  CHECK(view.floor() == at(10));
  CHECK(view.contiguous() == at(10));
  writer->set_floor(at(5));
  CHECK(view.floor() == at(10));
}

TEST_CASE("a snapshot is served once it is whole, with what came over the journal meanwhile") {
  const MadeUpJournal journal{11, 500, 80};
  const TestReplica replica;
  Result<std::unique_ptr<ReplicaWriter>> opened = replica.open();
  REQUIRE(opened.ok());
  ReplicaWriter& writer = **opened;
  REQUIRE(writer.begin_snapshot({at(500), at(0), {}, {}}).ok());
  const std::vector<ReplicaEntry> parts = journal.snapshot();
  const std::size_t half = parts.size() / 2;
  REQUIRE(writer.continue_snapshot(std::span{parts}.first(half)).ok());
  CHECK(writer.serving() == nullptr);
  CHECK_FALSE(replica.read().ok());
  const Key blocked = user_key(5000);
  REQUIRE(writer.apply(std::vector{entry_of(Effect::block, blocked, 502)}).ok());
  REQUIRE(writer.continue_snapshot(std::span{parts}.subspan(half)).ok());
  REQUIRE(writer.finish_snapshot().ok());
  check_same(*writer.serving(), journal);
  CHECK(writer.contiguous() == at(500));
  CHECK(writer.serving()->find(blocked) == KeyMarks{502, 0, true});
}

TEST_CASE("a snapshot beside a served file loses neither what overtook it nor what is newer") {
  const MadeUpJournal journal{12, 400, 50};
  const std::vector<ReplicaEntry>& entries = journal.entries();
  const std::span all{entries};
  for (std::uint64_t cut = 150; cut <= 350; cut += 50) {
    CAPTURE(cut);
    const TestReplica replica;
    const auto writer = serving_writer(replica);
    REQUIRE(writer->apply(all.first(100)).ok());
    REQUIRE(writer->advance(at(100)).ok());
    REQUIRE(writer->apply(all.subspan(370, 10)).ok());  // urgent, before the snapshot begins
    // What the journal added up to at `cut`.
    const MadeUpJournal until{12, cut, 50};
    REQUIRE(writer->begin_snapshot({at(cut), at(0), {}, {}}).ok());
    const std::vector<ReplicaEntry> parts = until.snapshot();
    REQUIRE(writer->continue_snapshot(std::span{parts}.first(parts.size() / 2)).ok());
    REQUIRE(writer->apply(all.subspan(360, 10)).ok());  // urgent, while it is built
    REQUIRE(writer->continue_snapshot(std::span{parts}.subspan(parts.size() / 2)).ok());
    REQUIRE(writer->finish_snapshot().ok());
    REQUIRE(writer->apply(all.subspan(cut, 360 - cut)).ok());
    REQUIRE(writer->apply(all.subspan(380)).ok());
    REQUIRE(writer->advance(at(400)).ok());
    check_same(*writer->serving(), journal);
  }
}

TEST_CASE("a snapshot that knows less than what was acknowledged is refused") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer, {entry_of(Effect::reauth, user_key(1), 5)});
  CHECK(writer->begin_snapshot({at(4), at(0), {}, {}}).error().code() == ErrorCode::conflict);
  CHECK(writer->begin_snapshot({{kTestGeneration - 1, 900}, {}, {}, {}}).error().code() ==
        ErrorCode::conflict);
  CHECK(writer->begin_snapshot({{}, {}, {}, {}}).error().code() == ErrorCode::protocol);
  CHECK(writer->continue_snapshot({}).error().code() == ErrorCode::conflict);
  REQUIRE(writer->begin_snapshot({at(9), at(0), {}, {}}).ok());
  const std::vector<ReplicaEntry> disordered{entry_of(Effect::reauth, user_key(1), 5),
                                             entry_of(Effect::reauth, user_key(2), 4)};
  CHECK(writer->continue_snapshot(disordered).error().code() == ErrorCode::protocol);
  CHECK(writer->continue_snapshot(std::vector{entry_of(Effect::reauth, user_key(1), 10)})
            .error()
            .code() == ErrorCode::protocol);
}

TEST_CASE("after a fence a new file is built: its blocks stay, and old entries are refused") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer, {entry_of(Effect::block, user_key(1), 5)});
  const SipKey hash_key = writer->serving()->hash_key();
  const Position fenced{kTestGeneration + 1, 1};
  CHECK(writer->advance(fenced).error().code() == ErrorCode::conflict);
  const ReplicaEntry tenant{{KeyKind::tenant, "tenant-1"}, Effect::reauth, fenced, kTestStart};
  CHECK(writer->apply(std::vector{tenant}).error().code() == ErrorCode::protocol);
  REQUIRE(writer->begin_snapshot({fenced, {fenced.generation, 0}, kTestStart, {}}).ok());
  REQUIRE(writer
              ->continue_snapshot(std::vector{entry_of(Effect::reauth, user_key(2), 3),
                                              entry_of(Effect::block, user_key(1), 5), tenant})
              .ok());
  REQUIRE(writer->finish_snapshot().ok());
  const ReplicaView& view = *writer->serving();
  CHECK(view.find(user_key(1)) == KeyMarks{0, 0, true});
  CHECK(view.find(user_key(2)) == KeyMarks{});
  CHECK(view.find(tenant.key) == KeyMarks{1, 0, false});
  CHECK_FALSE(view.hash_key() == hash_key);
  CHECK(view.lease_boot_end_ns() == 0);
}

TEST_CASE("a lease counts when P and the readers have reached its position, not before") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const ReplicaLease lease{at(2), std::chrono::nanoseconds{1'000}, kTestStart};
  REQUIRE(writer->apply(std::vector{entry_of(Effect::reauth, user_key(1), 2)}).ok());
  CHECK_FALSE(writer->set_lease(lease, at(9)));
  CHECK(writer->serving()->lease_boot_end_ns() == 0);
  REQUIRE(writer->advance(at(2)).ok());
  CHECK_FALSE(writer->set_lease(lease, at(1)));
  CHECK_FALSE(writer->set_lease({{kTestGeneration + 1, 0}, lease.boot_end, lease.wall_end}, at(9)));
  CHECK(writer->serving()->lease_boot_end_ns() == 0);
  CHECK(writer->set_lease(lease, at(2)));
  CHECK(writer->serving()->lease_boot_end_ns() == 1'000);
}

TEST_CASE("a restarted writer goes on from P, without a lease") {
  const MadeUpJournal journal{21, 300, 70};
  const TestReplica replica;
  {
    const auto writer = serving_writer(replica);
    apply_all(*writer, journal.entries());
    REQUIRE(writer->set_lease({at(1), std::chrono::nanoseconds{900}, kTestStart}, at(300)));
    CHECK(replica.open().error().code() == ErrorCode::conflict);  // there is one writer
    // What a process leaves that is killed.
    REQUIRE(::link(replica.path().c_str(), (replica.path() + ".kept").c_str()) == 0);
  }
  const auto writer = replica.open();
  REQUIRE(writer.ok());
  CHECK((*writer)->discarded().empty());
  CHECK((*writer)->contiguous() == at(300));
  CHECK((*writer)->serving()->lease_boot_end_ns() == 0);
  check_same(*(*writer)->serving(), journal);
  apply_all(**writer, {entry_of(Effect::reauth, user_key(12345), 301)});
  CHECK((*writer)->serving()->find(user_key(12345)).reauth_sequence == 301);
}

TEST_CASE("what a writer cannot go on with is thrown away, and readers of it see that") {
  const TestReplica replica;
  {
    const auto writer = serving_writer(replica);
  }
  const auto reader = replica.read();
  REQUIRE(reader.ok());
  ReplicaOptions options = test_options(replica.path());
  SUBCASE("another start of the machine") { options.table.boot_id = {{1, 1}}; }
  SUBCASE("another tenant") { options.table.identity.tenant_id = "tenant-2"; }
  SUBCASE("another issuer") { options.table.identity.issuer = "https://evil.example"; }
  SUBCASE("others may write it") { REQUIRE(::chmod(replica.path().c_str(), 0660) == 0); }
  const auto writer = ReplicaWriter::open(options);
  REQUIRE(writer.ok());
  CHECK_FALSE((*writer)->discarded().empty());
  CHECK((*writer)->serving() == nullptr);
  CHECK_FALSE(exists(replica.path()));
  CHECK(reader->view().state() == FileState::superseded);
}

TEST_CASE("a file that is not ours is left alone") {
  const TestReplica replica;
  REQUIRE(write_file_atomic(replica.path(), "somebody's only copy of their thesis", 0600).ok());
  // Nor does the first try make it look like ours to the second.
  for (int tries = 0; tries < 2; ++tries) {
    const auto writer = replica.open();
    REQUIRE_FALSE(writer.ok());
    CHECK(writer.error().code() == ErrorCode::conflict);
    CHECK(exists(replica.path()));
  }
}

TEST_CASE("what lies where a gate had its replica is damage, whatever it looks like") {
  const TestReplica replica;
  {
    const auto writer = serving_writer(replica);
  }
  REQUIRE(write_file_atomic(replica.path(), "what a disk made of it", 0600).ok());
  const auto writer = replica.open();
  REQUIRE(writer.ok());
  CHECK_FALSE((*writer)->discarded().empty());
  CHECK_FALSE(exists(replica.path()));
  CHECK(serve_empty(**writer).ok());
}

TEST_CASE("a replica for which there is no space any more says so, and stays as it was") {
  const TestReplica replica;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit little{64 * 1024, 64 * 1024};
    auto writer = replica.open();
    if (!writer.ok() || !serve_empty(**writer).ok() || ::setrlimit(RLIMIT_FSIZE, &little) != 0) {
      ::_exit(2);
    }
    std::uint64_t sequence = 0;
    for (;;) {
      ++sequence;
      const Status status =
          (*writer)->apply(std::vector{entry_of(Effect::reauth, user_key(sequence), sequence)});
      if (status.ok() && !(*writer)->advance(at(sequence)).ok()) ::_exit(3);
      if (status.ok()) continue;
      if (status.error().code() != ErrorCode::exhausted) ::_exit(4);
      break;
    }
    const bool is_as_it_was = (*writer)->contiguous() == at(sequence - 1) &&
                              (*writer)->serving()->find(user_key(1)).reauth_sequence == 1 &&
                              (*writer)->serving()->find(user_key(sequence)) == KeyMarks{};
    ::_exit(is_as_it_was && sequence > 100 ? 0 : 5);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(replica.read().ok());
  CHECK_FALSE(exists(replica.path() + ".copy"));
}

TEST_CASE("signing keys are replaced as a whole, and too many are refused") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  CHECK(writer->serving()->signing_keys()->empty());
  for (int number = 0; number < 5; ++number) {
    const std::string keys(static_cast<std::size_t>(10 + number * 7),
                           static_cast<char>('a' + number));
    REQUIRE(writer->set_signing_keys(keys).ok());
    CHECK(*writer->serving()->signing_keys() == keys);
  }
  CHECK(writer->set_signing_keys(std::string(4097, 'x')).error().code() == ErrorCode::exhausted);
  CHECK(writer->serving()->signing_keys()->size() == 38);
}

}  // namespace curfew
