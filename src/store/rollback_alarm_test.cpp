#include "store/rollback_alarm.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "store/journal.hpp"
#include "store/schema_rollback.hpp"

namespace curfew {
namespace {

const TenantId kTenant{"tenant"};
constexpr TimePoint kNow{std::chrono::hours{1}};

struct Heard {
  std::vector<RollbackSuspicion> suspicions;
  RollbackAlarm alarm;

  Heard() {
    alarm.set_handler([this](RollbackSuspicion one) { suspicions.push_back(std::move(one)); });
  }
};

RollbackProof proof_at(Position head, Position stamp) {
  return {kTenant, head, stamp, kNow, "user/john"};
}

TEST_CASE("one suspicion is looked at by itself, and the next after it was dismissed") {
  Heard heard;
  heard.alarm.suspect({{1, 9}, "a"});
  heard.alarm.suspect({{1, 9}, "b"});
  REQUIRE(heard.suspicions.size() == 1);
  CHECK(heard.suspicions.front().credential == "a");
  heard.alarm.dismiss();
  CHECK(!heard.alarm.is_raised());
  heard.alarm.suspect({{1, 9}, "c"});
  CHECK(heard.suspicions.size() == 2);
}

TEST_CASE("a raised alarm keeps its first proof, and is quiet once that is durable") {
  Heard heard;
  heard.alarm.raise(proof_at({1, 4}, {1, 9}));
  heard.alarm.raise(proof_at({1, 7}, {1, 8}));
  CHECK(heard.alarm.is_raised());
  REQUIRE(heard.alarm.proof());
  CHECK(heard.alarm.proof()->head == Position{1, 4});
  heard.alarm.suspect({{1, 9}, "not stored yet: one more try"});
  CHECK(heard.suspicions.size() == 1);
  heard.alarm.settle();
  heard.alarm.suspect({{1, 9}, "stored"});
  CHECK(heard.suspicions.size() == 1);
}

TEST_CASE("a proof stands until a fence outdates the stamp, whatever entries follow") {
  const RollbackProof proof = proof_at({2, 4}, {2, 9});
  CHECK(stands(proof, {2, 4}));
  CHECK(stands(proof, {2, 4000}));
  CHECK(!stands(proof, {3, 1}));
  // The lost history may have been fenced before it was lost.
  CHECK(stands(proof_at({2, 4}, {5, 1}), {5, 1}));
  CHECK(!stands(proof_at({2, 4}, {5, 1}), {6, 1}));
}

struct Stored {
  std::unique_ptr<Store> store = make_memory_store();

  void append(int count) {
    const auto live = load_live_journal(*store, kTenant).value();
    Journal journal{kTenant, *live};
    NewEntry entry;
    entry.key = key_of(UserId{"john"});
    for (int i = 0; i < count; ++i) {
      CHECK(store
                ->write_and_wait(Urgency::normal,
                                 [&](WriteTx& tx) -> Status {
                                   CURFEW_TRY_STATUS(journal.append(tx, entry, kNow));
                                   return Done{};
                                 })
                .ok());
    }
  }
  void fence() {
    const auto live = load_live_journal(*store, kTenant).value();
    Journal journal{kTenant, *live};
    CHECK(store
              ->write_and_wait(Urgency::normal,
                               [&](WriteTx& tx) -> Status {
                                 CURFEW_TRY_STATUS(journal.start_generation(tx, "fence", kNow));
                                 return Done{};
                               })
              .ok());
  }
  void add_proof(const RollbackProof& proof) {
    CHECK(
        store->write_and_wait(Urgency::normal, [&](WriteTx& tx) { return save(tx, proof); }).ok());
  }
  std::unique_ptr<LiveJournal> loaded() { return load_live_journal(*store, kTenant).value(); }
};

TEST_CASE("a stored proof is known again at the next start, until the fence") {
  Stored stored;
  stored.append(3);
  CHECK(!stored.loaded()->rollback().is_raised());
  CHECK(stored.loaded()->newest_stamp() == Position{1, 3});

  stored.add_proof(proof_at({1, 3}, {1, 5}));
  stored.append(4);  // access can still be taken away
  CHECK(stored.loaded()->rollback().is_raised());
  CHECK(stored.loaded()->head().position == Position{1, 7});
  // What carries a number of the lost history is dead even where the number exists again.
  CHECK(stored.loaded()->newest_stamp() == Position{1, 3});

  stored.fence();
  CHECK(!stored.loaded()->rollback().is_raised());
  CHECK(stored.loaded()->newest_stamp() == Position{2, 1});
}

}  // namespace
}  // namespace curfew
