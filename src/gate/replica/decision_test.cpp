#include "gate/replica/decision.hpp"

#include <array>

#include "gate/replica/test_replica.hpp"

namespace curfew {

using namespace replica;
using namespace testing;

namespace {

const TimePoint kNow = kTestStart + std::chrono::hours{1};
const TimePoint kLater = kNow + std::chrono::hours{1};

Verdict judge_here(const ReplicaView& view, const CredentialFacts& facts) {
  return judge_by_replica(view, facts, hash_keys(view.hash_key(), facts.keys).hashes, kNow);
}

Verdict judge_foreign_here(const ReplicaView& view, const ForeignFacts& facts) {
  return judge_foreign_by_replica(view, facts, hash_keys(view.hash_key(), facts.keys).hashes, kNow);
}

Verdict judge_by_journal(const MadeUpJournal& journal, const CredentialFacts& facts) {
  std::vector<Watermark> states;
  for (const Key& key : facts.keys) states.push_back(journal.state(key));
  return judge(facts, states, kNow);
}

// Every combination of stamps around what happened to the keys, expiry and class.
template <typename Check>
void for_every_credential(std::uint64_t last, std::uint64_t keys, Check check) {
  std::mt19937_64 random{last};
  for (std::uint64_t auth = 0; auth <= last; auth += 3) {
    for (std::uint64_t as_of = auth; as_of <= last; as_of += 5) {
      CredentialFacts facts;
      facts.credential_class =
          random() % 4 == 0 ? CredentialClass::renewal : CredentialClass::access;
      facts.stamps = {at(auth), at(as_of)};
      facts.expires_at = random() % 8 == 0 ? kNow : kLater;
      const std::size_t named = random() % 5;
      for (std::size_t i = 0; i < named; ++i) facts.keys.push_back(user_key(random() % (2 * keys)));
      check(facts);
    }
  }
}

}  // namespace

TEST_CASE("a whole replica gives every access token the verdict of the whole journal") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const MadeUpJournal journal{seed, 120, 60};
    const TestReplica replica;
    const auto writer = serving_writer(replica);
    apply_all(*writer, journal.entries());
    for_every_credential(120, 60, [&](const CredentialFacts& facts) {
      CredentialFacts as_access = facts;
      as_access.credential_class = CredentialClass::access;
      CHECK(judge_here(*writer->serving(), facts) == judge_by_journal(journal, as_access));
    });
  }
}

TEST_CASE("a pruned replica lets nothing live that the whole journal does not") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const MadeUpJournal journal{seed, 120, 60};
    const TestReplica replica;
    const auto writer = serving_writer(replica);
    apply_all(*writer, journal.entries());
    writer->set_floor(at(60));
    REQUIRE(writer->prune().ok());
    std::size_t live = 0;
    std::size_t below = 0;
    for_every_credential(120, 60, [&](const CredentialFacts& facts) {
      // Issued honestly: what was there at `as_of` had not ended the sign-in.
      const MadeUpJournal known{seed, facts.stamps.as_of.sequence, 60};
      if (judge_by_journal(known, facts) != Verdict::live) return;
      const Verdict here = judge_here(*writer->serving(), facts);
      const Verdict there = judge_by_journal(journal, facts);
      if (here == Verdict::live) CHECK(there == Verdict::live);
      if (facts.stamps.as_of < at(60)) CHECK(here != Verdict::live);
      live += here == Verdict::live ? 1 : 0;
      below += here == Verdict::below_floor ? 1 : 0;
    });
    CHECK(live > 0);
    CHECK(below > 0);
  }
}

TEST_CASE("what is stamped below the floor is told to renew") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer, {entry_of(Effect::reauth, user_key(1), 10)});
  writer->set_floor(at(8));
  const ReplicaView& view = *writer->serving();
  CHECK(judge_here(view, {CredentialClass::access, {at(2), at(7)}, kLater, {user_key(2)}}) ==
        Verdict::below_floor);
  CHECK(judge_here(view, {CredentialClass::access, {at(2), at(8)}, kLater, {user_key(2)}}) ==
        Verdict::live);
  // A gate does not judge a refresh token or a session by what it may have forgotten.
  CHECK(judge_here(view, {CredentialClass::renewal, {at(2), at(7)}, kLater, {user_key(2)}}) ==
        Verdict::below_floor);
}

TEST_CASE("a stamp of another generation than the replica's never lives") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const ReplicaView& view = *writer->serving();
  const Position older{kTestGeneration - 1, 1'000};
  const Position newer{kTestGeneration + 1, 0};
  CHECK(judge_here(view, {CredentialClass::access, {at(0), at(0)}, kLater, {user_key(1)}}) ==
        Verdict::live);
  CHECK(judge_here(view, {CredentialClass::access, {older, older}, kLater, {user_key(1)}}) ==
        Verdict::revoked);
  CHECK(judge_here(view, {CredentialClass::access, {older, at(1)}, kLater, {user_key(1)}}) ==
        Verdict::revoked);
  CHECK(judge_here(view, {CredentialClass::access, {newer, newer}, kLater, {user_key(1)}}) ==
        Verdict::ahead);
}

TEST_CASE("a stamp above the newest that was issued is ahead, once a rollback is proved") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const CredentialFacts facts{CredentialClass::access, {at(5), at(9)}, kLater, {user_key(1)}};
  CHECK(judge_here(*writer->serving(), facts) == Verdict::live);
  writer->set_newest_stamp(at(8));
  CHECK(judge_here(*writer->serving(), facts) == Verdict::ahead);
  writer->set_newest_stamp({});
  CHECK(judge_here(*writer->serving(), facts) == Verdict::live);
}

TEST_CASE("a credential with more keys than usual is judged by each of them") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer, {entry_of(Effect::reauth, user_key(39), 4)});
  CredentialFacts facts{CredentialClass::access, {at(3), at(3)}, kLater, {}};
  for (std::uint64_t number = 0; number < 40; ++number) facts.keys.push_back(user_key(number));
  CHECK(judge_here(*writer->serving(), facts) == Verdict::revoked);
  facts.keys.pop_back();
  CHECK(judge_here(*writer->serving(), facts) == Verdict::live);
}

TEST_CASE("a token of another issuer lives if its times are certainly after what ends it") {
  const auto when = [](int seconds) { return kTestStart + std::chrono::seconds{seconds}; };
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer, {entry_of(Effect::reauth, user_key(1), 1, when(0))});
  apply_all(*writer, {entry_of(Effect::reevaluate, user_key(2), 2, when(100))});
  apply_all(*writer, {entry_of(Effect::block, user_key(3), 3, when(200))});
  apply_all(*writer, {entry_of(Effect::reauth, user_key(4), 4, when(300))});
  const ReplicaView& view = *writer->serving();
  const auto verdict = [&](std::uint64_t user, int auth, int issued, Duration skew = Duration{0}) {
    return judge_foreign_here(view, {when(auth), when(issued), kLater, skew, {user_key(user)}});
  };
  CHECK(verdict(1, 0, 0) == Verdict::revoked);  // equality refuses
  CHECK(verdict(1, -5, 50) == Verdict::revoked);
  CHECK(verdict(1, 1, 50) == Verdict::live);
  CHECK(verdict(1, 1, 50, std::chrono::seconds{2}) == Verdict::revoked);
  CHECK(verdict(2, 50, 100) == Verdict::outdated);
  CHECK(verdict(2, 50, 101) == Verdict::live);
  CHECK(verdict(3, 250, 250) == Verdict::blocked);
  CHECK(verdict(4, 299, 299) == Verdict::revoked);
  CHECK(verdict(4, 300, 300) == Verdict::revoked);
  CHECK(verdict(4, 301, 301) == Verdict::live);
  CHECK(verdict(9, -1000, -1000) == Verdict::live);
  CHECK(judge_foreign_here(view, {when(301), when(301), kNow, {}, {user_key(9)}}) ==
        Verdict::expired);
  CHECK(judge_foreign_here(view, {when(301), when(301), kLater, {}, {}}) == Verdict::unstamped);
}

TEST_CASE(
    "times of a made up journal: a foreign token lives only if all of its keys' entries are "
    "before") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const MadeUpJournal journal{seed, 200, 40};
    const TestReplica replica;
    const auto writer = serving_writer(replica);
    const bool by_snapshot = seed % 2 == 0;
    if (by_snapshot) {
      REQUIRE(writer->begin_snapshot({at(200), at(0), {}, {}}).ok());
      REQUIRE(writer->continue_snapshot(journal.snapshot()).ok());
      REQUIRE(writer->finish_snapshot().ok());
    } else {
      for (const ReplicaEntry& entry : journal.entries()) apply_all(*writer, {entry});
    }
    std::size_t live = 0;
    for (int second = -1; second <= 62; ++second) {
      const TimePoint when = kTestStart + std::chrono::seconds{second};
      for (std::uint64_t user = 0; user < 42; ++user) {
        const Watermark state = journal.state(user_key(user));
        const bool ends = state.hold_count != 0 ||
                          (state.reauth.is_set() && state.reauth_at >= when) ||
                          (state.reevaluate.is_set() && state.reevaluate_at >= when);
        const Verdict here = judge_foreign_here(
            *writer->serving(), {when, when, kLater, Duration{0}, {user_key(user)}});
        if (ends) CHECK(here != Verdict::live);
        // Two seconds after all of it there is no doubt any more.
        const TimePoint sure = when - std::chrono::seconds{2};
        const bool is_over =
            state.hold_count == 0 && state.reauth_at < sure && state.reevaluate_at < sure;
        if (is_over) CHECK(here == Verdict::live);
        live += here == Verdict::live ? 1 : 0;
      }
    }
    CHECK(live > 100);
  }
}

TEST_CASE("foreign tokens of before a pruned replica's floor are told to renew") {
  const TestReplica replica;
  auto writer = replica.open();
  REQUIRE(writer.ok());
  REQUIRE((*writer)->begin_snapshot({at(50), at(40), kTestStart, {}}).ok());
  REQUIRE((*writer)
              ->continue_snapshot(std::vector{
                  entry_of(Effect::block, user_key(1), 3, kTestStart - std::chrono::hours{1}),
                  entry_of(Effect::reauth, user_key(2), 45, kTestStart + std::chrono::minutes{1})})
              .ok());
  REQUIRE((*writer)->finish_snapshot().ok());
  const ReplicaView& view = *(*writer)->serving();
  const auto verdict = [&](std::uint64_t user, TimePoint when) {
    return judge_foreign_here(view, {when, when, kLater, Duration{0}, {user_key(user)}});
  };
  CHECK(verdict(7, kTestStart) == Verdict::below_floor);
  CHECK(verdict(7, kTestStart + Duration{1}) == Verdict::live);
  CHECK(verdict(1, kTestStart + std::chrono::hours{1}) == Verdict::blocked);
  CHECK(verdict(2, kTestStart + std::chrono::minutes{1}) == Verdict::revoked);
  CHECK(verdict(2, kTestStart + std::chrono::minutes{1} + Duration{1}) == Verdict::live);
}

TEST_CASE("checkpoints that are thinned out make times coarser, never too late") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  std::vector<ReplicaEntry> entries;
  for (std::uint64_t n = 1; n <= 300; ++n) {
    entries.push_back(
        entry_of(Effect::reauth, user_key(n % 20), n, kTestStart + std::chrono::seconds{2 * n}));
    apply_all(*writer, {entries.back()});
  }
  for (std::uint64_t n = 0; n <= 301; ++n) {
    const TimePoint when = kTestStart + std::chrono::seconds{2 * n};
    const std::optional<Position> before = writer->serving()->position_before(when);
    REQUIRE(before.has_value());
    CHECK(before->sequence <= (n == 0 ? 0 : n - 1));
    if (n > 260) CHECK(before->sequence + 2 >= n);  // what is recent stays fine
  }
}

TEST_CASE("a decision follows the file, keeps hashes while it can, and refuses without a lease") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  ReplicaFollower follower{replica.path(), test_rules()};
  const CredentialFacts facts{CredentialClass::access, {at(0), at(0)}, kLater, {user_key(1)}};
  HashedKeys hashed;
  const MachineTime here{kTestBoot, std::chrono::seconds{50}, kNow};
  const ReadTime time = [&] { return here; };
  const ReplicaLease lease{at(0), std::chrono::seconds{60}, kNow + std::chrono::seconds{10}};

  CHECK_FALSE(decide(follower, facts, hashed, time).verdict.has_value());
  writer->set_mode(GateMode::best_effort);
  CHECK(decide(follower, facts, hashed, time).is_live());
  const ReadTime elsewhere = [&] { return MachineTime{{{9, 9}}, here.since_boot, here.now}; };
  CHECK_FALSE(decide(follower, facts, hashed, elsewhere).is_live());
  writer->set_mode(GateMode::strict);
  REQUIRE(writer->set_lease(lease, at(0)));
  CHECK(decide(follower, facts, hashed, time).is_live());

  const std::vector<KeyHash> kept = hashed.hashes;
  REQUIRE(writer->prune().ok());  // another file
  apply_all(*writer, {entry_of(Effect::reauth, user_key(1), 1)});
  CHECK(decide(follower, facts, hashed, time).verdict == Verdict::revoked);
  CHECK(hashed.hashes == kept);

  const ForeignFacts foreign{kNow, kNow, kLater, {}, {user_key(1)}};
  CHECK(decide(follower, foreign, hashed, time).is_live());

  writer->withdraw();
  const GateDecision gone = decide(follower, facts, hashed, time);
  CHECK_FALSE(gone.verdict.has_value());
  CHECK_FALSE(gone.why_not.empty());

  REQUIRE(serve_empty(*writer, kTestGeneration + 1).ok());
  REQUIRE(writer->set_lease({{kTestGeneration + 1, 0}, lease.boot_end, lease.wall_end},
                            {kTestGeneration + 1, 0}));
  CHECK(decide(follower, facts, hashed, time).verdict == Verdict::revoked);
  CHECK_FALSE(hashed.hashes == kept);
}

TEST_CASE("who is paused while it judges has no lease that ended meanwhile") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  ReplicaFollower follower{replica.path(), test_rules()};
  const CredentialFacts facts{CredentialClass::access, {at(0), at(0)}, kLater, {user_key(1)}};
  HashedKeys hashed;
  const ReplicaLease lease{at(0), std::chrono::seconds{60}, kNow + std::chrono::seconds{10}};
  REQUIRE(writer->set_lease(lease, at(0)));
  MachineTime here{kTestBoot, std::chrono::seconds{50}, kNow};
  const ReadTime paused = [&] {
    here.since_boot = std::chrono::seconds{70};
    return here;
  };
  CHECK_FALSE(decide(follower, facts, hashed, paused).verdict.has_value());
  // Nor one that was given while it was: what it looked up is of before.
  here.since_boot = std::chrono::seconds{50};
  int reads = 0;
  const ReadTime renewed = [&] {
    if (++reads == 1) {
      here.since_boot = std::chrono::seconds{70};
      CHECK(writer->set_lease({at(0), std::chrono::seconds{120}, kNow + std::chrono::seconds{80}},
                              at(0)));
      apply_all(*writer, {entry_of(Effect::reauth, user_key(1), 1)});
    }
    return here;
  };
  CHECK(decide(follower, facts, hashed, renewed).verdict == Verdict::revoked);
}

TEST_CASE("the clock is read when the keys were looked up, and says when the decision was so") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  ReplicaFollower follower{replica.path(), test_rules()};
  const CredentialFacts facts{CredentialClass::access, {at(0), at(0)}, kLater, {user_key(1)}};
  HashedKeys hashed;
  REQUIRE(
      writer->set_lease({at(0), std::chrono::seconds{60}, kNow + std::chrono::seconds{10}}, at(0)));
  const MachineTime here{kTestBoot, std::chrono::seconds{50}, kNow};
  const ReadTime meanwhile = [&] {
    apply_all(*writer, {entry_of(Effect::reauth, user_key(1), 1)});
    return here;
  };
  const GateDecision before = decide(follower, facts, hashed, meanwhile);
  CHECK(before.is_live());
  CHECK(before.as_of == kNow);
  const GateDecision after = decide(follower, facts, hashed, [&] { return here; });
  CHECK(after.verdict == Verdict::revoked);
  CHECK(after.head == at(1));
}

TEST_CASE("a follower whose gate was killed between two files finds the new one") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  ReplicaFollower follower{replica.path(), test_rules()};
  REQUIRE(follower.current().ok());
  // A file that was renamed over the other one, which nobody marked.
  const TestReplica elsewhere;
  const auto other = serving_writer(elsewhere);
  apply_all(*other, {entry_of(Effect::reauth, user_key(1), 7)});
  REQUIRE(::rename(elsewhere.path().c_str(), replica.path().c_str()) == 0);
  CHECK((*follower.current())->contiguous() == at(0));
  follower.look_again();
  CHECK((*follower.current())->contiguous() == at(7));
}

TEST_CASE(
    "without a lease, also at best effort, a decision is by the file that the path names now") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  writer->set_mode(GateMode::best_effort);
  ReplicaFollower follower{replica.path(), test_rules()};
  const CredentialFacts facts{CredentialClass::access, {at(0), at(0)}, kLater, {user_key(1)}};
  HashedKeys hashed;
  const MachineTime here{kTestBoot, std::chrono::seconds{50}, kNow};
  const ReadTime time = [&] { return here; };
  CHECK(decide(follower, facts, hashed, time).is_live());
  // The gate stopped, its file was removed, and it was started again: nobody marked the old one.
  const TestReplica elsewhere;
  const auto other = serving_writer(elsewhere);
  other->set_mode(GateMode::best_effort);
  apply_all(*other, {entry_of(Effect::reauth, user_key(1), 7)});
  REQUIRE(::rename(elsewhere.path().c_str(), replica.path().c_str()) == 0);
  CHECK(decide(follower, facts, hashed, time).verdict == Verdict::revoked);
  REQUIRE(::unlink(replica.path().c_str()) == 0);
  CHECK_FALSE(decide(follower, facts, hashed, time).verdict.has_value());
}

}  // namespace curfew
