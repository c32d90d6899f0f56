// tests/conformance/connector_suite.hpp: what every connector must do, as one function.
//
// A connector's own test makes a fixture: a real target (or one that behaves like it) and the ways
// to put it into the states below. A target that has no such state returns false from make_...(),
// and the suite leaves that part out; each connector's test says so in writing.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "revocation/connector.hpp"

namespace curfew {

class ConnectorFixture {
 public:
  virtual ~ConnectorFixture() = default;
  virtual Connector& connector() = 0;
  // An order about a subject who has access at the target, always the same one.
  virtual ConnectorOrder order() = 0;
  virtual TimePoint now() = 0;
  // Runs until a started task has ended, or has missed its deadline.
  virtual void run() = 0;
  // Everything about the subject at the target, for comparison.
  virtual std::string state() = 0;
  // The target stops answering; does the next thing and dies before it answers; is busy; refuses
  // our credential; is well again.
  virtual bool make_silent() { return false; }
  virtual bool make_dying() { return false; }
  virtual bool make_busy() { return false; }
  virtual bool make_refusing() { return false; }
  virtual void make_well() {}
  // Whether undo() is this connector's to do (our own targets are undone with the run).
  virtual bool has_undo() { return true; }
};

namespace conformance {

template <typename T>
Result<T> finish(ConnectorFixture& fixture, Task<Result<T>> task) {
  auto ended = std::make_shared<std::optional<Result<T>>>();
  start<Result<T>>(std::move(task), [ended](Result<T> result) { *ended = std::move(result); });
  fixture.run();
  REQUIRE_MESSAGE(ended->has_value(), "the connector does not answer");
  return std::move(**ended);
}

inline Finding observed(ConnectorFixture& fixture) {
  const auto seen = finish(fixture, fixture.connector().observe(fixture.order()));
  REQUIRE(seen.ok());
  return seen.value().finding;
}

inline void reading_changes_nothing(ConnectorFixture& fixture) {
  const std::string before = fixture.state();
  CHECK(observed(fixture) == Finding::alive);
  CHECK(finish(fixture, fixture.connector().prior_value(fixture.order())).ok());
  CHECK(observed(fixture) == Finding::alive);
  CHECK(fixture.state() == before);
}

inline void apply_ends_access_and_may_be_repeated(ConnectorFixture& fixture) {
  const auto applied = finish(fixture, fixture.connector().apply(fixture.order()));
  REQUIRE(applied.ok());
  CHECK_FALSE(applied.value().evidence.empty());
  CHECK(observed(fixture) != Finding::alive);
  const std::string once = fixture.state();
  CHECK(finish(fixture, fixture.connector().apply(fixture.order())).ok());
  CHECK(fixture.state() == once);
  CHECK(observed(fixture) != Finding::alive);
}

inline void undo_writes_back_what_we_overwrote(ConnectorFixture& fixture) {
  ConnectorOrder order = fixture.order();
  const std::string before = fixture.state();
  const auto prior = finish(fixture, fixture.connector().prior_value(order));
  REQUIRE(prior.ok());
  order.prior_value = prior.value();
  const auto applied = finish(fixture, fixture.connector().apply(order));
  REQUIRE(applied.ok());
  order.written_value = applied.value().written_value;
  REQUIRE(finish(fixture, fixture.connector().undo(order)).ok());
  CHECK(fixture.state() == before);
  // Again, after somebody else changed it: it is left as it is.
  REQUIRE(finish(fixture, fixture.connector().undo(order)).ok());
  CHECK(fixture.state() == before);
}

inline void failures_are_classified_and_bounded(ConnectorFixture& fixture) {
  if (fixture.make_busy()) {
    const auto busy = finish(fixture, fixture.connector().apply(fixture.order()));
    REQUIRE_FALSE(busy.ok());
    CHECK(busy.error().retry() == Retry::later);
    fixture.make_well();
  }
  if (fixture.make_refusing()) {
    const auto refused = finish(fixture, fixture.connector().apply(fixture.order()));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().retry() == Retry::after_human);
    fixture.make_well();
  }
  if (fixture.make_silent()) {
    const ConnectorOrder order = fixture.order();
    const auto silent = finish(fixture, fixture.connector().apply(order));
    REQUIRE_FALSE(silent.ok());
    CHECK(silent.error().code() == ErrorCode::timeout);
    CHECK(silent.error().retry() == Retry::later);
    fixture.make_well();
  }
}

// The order that is given again after a crash finds what the first one did.
inline void a_crash_half_way_is_made_good(ConnectorFixture& fixture) {
  const auto prior = finish(fixture, fixture.connector().prior_value(fixture.order()));
  REQUIRE(prior.ok());
  if (!fixture.make_dying()) return;
  const auto unanswered = finish(fixture, fixture.connector().apply(fixture.order()));
  REQUIRE_FALSE(unanswered.ok());
  CHECK(unanswered.error().retry() == Retry::later);
  fixture.make_well();
  const std::string once = fixture.state();
  CHECK(observed(fixture) != Finding::alive);
  CHECK(finish(fixture, fixture.connector().apply(fixture.order())).ok());
  CHECK(fixture.state() == once);
}

}  // namespace conformance

// Each part gets a fixture of its own.
template <typename MakeFixture>
void hold_connector_to_contract(MakeFixture&& make) {
  SUBCASE("reading changes nothing at the target") {
    auto fixture = make();
    conformance::reading_changes_nothing(*fixture);
  }
  SUBCASE("an order ends the access, and given again leaves it as it was") {
    auto fixture = make();
    conformance::apply_ends_access_and_may_be_repeated(*fixture);
  }
  SUBCASE("undo writes back what was overwritten, once") {
    auto fixture = make();
    if (fixture->has_undo()) conformance::undo_writes_back_what_we_overwrote(*fixture);
  }
  SUBCASE("what a crash left half-way is made good by the same order") {
    auto fixture = make();
    conformance::a_crash_half_way_is_made_good(*fixture);
  }
  SUBCASE("failures say who can cure them, by the deadline") {
    auto fixture = make();
    conformance::failures_are_classified_and_bounded(*fixture);
  }
}

}  // namespace curfew
