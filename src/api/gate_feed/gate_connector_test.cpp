// A run's step at the gates: what it waits for, what wakes it, and what its report says.
#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <string>
#include <vector>

#include "api/gate_feed/gate_connector.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/feed_office.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::EnrolledGate;
using test::FeedClient;
using test::FeedOffice;

struct StepOffice : FeedOffice {
  GateConnector connector{*server.store, server.tenant, server.clock, server.runtime->executor(0)};
  Position cut;

  StepOffice() { connector.attach(site.shared_hub()); }

  // As a run's cut leaves it.
  void make_cut() {
    server.take_away(RemovalKind::revoke_user);
    cut = server.head();
    Run run;
    run.tenant_id = server.tenant;
    run.id = RunId{"run"};
    run.subject_id = server.john;
    run.first_position = run.cut_position = cut;
    server.put(run);
  }
  ConnectorOrder order(Duration time) {
    ConnectorOrder made;
    made.run_id = RunId{"run"};
    made.step_id = StepId{"run.0"};
    made.deadline = server.clock.now() + time;
    return made;
  }
  template <typename T>
  std::future<Result<T>> begin(Task<Result<T>> (GateConnector::*what)(ConnectorOrder),
                               Duration time = 30s) {
    auto answer = std::make_shared<std::promise<Result<T>>>();
    std::future<Result<T>> future = answer->get_future();
    server.runtime->executor(0).post([this, answer, what, made = order(time)] {
      start<Result<T>>((connector.*what)(made),
                       [answer](Result<T> result) { answer->set_value(std::move(result)); });
    });
    return future;
  }
  std::future<Result<Applied>> apply(Duration time = 30s) {
    return begin<Applied>(&GateConnector::apply, time);
  }
  Result<Observation> observe(Duration time = 30s) {
    return begin<Observation>(&GateConnector::observe, time).get();
  }
};

bool is_waiting(std::future<Result<Applied>>& future, StepOffice& at) {
  at.site.tick();  // whatever was to happen on the server's thread has happened
  return future.wait_for(0s) == std::future_status::timeout;
}

TEST_CASE("the step ends with the last acknowledgement, and says so") {
  StepOffice at;
  FeedClient first = at.caught_up();
  FeedClient second = at.caught_up(test::kSecond);
  REQUIRE(first.gets_lease());
  REQUIRE(second.gets_lease());
  at.make_cut();
  auto applied = at.apply();
  CHECK(is_waiting(applied, at));
  REQUIRE(first.find<FeedEntries>());
  first.send(FeedAck{at.cut});
  REQUIRE(first.gets_lease());  // it was heard
  CHECK(is_waiting(applied, at));
  REQUIRE(second.find<FeedEntries>());
  second.send(FeedAck{at.cut});
  const Result<Applied> done = applied.get();
  REQUIRE(done.ok());
  CHECK(done->evidence == "1 gate at " + to_string(at.cut) + ": 1 acknowledged");
  const auto seen = at.observe();
  REQUIRE(seen.ok());
  CHECK(seen->finding == Finding::gone);
}

// Each of three gates is the last once. Sooner than by the end of its lease, which is real time.
TEST_CASE("the step ends with the last of several gates, whichever that is") {
  for (std::size_t last = 0; last < 3; ++last) {
    CAPTURE(last);
    StepOffice at;
    const EnrolledGate second{at.office, "second"};
    const EnrolledGate third{at.office, "third"};
    // As the server goes through them.
    std::vector<const EnrolledGate*> enrolled{&at.gate, &second, &third};
    std::ranges::sort(enrolled, {}, &EnrolledGate::app);
    std::vector<FeedClient> gates;
    for (const EnrolledGate* const gate : enrolled) {
      gates.push_back(at.caught_up(*gate, "start-of-" + gate->app.str().substr(0, 13)));
    }
    for (FeedClient& gate : gates) REQUIRE(gate.gets_lease());
    at.make_cut();
    auto applied = at.apply();
    for (std::size_t turn = 1; turn <= gates.size(); ++turn) {
      CHECK(is_waiting(applied, at));
      FeedClient& gate = gates[(last + turn) % gates.size()];
      REQUIRE(gate.find<FeedEntries>());
      gate.send(FeedAck{at.cut});
      REQUIRE(gate.gets_lease());  // it was heard
    }
    REQUIRE(applied.wait_for(8s) == std::future_status::ready);
    CHECK(applied.get()->evidence == "3 gates at " + to_string(at.cut) + ": 3 acknowledged");
  }
}

TEST_CASE("the step ends when the lease of a gate that is cut off has ended, and no earlier") {
  StepOffice at;
  FeedClient gate = at.caught_up();
  REQUIRE(gate.gets_lease());
  gate.close();
  at.make_cut();
  auto applied = at.apply();
  CHECK(is_waiting(applied, at));
  at.server.clock.advance(10s + 999ms);
  CHECK(is_waiting(applied, at));
  at.server.clock.advance(1ms);
  at.site.tick();
  const Result<Applied> done = applied.get();
  REQUIRE(done.ok());
  CHECK(contains(done->evidence, "1 has no lease of before any more (edge)"));
}

TEST_CASE("a step that has no more time says which gate may act, and until when") {
  StepOffice at;
  FeedClient gate = at.caught_up();
  REQUIRE(gate.gets_lease());
  at.make_cut();
  const std::string until = to_rfc3339(at.server.clock.now() + 11s);
  const Result<Applied> late = at.apply(0s).get();
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().retry() == Retry::later);
  CHECK(contains(late.error().message(), "1 of 1 gate may act without " + to_string(at.cut)));
  CHECK(contains(late.error().message(), "edge until " + until));
  const auto seen = at.observe(0s);
  REQUIRE_FALSE(seen.ok());  // not yet: never that access came back
  CHECK(seen.error().retry() == Retry::later);
  CHECK(contains(seen.error().message(), "edge until " + until));
}

TEST_CASE(
    "a look says at once until when it is too early, where no word of a gate can be in time") {
  StepOffice at;
  FeedClient gate = at.caught_up();
  REQUIRE(gate.gets_lease());
  at.make_cut();
  GateHubSettings settings = test::usual_feed();
  settings.ledger.lease = 60s;
  settings.ledger.drift = 30s;
  at.site.restart(settings);
  at.connector.attach(at.site.shared_hub());
  const std::string until = to_rfc3339(at.server.clock.now() + 90s);
  auto seen = at.begin<Observation>(&GateConnector::observe, 30s);  // by a clock that stands
  REQUIRE(seen.wait_for(20s) == std::future_status::ready);
  const Result<Observation> early = seen.get();
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().retry() == Retry::later);
  CHECK(contains(early.error().message(), until));
  at.server.clock.advance(90s);
  CHECK(at.observe().ok());
}

// What web servers ask about is let in and goes on.
bool names_forward_auth(const std::string& evidence) {
  return contains(evidence, "forward-auth") && contains(evidence, "edge");
}
void check_acknowledged_only(StepOffice& at) {
  const auto seen = at.observe();
  REQUIRE(seen.ok());
  CHECK(seen->finding == Finding::unbounded);
  CHECK(contains(seen->evidence, "without a bound"));
  CHECK(names_forward_auth(seen->evidence));
}

TEST_CASE("a gate that web servers ask has acknowledged, and nothing of it has ended") {
  StepOffice at;
  FeedClient gate = at.connect();
  gate.has_uncut_requests = true;
  REQUIRE(gate.greet(test::kFirst));
  REQUIRE(gate.find<SnapshotPart>());
  REQUIRE(gate.gets_lease());
  at.make_cut();
  auto applied = at.apply();
  REQUIRE(gate.find<FeedEntries>());
  gate.send(FeedAck{at.cut});
  const Result<Applied> done = applied.get();
  REQUIRE(done.ok());
  CHECK(contains(done->evidence, "1 acknowledged"));
  CHECK(names_forward_auth(done->evidence));
  check_acknowledged_only(at);
}

TEST_CASE("a gate's own page says what reports go by: whether web servers ask it") {
  FeedOffice at;
  const auto shown = [&] {
    const HttpResponse page = at.office.call(at.office.admin, HttpMethod::get, "/gates/edge");
    const auto feed = parse_json_object(page.body).value().at("feed").as_object();
    return std::string{feed.at("uncutRequests").as_string()};
  };
  CHECK(shown() == "unknown");  // it has not come
  FeedClient gate = at.caught_up();
  CHECK(shown() == "none");
  REQUIRE(gate.send(LeaseRequest{1, true}));
  REQUIRE(gate.find<LeaseAnswer>());
  CHECK(shown() == "some");
  gate.close();
  CHECK(shown() == "some");
}

TEST_CASE("that a web server asks is believed from the message on that says so") {
  SUBCASE("an acknowledgement") {
    StepOffice at;
    FeedClient gate = at.caught_up();
    REQUIRE(gate.gets_lease());
    at.make_cut();
    REQUIRE(gate.find<FeedEntries>());
    gate.send(FeedAck{at.cut, true});
    REQUIRE(gate.gets_lease());  // it was heard
    check_acknowledged_only(at);
  }
  SUBCASE("a question for a lease, and then nothing more") {
    StepOffice at;
    FeedClient gate = at.caught_up();
    REQUIRE(gate.send(LeaseRequest{1, true}));
    REQUIRE(gate.find<LeaseAnswer>());
    gate.close();
    at.make_cut();
    at.server.clock.advance(11s);
    check_acknowledged_only(at);
  }
}

TEST_CASE("of a gate that does not say whether web servers ask it nothing is called ended") {
  SUBCASE("one of a version before") {
    StepOffice at;
    FeedClient gate = at.connect();
    gate.has_uncut_requests.reset();
    REQUIRE(gate.greet(test::kFirst));
    at.make_cut();
    at.server.clock.advance(11s);
    check_acknowledged_only(at);
  }
  SUBCASE("one that has not come since the server's start") {
    StepOffice at;
    at.make_cut();
    at.site.restart();
    at.connector.attach(at.site.shared_hub());
    at.server.clock.advance(11s);
    check_acknowledged_only(at);
    FeedClient gate = at.greeted();
    at.server.clock.advance(11s);
    CHECK(at.observe()->finding == Finding::gone);
  }
}

TEST_CASE("that a web server asks one process of a gate outlives it, and the server") {
  StepOffice at;
  {
    FeedClient gate = at.caught_up();
    REQUIRE(gate.send(LeaseRequest{1, true}));
    REQUIRE(gate.find<LeaseAnswer>());
    CHECK(at.server.row<Gate>(at.gate.app).uncut_requests == UncutRequests::some);
  }
  at.make_cut();
  SUBCASE("another process, which nobody asks") {
    FeedClient other = at.greeted(test::kSecond);
    at.server.clock.advance(11s);
    check_acknowledged_only(at);
  }
  SUBCASE("the server was started anew, and another process has come") {
    at.site.restart();
    at.connector.attach(at.site.shared_hub());
    FeedClient other = at.greeted(test::kSecond);
    at.server.clock.advance(11s);
    check_acknowledged_only(at);
  }
  SUBCASE("the gate was disabled, and its leases are over") {
    at.server.change<App>(at.gate.app, [](App& app) { app.account_enabled = false; });
    at.server.change<Gate>(at.gate.app, [](Gate& gate) { gate.maker_name += "'"; });
    at.site.tick();
    at.server.clock.advance(11s);
    at.site.tick();
    check_acknowledged_only(at);
  }
}

TEST_CASE("a process of a version before is not spoken for by another one") {
  StepOffice at;
  FeedClient silent = at.connect();
  silent.has_uncut_requests.reset();
  REQUIRE(silent.greet(test::kFirst));
  FeedClient other = at.greeted(test::kSecond);
  at.make_cut();
  at.server.clock.advance(11s);
  check_acknowledged_only(at);
}

TEST_CASE("a gate that needs no lease and has not acknowledged proves nothing") {
  StepOffice at;
  at.server.change<Gate>(at.gate.app, [](Gate& gate) { gate.mode = GateMode::best_effort; });
  at.site.tick();
  FeedClient gate = at.caught_up();
  at.make_cut();
  auto applied = at.apply();
  CHECK(is_waiting(applied, at));  // it is there, and may say so at any moment
  at.server.clock.advance(11s);
  at.site.tick();
  const Result<Applied> done = applied.get();
  REQUIRE(done.ok());
  CHECK(contains(done->evidence, "1 goes on without a lease until the tokens end (edge)"));
  gate.close();
  CHECK(at.observe()->finding == Finding::unobservable);
}

TEST_CASE("what a gate that needs no lease acknowledges counts as acknowledged") {
  StepOffice at;
  at.server.change<Gate>(at.gate.app, [](Gate& gate) { gate.mode = GateMode::best_effort; });
  at.site.tick();
  FeedClient gate = at.caught_up();
  at.make_cut();
  auto applied = at.apply();
  CHECK(is_waiting(applied, at));
  REQUIRE(gate.find<FeedEntries>());
  gate.send(FeedAck{at.cut});
  const Result<Applied> done = applied.get();
  REQUIRE(done.ok());
  CHECK(done->evidence == "1 gate at " + to_string(at.cut) + ": 1 acknowledged");
  CHECK(at.observe()->finding == Finding::gone);
}

TEST_CASE("a gate that needs no lease and is away holds up nobody's acknowledgement") {
  StepOffice at;
  const EnrolledGate other{at.office, "other"};
  at.server.change<Gate>(other.app, [](Gate& gate) { gate.mode = GateMode::best_effort; });
  at.site.tick();
  FeedClient away = at.site.connect(at.office.feed_token(other.app, other.key).access());
  REQUIRE(away.greet(test::kSecond).has_value());
  away.close();
  FeedClient gate = at.caught_up();
  REQUIRE(gate.gets_lease());
  at.make_cut();
  auto applied = at.apply();
  CHECK(is_waiting(applied, at));
  REQUIRE(gate.find<FeedEntries>());
  gate.send(FeedAck{at.cut});
  const Result<Applied> done = applied.get();  // the clock stands: its lease has not ended
  REQUIRE(done.ok());
  CHECK(contains(done->evidence, "1 acknowledged"));
  CHECK(contains(done->evidence, "1 goes on without a lease until the tokens end (other)"));
}

TEST_CASE("after a restart the step waits for leases that nobody remembers") {
  StepOffice at;
  FeedClient gate = at.caught_up();
  REQUIRE(gate.gets_lease());
  at.make_cut();
  at.site.restart();
  at.connector.attach(at.site.shared_hub());
  auto applied = at.apply();
  CHECK(is_waiting(applied, at));
  at.server.clock.advance(11s);
  at.site.tick();
  CHECK(applied.get().ok());
}

TEST_CASE("after a restart a gate that was removed before it is waited for all the same") {
  StepOffice at;
  FeedClient gate = at.caught_up();
  REQUIRE(gate.gets_lease());
  CHECK(at.office.call(at.office.admin, HttpMethod::delete_, "/gates/edge").status < 300);
  at.site.restart();
  at.connector.attach(at.site.shared_hub());
  CHECK(at.connector.gate_count() == 1);  // so that a run has a step for it
  at.make_cut();
  auto applied = at.apply();
  CHECK(is_waiting(applied, at));
  at.server.clock.advance(11s);
  at.site.tick();
  const Result<Applied> done = applied.get();
  REQUIRE(done.ok());
  CHECK(contains(done->evidence, "no gate is left"));
  CHECK(at.connector.gate_count() == 0);
}

TEST_CASE(
    "a gate of best effort that was removed before the start is named, and nothing has ended") {
  StepOffice at;
  at.server.change<Gate>(at.gate.app, [](Gate& gate) { gate.mode = GateMode::best_effort; });
  CHECK(at.office.call(at.office.admin, HttpMethod::delete_, "/gates/edge").status < 300);
  at.site.restart();
  at.connector.attach(at.site.shared_hub());
  at.server.clock.advance(11s);
  CHECK(at.connector.gate_count() == 1);
  at.make_cut();
  const Result<Applied> done = at.apply().get();
  REQUIRE(done.ok());
  CHECK(contains(done->evidence,
                 "1 goes on without a lease until the tokens end (Gate edge, which was removed"));
  CHECK(at.observe()->finding == Finding::unobservable);
}

TEST_CASE("a server that has had no gates waits for none") {
  test::ServerFixture server;
  test::GateFeedSite site{server};
  CHECK(site.hub().gate_count() == 0);
}

TEST_CASE("a run of a tenant with gates has one step for them, whatever their number") {
  StepOffice at;
  const EnrolledGate other{at.office, "other"};
  at.office.add_user("leaver@contoso.com");
  const HttpResponse planned =
      at.office.call(at.office.token_of_john(Role::global_administrator), HttpMethod::post,
                     "/revocations", R"({"subject":"leaver@contoso.com","dryRun":true})");
  CAPTURE(planned.body);
  CHECK(contains(planned.body, "local.gates"));
  CHECK(contains(planned.body, R"("kind":"gate")"));
}

}  // namespace
}  // namespace curfew
