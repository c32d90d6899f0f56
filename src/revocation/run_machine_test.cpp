#include "revocation/run_machine.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "revocation/plan.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

const TimePoint kStart{std::chrono::hours{24 * 365 * 50}};

Step make_step(std::uint32_t ordinal, std::vector<std::string> after = {}) {
  Step step;
  step.run_id = RunId{"r"};
  step.ordinal = ordinal;
  step.id = StepId{"r." + std::to_string(ordinal)};
  step.connector = "test";
  step.after = std::move(after);
  return step;
}

// A run and what was asked for by its last event.
struct Bench {
  RunData data;
  RunPolicy policy;
  TimePoint now = kStart;
  std::vector<GiveOrder> orders;
  std::optional<TimePoint> wake;
  bool changed = false;

  explicit Bench(std::vector<Step> steps) {
    data.run.id = RunId{"r"};
    data.run.cut_at = kStart;
    data.steps = std::move(steps);
    for (const Step& step : data.steps) {
      AccessPath path;
      path.ordinal = step.ordinal;
      path.step_id = step.id;
      data.paths.push_back(path);
    }
  }
  void send(const RunEvent& event) {
    const Advanced advanced = advance(data, event, now, policy);
    changed = advanced.changed;
    orders.clear();
    wake.reset();
    for (const RunEffect& effect : advanced.effects) {
      if (const auto* order = std::get_if<GiveOrder>(&effect)) orders.push_back(*order);
      if (const auto* at = std::get_if<WakeAt>(&effect)) wake = at->at;
    }
  }
  Step& step(std::size_t at = 0) { return data.steps[at]; }
  StepId id(std::size_t at = 0) { return data.steps[at].id; }
  PathState path(std::size_t at = 0) { return data.paths[at].state; }

  void prior(std::size_t at = 0, const std::string& value = "before") {
    send(PriorValueRead{id(at), step(at).order, value});
  }
  void applied(std::size_t at = 0) {
    send(ApplyAnswered{id(at), step(at).order, Applied{"200", "after"}});
  }
  void apply_failed(const Error& error, std::size_t at = 0) {
    send(ApplyAnswered{id(at), step(at).order, error});
  }
  void observed(Finding finding, std::size_t at = 0) {
    send(ObserveAnswered{id(at), step(at).order, Observation{finding, "seen"}});
  }
  void finish(std::size_t at = 0) {
    prior(at);
    applied(at);
    observed(Finding::gone, at);
  }
};

const Error kLater = Error::transient(ErrorCode::unavailable, "later");

}  // namespace

TEST_CASE("a step reads the prior value, applies, observes, and only then is ended") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  REQUIRE(bench.orders.size() == 1);
  CHECK(bench.orders[0].kind == OrderKind::prior_value);
  CHECK(bench.orders[0].deadline == kStart + bench.policy.order_time_max);
  CHECK(bench.path() == PathState::open);
  bench.prior();
  CHECK(bench.step().prior_value == "before");
  CHECK(bench.orders[0].kind == OrderKind::apply);
  bench.applied();
  CHECK(bench.step().written_value == "after");
  CHECK(bench.orders[0].kind == OrderKind::observe);
  CHECK(bench.path() == PathState::open);
  bench.now += 1s;
  bench.observed(Finding::gone);
  CHECK(bench.step().state == StepState::ended);
  CHECK(bench.path() == PathState::ended);
  CHECK(bench.data.paths[0].observed_at == bench.now);
  CHECK(bench.data.run.state == RunState::at_rest);
  CHECK(bench.data.run.rested_at == bench.now);
}

TEST_CASE("a step made in the cut is only observed, and has ended with the cut") {
  Step step = make_step(0);
  step.made_in_cut = true;
  step.phase = StepPhase::observe;
  Bench bench{{step}};
  bench.now += 5s;
  bench.send(Resumed{});
  REQUIRE(bench.orders.size() == 1);
  CHECK(bench.orders[0].kind == OrderKind::observe);
  bench.observed(Finding::gone);
  CHECK(bench.data.paths[0].ended_at == kStart);
  CHECK(bench.data.paths[0].observed_at == kStart + 5s);
}

TEST_CASE("a success that cannot be seen at the target is a failed attempt") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.prior();
  bench.applied();
  bench.observed(Finding::alive);
  CHECK(bench.step().state == StepState::running);
  CHECK(bench.step().phase == StepPhase::apply);
  CHECK(bench.step().attempt_count == 1);
  CHECK(bench.orders.empty());
  REQUIRE(bench.wake);
  bench.now = *bench.wake;
  bench.send(TimePassed{});
  REQUIRE(bench.orders.size() == 1);
  CHECK(bench.orders[0].kind == OrderKind::apply);
  CHECK(bench.path() == PathState::open);
}

TEST_CASE("a target that always lies is given up after bounded attempts, and never called ended") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.prior();
  for (int guard = 0; guard < 100 && bench.step().state == StepState::running; ++guard) {
    bench.applied();
    bench.observed(Finding::alive);
    CHECK(bench.path() != PathState::ended);
    if (!bench.wake) break;
    bench.now = *bench.wake;
    bench.send(TimePassed{});
  }
  CHECK(bench.step().state == StepState::failed);
  CHECK(bench.step().attempt_count == bench.policy.attempts_max);
  CHECK(bench.path() == PathState::waiting);
  CHECK(bench.data.run.state == RunState::at_rest);
}

TEST_CASE("what the target cannot show is acknowledged, and the path stays unknown") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.prior();
  bench.applied();
  bench.observed(Finding::unobservable);
  CHECK(bench.step().state == StepState::acknowledged);
  CHECK(bench.step().evidence == "seen");
  CHECK(bench.path() == PathState::unknown);
}

TEST_CASE("a planned bound does not stand where what goes on may outlast the tokens") {
  for (const bool may_outlast : {false, true}) {
    Bench bench{{make_step(0)}};
    bench.data.paths[0].kind = PathKind::gate;
    bench.data.paths[0].ends_by = kStart + 1h;
    bench.send(Resumed{});
    bench.prior();
    bench.applied();
    bench.observed(may_outlast ? Finding::unbounded : Finding::unobservable);
    CHECK(bench.step().state == StepState::acknowledged);
    CHECK(bench.path() == (may_outlast ? PathState::unknown : PathState::ends_by));
    CHECK(bench.data.paths[0].ends_by.has_value() != may_outlast);
    CHECK(bench.data.paths[0].reason == "seen");
  }
}

TEST_CASE("what another server answered is what the report says of it") {
  Bench bench{{make_step(0)}};
  bench.step().connector = kGlobalRevocationConnector;
  bench.send(Resumed{});
  bench.prior();
  bench.applied();
  bench.observed(Finding::unobservable);
  CHECK(bench.step().state == StepState::acknowledged);
  CHECK(bench.data.paths.front().reason == bench.step().evidence);
}

TEST_CASE("errors say who can cure them: later, a person, nobody") {
  Bench later{{make_step(0)}};
  later.send(Resumed{});
  later.prior();
  later.apply_failed(kLater);
  CHECK(later.step().state == StepState::running);
  CHECK(later.wake);

  Bench person{{make_step(0)}};
  person.send(Resumed{});
  person.prior();
  person.apply_failed(Error{ErrorCode::denied, Retry::after_human, "our credential is refused"});
  CHECK(person.step().state == StepState::waiting);
  CHECK(person.step().last_error == "our credential is refused");
  CHECK(person.path() == PathState::waiting);

  Bench nobody{{make_step(0)}};
  nobody.send(Resumed{});
  nobody.prior();
  nobody.apply_failed(Error::permanent(ErrorCode::protocol, "no such operation"));
  CHECK(nobody.step().state == StepState::failed);
}

TEST_CASE("waiting doubles up to a limit, with the same jitter for the same attempt") {
  RunPolicy policy;
  Step step = make_step(0);
  Duration before{};
  for (std::uint32_t attempt = 1; attempt <= 12; ++attempt) {
    step.attempt_count = attempt;
    const Duration wait = backoff_of(step, policy);
    CHECK(wait == backoff_of(step, policy));
    CHECK(wait <= policy.backoff_max);
    CHECK(wait >= policy.backoff_first * 3 / 4);
    if (attempt <= 8) CHECK(wait > before);
    before = wait;
  }
  Step other = make_step(1);
  other.attempt_count = step.attempt_count;
  CHECK(backoff_of(other, policy) != backoff_of(step, policy));
}

TEST_CASE("late, doubled and foreign answers change nothing") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  const std::uint64_t first = bench.step().order;
  bench.send(Resumed{});  // a restart: ordered again under a new number
  CHECK(bench.step().order == first + 1);
  bench.send(PriorValueRead{bench.id(), first, std::string{"late"}});
  CHECK_FALSE(bench.changed);
  bench.prior();
  bench.send(PriorValueRead{bench.id(), bench.step().order, std::string{"doubled"}});
  CHECK_FALSE(bench.changed);
  CHECK(bench.step().prior_value == "before");
  bench.send(ApplyAnswered{StepId{"r.9"}, 1, Applied{}});
  CHECK_FALSE(bench.changed);
  // An answer that comes after the attempt was given up for lost.
  bench.apply_failed(kLater);
  bench.send(ApplyAnswered{bench.id(), bench.step().order, Applied{"200", "after"}});
  CHECK_FALSE(bench.changed);
  CHECK(bench.step().phase == StepPhase::apply);
}

TEST_CASE("a restart orders again what was in flight and waits for what waits") {
  Bench bench{{make_step(0), make_step(1)}};
  bench.send(Resumed{});
  bench.prior(0);
  bench.prior(1);
  bench.apply_failed(kLater, 1);
  const auto waits_until = *bench.step(1).next_attempt_at;
  bench.send(Resumed{});
  REQUIRE(bench.orders.size() == 1);
  CHECK(bench.orders[0].step_id == bench.id(0));
  CHECK(bench.orders[0].kind == OrderKind::apply);
  CHECK(bench.wake == waits_until);
}

TEST_CASE("the prior value is stored once: a second reading could show what we wrote") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.prior(0, "original");
  bench.applied();
  bench.observed(Finding::alive);
  bench.data.steps[0].phase = StepPhase::prepare;  // as after a retry from the beginning
  bench.now = *bench.step().next_attempt_at;
  bench.send(TimePassed{});
  bench.prior(0, "overwritten by us");
  CHECK(bench.step().prior_value == "original");
}

TEST_CASE("a step waits for those that it names, and for no other") {
  Bench bench{{make_step(0), make_step(1), make_step(2, {"r.0"})}};
  bench.send(Resumed{});
  CHECK(bench.orders.size() == 2);
  CHECK(bench.step(2).state == StepState::planned);
  bench.prior(1);
  bench.apply_failed(Error::permanent(ErrorCode::protocol, "no"), 1);
  CHECK(bench.step(2).state == StepState::planned);  // a failing step stops no other
  bench.finish(0);
  CHECK(bench.step(2).state == StepState::running);
}

TEST_CASE("what depends on a failed step waits for a person, and goes on with the retry") {
  Bench bench{{make_step(0), make_step(1, {"r.0"}), make_step(2, {"r.1"})}};
  bench.send(Resumed{});
  bench.prior();
  bench.apply_failed(Error::permanent(ErrorCode::protocol, "no"));
  CHECK(bench.step(0).state == StepState::failed);
  CHECK(bench.step(1).state == StepState::waiting);
  CHECK(bench.step(2).state == StepState::waiting);
  CHECK(bench.data.run.state == RunState::at_rest);
  bench.send(RetryAsked{bench.id(0)});
  CHECK(bench.data.run.state == RunState::driving);
  CHECK(bench.step(0).state == StepState::running);
  CHECK(bench.step(0).attempt_count == 0);
  CHECK(bench.step(1).state == StepState::planned);
  bench.applied(0);  // the prior value is known already
  bench.observed(Finding::gone, 0);
  CHECK(bench.step(1).state == StepState::running);
}

TEST_CASE("a person can only retry or close what has given up") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.send(RetryAsked{bench.id()});
  CHECK_FALSE(bench.changed);
  bench.send(CloseAsked{bench.id(), "admin"});
  CHECK_FALSE(bench.changed);
  bench.prior();
  bench.apply_failed(Error::permanent(ErrorCode::protocol, "no"));
  bench.send(CloseAsked{bench.id(), "admin"});
  CHECK(bench.step().closed_by == "admin");
  CHECK(bench.step().state == StepState::failed);
  CHECK(bench.path() == PathState::waiting);
}

TEST_CASE("what ended is looked at again, a bounded number of times") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.finish();
  for (const Duration after : bench.policy.observe_again_after) {
    REQUIRE(bench.wake);
    CHECK(*bench.wake == bench.now + after);
    CHECK(bench.data.run.observe_again_at == bench.wake);
    bench.now = *bench.wake;
    bench.send(TimePassed{});
    REQUIRE(bench.orders.size() == 1);
    CHECK(bench.orders[0].kind == OrderKind::observe);
    CHECK(bench.step().state == StepState::ended);
    bench.observed(Finding::gone);
    CHECK(bench.data.paths[0].observed_at == bench.now);
  }
  CHECK_FALSE(bench.wake);
  CHECK_FALSE(bench.data.run.observe_again_at);
}

TEST_CASE("access that comes back is taken away again, and the report says so meanwhile") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.finish();
  bench.now = *bench.wake;
  bench.send(TimePassed{});
  bench.observed(Finding::alive);
  CHECK(bench.step().state == StepState::running);
  CHECK(bench.path() == PathState::open);
  CHECK(bench.data.run.state == RunState::driving);
  REQUIRE(bench.orders.size() == 1);
  CHECK(bench.orders[0].kind == OrderKind::apply);
  bench.applied();
  bench.observed(Finding::gone);
  CHECK(bench.path() == PathState::ended);
}

TEST_CASE("an observation that was in flight at a crash is made again") {
  Bench bench{{make_step(0)}};
  bench.send(Resumed{});
  bench.finish();
  bench.now = *bench.wake;
  bench.send(TimePassed{});
  CHECK(bench.data.run.observe_again_at.has_value());
  bench.send(Resumed{});
  REQUIRE(bench.orders.size() == 1);
  CHECK(bench.orders[0].kind == OrderKind::observe);
}

TEST_CASE("giving back is one order without observation, and ends the restoring") {
  Step step = make_step(0);
  step.direction = StepDirection::give_back;
  step.phase = StepPhase::apply;
  Bench bench{{step}};
  bench.data.run.state = RunState::restoring;
  bench.send(Resumed{});
  REQUIRE(bench.orders.size() == 1);
  CHECK(bench.orders[0].kind == OrderKind::undo);
  bench.applied();
  CHECK(bench.step().state == StepState::acknowledged);
  CHECK(bench.data.run.state == RunState::restored);
}

TEST_CASE("a run that has nothing to do comes to rest") {
  Bench bench{{}};
  bench.send(Resumed{});
  CHECK(bench.changed);
  CHECK(bench.data.run.state == RunState::at_rest);
  bench.send(Resumed{});
  CHECK_FALSE(bench.changed);
}

TEST_CASE("each stored change has a number of its own") {
  Bench bench{{make_step(0)}};
  const auto before = bench.data.run.change;
  bench.send(Resumed{});
  CHECK(bench.data.run.change == before + 1);
  bench.send(TimePassed{});
  CHECK(bench.data.run.change == before + 1);
}
