#include "access/token_status.hpp"

#include <doctest/doctest.h>

#include <set>

#include "store/schema_token_status.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = from_unix_seconds(1'800'000'000);
const TenantId kTenant{"t"};
const AppId kFiles{"files"};
const Key kUser{KeyKind::user, "u"};

struct ListWorld {
  ListWorld() { append(key_of(kTenant), Effect::reauth); }

  void append(const Key& key, Effect effect) {
    REQUIRE(store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(journal.append(tx, {key, effect, "", std::nullopt, "test"}, kNow));
      return Done{};
    }));
  }
  void fence() {
    REQUIRE(store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(journal.start_generation(tx, "test", kNow));
      return Done{};
    }));
  }
  [[nodiscard]] CredentialFacts token(const std::string& jti) const {
    const Position head = live.head().position;
    return {CredentialClass::access,
            {head, head},
            kNow + 1h,
            {key_of(kTenant), kUser, credential_key(jti)}};
  }
  Result<StatusPlace> take(const CredentialFacts& facts) {
    Result<StatusPlace> place;
    static_cast<void>(store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
      place = take_status_place(tx, journal, kFiles, facts);
      return Done{};
    }));
    return place;
  }
  StatusBits bits(const StatusListName& name) {
    return read_value<StatusBits>(
               *store, [&](ReadTx& tx) { return read_status_list(tx, live, kTenant, name, now); })
        .value();
  }
  std::size_t row_count() {
    return read_value<std::vector<TokenStatus>>(
               *store, [&](ReadTx& tx) { return scan_as<TokenStatus>(tx, {}); })
        .value()
        .size();
  }
  // Every place but those that `left` are of, in list `number`.
  void fill_but(std::uint32_t number, const std::set<std::uint32_t>& left) {
    REQUIRE(store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
      for (std::uint32_t idx = 1; idx < kStatusListSize; ++idx) {
        if (left.contains(idx)) continue;
        TokenStatus row;
        row.tenant_id = kTenant;
        row.app_id = kFiles;
        row.generation = live.head().position.generation;
        row.list = number;
        row.idx = idx;
        row.expires_at = kNow + 1h;
        CURFEW_TRY_STATUS(add(tx, row));
      }
      return Done{};
    }));
  }

  std::unique_ptr<Store> store = make_memory_store();
  LiveJournal live;
  Journal journal{kTenant, live};
  TimePoint now = kNow;
};

TEST_CASE("a token has a place of its own, and what ends it flips that one alone") {
  ListWorld world;
  std::set<std::uint32_t> seen;
  StatusPlace ended;
  for (int i = 0; i < 200; ++i) {
    const StatusPlace place = world.take(world.token("token-" + std::to_string(i))).value();
    CHECK(place.list == StatusListName{kFiles, 1, 1});
    CHECK(place.idx != kDeadIdx);
    CHECK(seen.insert(place.idx).second);
    if (i == 100) ended = place;
  }
  CHECK(world.row_count() == 200);
  const StatusBits before = world.bits(ended.list);
  for (const std::uint32_t idx : seen) CHECK_FALSE(before.is_invalid(idx));
  world.append(credential_key("token-100"), Effect::reauth);
  const StatusBits after = world.bits(ended.list);
  for (const std::uint32_t idx : seen) CHECK(after.is_invalid(idx) == (idx == ended.idx));
  world.append(kUser, Effect::reevaluate);
  const StatusBits renewed = world.bits(ended.list);
  for (const std::uint32_t idx : seen) CHECK(renewed.is_invalid(idx));
}

TEST_CASE("a token that a revocation overtook names the place that every list calls invalid") {
  ListWorld world;
  const CredentialFacts overtaken = world.token("overtaken");
  world.append(kUser, Effect::reauth);
  const StatusPlace place = world.take(overtaken).value();
  CHECK(place.idx == kDeadIdx);
  CHECK(world.row_count() == 0);
  CHECK(world.bits(place.list).is_invalid(kDeadIdx));
}

TEST_CASE("that a token has expired takes nothing back, before nobody can be led to take it") {
  ListWorld world;
  const CredentialFacts facts = world.token("old");
  const StatusPlace place = world.take(facts).value();
  world.append(kUser, Effect::reauth);
  world.now = facts.expires_at + kStatusToldAfterExpiry - 1ms;
  CHECK(world.bits(place.list).is_invalid(place.idx));
  world.now += 1ms;
  CHECK_FALSE(world.bits(place.list).is_invalid(place.idx));
}

TEST_CASE("that a token has expired is not what a list says") {
  ListWorld world;
  const CredentialFacts facts = world.token("old");
  const StatusPlace place = world.take(facts).value();
  world.now = facts.expires_at + 1s;
  CHECK_FALSE(world.bits(place.list).is_invalid(place.idx));
}

TEST_CASE("where a list is full another one is begun, and places that are free are found") {
  ListWorld world;
  world.fill_but(1, {});
  const StatusPlace place = world.take(world.token("next")).value();
  CHECK(place.list.number == 2);
  for (int i = 0; i < 20; ++i) {
    CHECK(world.take(world.token("more-" + std::to_string(i))).value().list.number >= 2);
  }
}

TEST_CASE("a place of a token whose keys cannot be read is invalid") {
  ListWorld world;
  const StatusPlace place = world.take(world.token("damaged")).value();
  REQUIRE(world.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY(auto rows, scan_as<TokenStatus>(tx, {}));
    rows.front().keys.emplace_back("nonsense");
    return save(tx, rows.front());
  }));
  CHECK(world.bits(place.list).is_invalid(place.idx));
}

TEST_CASE("a fence begins lists of its own") {
  ListWorld world;
  const StatusPlace before = world.take(world.token("before")).value();
  world.fence();
  CHECK(world.bits(before.list).is_invalid(before.idx));
  const StatusPlace after = world.take(world.token("after")).value();
  CHECK(after.list == StatusListName{kFiles, 2, 1});
  CHECK_FALSE(world.bits(after.list).is_invalid(after.idx));
}

}  // namespace
}  // namespace curfew
