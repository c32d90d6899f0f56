#include "store/journal.hpp"

#include <doctest/doctest.h>

#include "store/schema.hpp"

namespace curfew {
namespace {

const TenantId kTenant{"11111111-1111-4111-8111-111111111111"};
const Key kUser{KeyKind::user, "u1"};
constexpr TimePoint kNow{Duration{1'700'000'000'000}};

struct Fixture {
  std::unique_ptr<Store> store = make_memory_store();
  LiveJournal live;
  Journal journal{kTenant, live};

  Result<JournalEntry> append(const Key& key, Effect effect, const std::string& owner = "") {
    std::optional<JournalEntry> written;
    const Status status = store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
      CURFEW_TRY(written, journal.append(tx, {key, effect, owner, std::nullopt, "test"}, kNow));
      return Done{};
    });
    if (!status.ok()) return status.error();
    return *written;
  }
  Watermark stored(const Key& key) {
    return read_value<std::vector<Watermark>>(
               *store, [&](ReadTx& tx) { return key_states(tx, kTenant, std::span{&key, 1}); })
        .value()
        .front();
  }
};

TEST_CASE("positions are dense and in commit order, also across bodies that fail") {
  Fixture f;
  CHECK(f.append(kUser, Effect::reauth)->position == Position{1, 1});
  const Status failed = f.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(f.journal.append(tx, {kUser, Effect::reauth, "", {}, "lost"}, kNow));
    return Error::permanent(ErrorCode::conflict, "no");
  });
  CHECK_FALSE(failed.ok());
  CHECK(f.append(kUser, Effect::reauth)->position == Position{1, 2});
  CHECK(f.live.head().position == Position{1, 2});
}

TEST_CASE("what is published is what is stored, and a failed body publishes nothing") {
  Fixture f;
  REQUIRE(f.append(kUser, Effect::block, "administrator").ok());
  CHECK(f.live.states(std::span{&kUser, 1}).front() == f.stored(kUser));
  (void)f.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(
        f.journal.append(tx, {kUser, Effect::unblock, "administrator", {}, ""}, kNow));
    return Error::permanent(ErrorCode::conflict, "no");
  });
  CHECK(f.live.states(std::span{&kUser, 1}).front().hold_count == 1);
}

TEST_CASE("holds are counted by owner: ending one never undoes another") {
  Fixture f;
  REQUIRE(f.append(kUser, Effect::block, "run:1").ok());
  REQUIRE(f.append(kUser, Effect::block, "run:1").ok());
  REQUIRE(f.append(kUser, Effect::block, "administrator").ok());
  CHECK(f.stored(kUser).hold_count == 2);
  REQUIRE(f.append(kUser, Effect::unblock, "run:1").ok());
  CHECK(f.stored(kUser).hold_count == 1);
  const auto again = f.append(kUser, Effect::unblock, "run:1");
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code() == ErrorCode::not_found);
  REQUIRE(f.append(kUser, Effect::unblock, "administrator").ok());
  CHECK(f.stored(kUser).hold_count == 0);
  CHECK(f.stored(kUser).reauth == Position{1, 3});
}

TEST_CASE("a repeated block is a reauth again") {
  Fixture f;
  REQUIRE(f.append(kUser, Effect::block, "administrator").ok());
  const Position second = f.append(kUser, Effect::block, "administrator")->position;
  CHECK(f.stored(kUser).reauth == second);
}

TEST_CASE("a live journal loaded from the store equals the one that lived through it") {
  Fixture f;
  const Key device{KeyKind::device, "d1"};
  REQUIRE(f.append(kUser, Effect::block, "administrator").ok());
  REQUIRE(f.append(device, Effect::reevaluate).ok());
  const auto loaded = load_live_journal(*f.store, kTenant);
  REQUIRE(loaded.ok());
  CHECK((*loaded)->head().position == f.live.head().position);
  CHECK((*loaded)->head().chain_hash == f.live.head().chain_hash);
  for (const Key& key : {kUser, device}) {
    CHECK((*loaded)->states(std::span{&key, 1}) == f.live.states(std::span{&key, 1}));
  }
}

TEST_CASE("the chain verifies, and every changed field of any entry breaks it") {
  Fixture f;
  REQUIRE(f.append(kUser, Effect::reauth).ok());
  REQUIRE(f.append(kUser, Effect::block, "administrator").ok());
  REQUIRE(f.append(kUser, Effect::unblock, "administrator").ok());
  const auto verify = [&] {
    return read_value<JournalHead>(*f.store, [](ReadTx& tx) { return verify_chain(tx, kTenant); });
  };
  REQUIRE(verify().ok());
  CHECK(verify()->position == Position{1, 3});

  const JournalEntry second = read_value<JournalEntry>(*f.store, [](ReadTx& tx) {
                                return require<JournalEntry>(tx, "entry", kTenant, Position{1, 2});
                              }).value();
  const auto with_change = [&](auto change) {
    JournalEntry changed = second;
    change(changed);
    REQUIRE(f.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) { return save(tx, changed); })
                .ok());
    const bool found = !verify().ok() && verify().error().code() == ErrorCode::corrupted;
    REQUIRE(f.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) { return save(tx, second); })
                .ok());
    return found;
  };
  CHECK(with_change([](JournalEntry& e) { e.key_kind = KeyKind::device; }));
  CHECK(with_change([](JournalEntry& e) { e.key_id += "x"; }));
  CHECK(with_change([](JournalEntry& e) { e.effect = Effect::reauth; }));
  CHECK(with_change([](JournalEntry& e) { e.hold_owner = "run:9"; }));
  CHECK(with_change([](JournalEntry& e) { e.run_id = RunId{"r"}; }));
  CHECK(with_change([](JournalEntry& e) { e.reason += "."; }));
  CHECK(with_change([](JournalEntry& e) { e.at += Duration{1}; }));
  CHECK(with_change([](JournalEntry& e) { e.chain_hash[0] = e.chain_hash[0] == 'A' ? 'B' : 'A'; }));
  CHECK(verify().ok());
}

TEST_CASE("a removed entry breaks the chain") {
  Fixture f;
  for (int i = 0; i < 3; ++i) REQUIRE(f.append(kUser, Effect::reauth).ok());
  REQUIRE(f.store
              ->write_and_wait(Urgency::normal,
                               [&](WriteTx& tx) -> Status {
                                 CURFEW_TRY_STATUS(
                                     remove<JournalEntry>(tx, kTenant, Position{1, 2}));
                                 return Done{};
                               })
              .ok());
  CHECK_FALSE(
      read_value<JournalHead>(*f.store, [](ReadTx& tx) { return verify_chain(tx, kTenant); }).ok());
}

TEST_CASE("a new generation starts at one, reauths the tenant and continues the chain") {
  Fixture f;
  REQUIRE(f.append(kUser, Effect::reauth).ok());
  REQUIRE(f.store
              ->write_and_wait(Urgency::emergency,
                               [&](WriteTx& tx) -> Status {
                                 CURFEW_TRY_STATUS(f.journal.start_generation(tx, "fence", kNow));
                                 return Done{};
                               })
              .ok());
  CHECK(f.live.head().position == Position{2, 1});
  CHECK(f.stored(key_of(kTenant)).reauth == Position{2, 1});
  CHECK(
      read_value<JournalHead>(*f.store, [](ReadTx& tx) { return verify_chain(tx, kTenant); }).ok());
}

}  // namespace
}  // namespace curfew
