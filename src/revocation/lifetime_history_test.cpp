#include "revocation/lifetime_history.hpp"

#include <doctest/doctest.h>

#include "revocation/facts.hpp"
#include "store/schema_lifetimes.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

struct HistoryWorld : RevocationWorld {
  // A server starts with settings that allow this.
  void start(Duration longest) {
    write([&](WriteTx& tx) { return note_lifetime(tx, tenant, longest, clock.now()); });
  }
  // A server that has long been there: nothing is left of what no row tells of.
  void start_long_ago(Duration longest) {
    start(longest);
    clock.advance(30 * 24h);
  }
  TimePoint earlier_end() {
    return read<TimePoint>(
        [&](ReadTx& tx) { return earlier_tokens_end_by(tx, tenant, clock.now()); });
  }
  std::size_t row_count() {
    return read<std::vector<LifetimeInForce>>([&](ReadTx& tx) {
             return scan_as<LifetimeInForce>(tx, Query{.prefix = keys_of(tenant)});
           })
        .size();
  }
  // The bound of what a plan has not read, where today's settings allow `longest`.
  TimePoint bound_of_the_unread(Duration longest) {
    PlanPolicy policy;
    policy.longest_access_token_lifetime = longest;
    const auto facts = read<SubjectFacts>(
        [&](ReadTx& tx) { return load_subject_facts(tx, tenant, UserId{"u"}, clock.now()); });
    const Plan plan = make_plan(facts, {}, policy, RunId{"run"}, clock.now());
    for (const AccessPath& path : plan.paths) {
      if (path.kind == PathKind::access_token && path.ends_by) {
        return *path.ends_by - policy.foreign_clock_skew;
      }
    }
    FAIL("the plan has read everything");
    return {};
  }
  void give_more_than_is_read() {
    add_user("u");
    add_app("app");
    for (std::size_t made = 0; made < kFactsGrantsPerAppMax + 2; ++made) {
      Grant grant = add_grant("g" + std::to_string(made), "u", "app", "api://foreign");
      grant.access_ends_by = clock.now() + 5min;
      put(grant);
    }
  }
};

}  // namespace

TEST_CASE("a start with the same longest lifetime writes nothing down") {
  HistoryWorld world;
  for (int starts = 0; starts < 3; ++starts) world.start(24h);
  CHECK(world.row_count() == 1);
  world.start(10min);
  world.start(10min);
  world.start(24h);
  CHECK(world.row_count() == 3);
}

TEST_CASE("before anything was written down a token may have been made as long as ever possible") {
  HistoryWorld world;
  CHECK(world.earlier_end() == world.clock.now() + kLifetimeInForceMax);
  world.start(10min);
  const TimePoint first = world.clock.now();
  world.clock.advance(20h);
  CHECK(world.earlier_end() == first + kLifetimeInForceMax);
  world.clock.advance(8h);
  CHECK(world.earlier_end() <= world.clock.now());
}

TEST_CASE("tokens made under a longer lifetime bound what was not read until they are gone") {
  HistoryWorld world;
  world.start_long_ago(24h);
  world.start(10min);
  const TimePoint lowered = world.clock.now();
  world.give_more_than_is_read();
  CHECK(world.bound_of_the_unread(10min) == lowered + 24h);
  world.clock.advance(23h);
  CHECK(world.earlier_end() == lowered + 24h);
  world.clock.advance(1h);
  CHECK(world.earlier_end() <= world.clock.now());
}

TEST_CASE("where the lifetime was raised, that of today is the bound of what was not read") {
  HistoryWorld world;
  world.start_long_ago(10min);
  world.start(24h);
  world.give_more_than_is_read();
  CHECK(world.bound_of_the_unread(24h) == world.clock.now() + 24h);
}

TEST_CASE("each of several changes within a day counts") {
  HistoryWorld world;
  world.start_long_ago(26h);
  world.start(1h);
  const TimePoint first = world.clock.now();
  world.clock.advance(1min);
  world.start(2h);
  world.clock.advance(1min);
  world.start(10min);
  CHECK(world.earlier_end() == first + 26h);
}

TEST_CASE("a change is written down after the one before it although the clock went back") {
  HistoryWorld world;
  world.start_long_ago(24h);
  world.start(20h);
  const TimePoint changed = world.clock.now();
  world.clock.jump(-5h);
  world.start(10min);
  CHECK(world.row_count() == 3);
  CHECK(world.earlier_end() == changed + 24h);
  world.give_more_than_is_read();
  CHECK(world.bound_of_the_unread(10min) == changed + 24h);
}

TEST_CASE("an expiry that was read bounds what was not read too") {
  HistoryWorld world;
  world.start_long_ago(10min);
  world.give_more_than_is_read();
  Grant grant = world.add_grant("0", "u", "app", "api://another");
  grant.access_ends_by = world.clock.now() + 3h;
  world.put(grant);
  CHECK(world.bound_of_the_unread(10min) == grant.access_ends_by);
}

TEST_CASE("changes beyond those that are read count as the longest there can be") {
  HistoryWorld world;
  world.start_long_ago(24h);
  world.start(28h);
  const TimePoint first = world.clock.now();
  for (std::size_t made = 0; made < kLifetimeChangesReadMax; ++made) {
    world.clock.advance(1s);
    world.start(made % 2 == 0 ? 10min : 11min);
  }
  CHECK(world.earlier_end() >= first + 28h);
}

TEST_CASE("part of a second counts as a whole one") {
  HistoryWorld world;
  world.start_long_ago(1500ms);
  world.start(1s);
  CHECK(world.earlier_end() == world.clock.now() + 2s);
}
