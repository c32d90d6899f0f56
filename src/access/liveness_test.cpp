#include "access/liveness.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

const TimePoint kNow = from_unix_seconds(1'800'000'000);
const TenantId kTenant{"t"};

TEST_CASE("the live journal and a transaction give the same verdict, before and after an entry") {
  const auto store = make_memory_store();
  LiveJournal live;
  Journal journal{kTenant, live};
  const auto append = [&](const Key& key, Effect effect, const std::string& owner) {
    REQUIRE(store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(journal.append(tx, {key, effect, owner, std::nullopt, "test"}, kNow));
      return Done{};
    }));
  };
  append(Key{KeyKind::tenant, "t"}, Effect::reauth, "");
  const Position stamp = live.head().position;
  const CredentialFacts facts{CredentialClass::access,
                              {stamp, stamp},
                              kNow + std::chrono::hours{1},
                              {Key{KeyKind::tenant, "t"}, Key{KeyKind::user, "u"}}};
  const auto both = [&] {
    const Verdict now = verdict_now(live, facts, kNow);
    const auto in = read_value<Verdict>(
        *store, [&](ReadTx& tx) { return verdict_in(tx, journal, facts, kNow); });
    CHECK(now == in.value());
    return now;
  };
  CHECK(both() == Verdict::live);
  append(Key{KeyKind::user, "someone-else"}, Effect::block, "administrator");
  CHECK(both() == Verdict::live);
  append(Key{KeyKind::user, "u"}, Effect::reevaluate, "");
  CHECK(both() == Verdict::outdated);
  append(Key{KeyKind::user, "u"}, Effect::block, "administrator");
  CHECK(both() == Verdict::blocked);
  append(Key{KeyKind::user, "u"}, Effect::unblock, "administrator");
  CHECK(both() == Verdict::revoked);
}

TEST_CASE("a stamp that only this transaction knows is not ahead in it, and a later one is") {
  const auto store = make_memory_store();
  LiveJournal live;
  Journal journal{kTenant, live};
  std::vector<Position> suspected;
  live.rollback().set_handler([&](const RollbackSuspicion& one) {
    suspected.push_back(one.stamp);
    live.rollback().dismiss();
  });
  REQUIRE(store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    const Key user{KeyKind::user, "u"};
    CURFEW_TRY(const JournalEntry entry,
               journal.append(tx, {user, Effect::reauth, "", std::nullopt, "test"}, kNow));
    CredentialFacts facts{CredentialClass::renewal,
                          {entry.position, entry.position},
                          kNow + std::chrono::hours{1},
                          {user}};
    CURFEW_TRY(const Verdict known, verdict_in(tx, journal, facts, kNow));
    CHECK(known == Verdict::live);
    CHECK(suspected.empty());
    // The published head, which everybody else judges by, is not there yet.
    CHECK(verdict_now(live, facts, kNow) == Verdict::ahead);
    CHECK(suspected == std::vector{entry.position});
    facts.stamps.as_of = entry.position.next();
    CURFEW_TRY(const Verdict unknown, verdict_in(tx, journal, facts, kNow));
    CHECK(unknown == Verdict::ahead);
    CHECK(suspected.size() == 2);
    CHECK(is_ahead(live, entry.position, "a form"));
    return Done{};
  }));
  CHECK(!is_ahead(live, live.head().position, "a form"));
  CHECK(suspected.size() == 3);
}

TEST_CASE("a transaction that writes judges by what its own group has revoked") {
  const auto store = make_memory_store();
  LiveJournal live;
  Journal journal{kTenant, live};
  const auto append = [&](WriteTx& tx, const Key& key, Effect effect) -> Status {
    CURFEW_TRY_STATUS(journal.append(tx, {key, effect, "", std::nullopt, "test"}, kNow));
    return Done{};
  };
  REQUIRE(store->write_and_wait(Urgency::normal, [&](WriteTx& tx) {
    return append(tx, Key{KeyKind::tenant, "t"}, Effect::reauth);
  }));
  const Position stamp = live.head().position;
  const CredentialFacts facts{CredentialClass::renewal,
                              {stamp, stamp},
                              kNow + std::chrono::hours{1},
                              {Key{KeyKind::tenant, "t"}, Key{KeyKind::user, "u"}}};
  REQUIRE(store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CHECK(verdict_in(tx, journal, facts, kNow).value() == Verdict::live);
    CHECK(journal_head(tx, journal).value().position == stamp);
    CURFEW_TRY_STATUS(append(tx, Key{KeyKind::user, "u"}, Effect::reauth));
    CHECK(verdict_in(tx, journal, facts, kNow).value() == Verdict::revoked);
    CHECK(journal_head(tx, journal).value().position == stamp.next());
    CHECK(verdict_now(live, facts, kNow) == Verdict::live);  // nobody else knows yet
    return Done{};
  }));
}

}  // namespace
}  // namespace curfew
