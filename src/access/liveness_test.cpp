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
        *store, [&](ReadTx& tx) { return verdict_in(tx, kTenant, facts, kNow); });
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

}  // namespace
}  // namespace curfew
