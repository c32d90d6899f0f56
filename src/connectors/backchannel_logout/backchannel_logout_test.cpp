#include "connectors/backchannel_logout/backchannel_logout.hpp"

#include <doctest/doctest.h>

#include "revocation/run_store.hpp"
#include "store/schema_runs.hpp"
#include "tests/conformance/connector_suite.hpp"
#include "tests/support/cut_run.hpp"
#include "tests/support/logout_world.hpp"

using namespace curfew;

namespace {

// A run that has been cut, with an order for its step at the application.
class LogoutFixture : public ConnectorFixture {
 public:
  explicit LogoutFixture(int sessions = 3, RunMode mode = RunMode::revoke) {
    world.add_user("admin", {Role::global_administrator});
    for (int made = 0; made < sessions; ++made) world.sign_in("s" + std::to_string(made));
    data = cut_run(world, mode);
  }
  Connector& connector() override { return logout_; }
  ConnectorOrder order() override {
    const Step* const step = step_at(data, kBackchannelLogoutConnector);
    REQUIRE_MESSAGE(step != nullptr, "the run has no step at the application");
    return order_for(data, *step, world.clock.now());
  }
  TimePoint now() override { return world.clock.now(); }
  void run() override { world.loop.run_for(std::chrono::seconds{31}); }
  std::string state() override { return std::to_string(world.alive.size()); }
  bool make_busy() override { return answer(503); }
  bool make_silent() override { return answer(0); }
  void make_well() override { answer(200); }
  bool has_undo() override { return false; }

  Result<Applied> apply() { return conformance::finish<Applied>(*this, logout_.apply(order())); }

  LogoutWorld world;
  RunData data;

 private:
  bool answer(int status) {
    world.status = status;
    return true;
  }
  LogoutTeller teller_{world.parts()};
  BackchannelLogout logout_{teller_};
};

// An application cannot show what it has: nothing is ever observed alive.
class Contract final : public LogoutFixture {};

}  // namespace

TEST_CASE("the back-channel connector keeps the connectors' contract") {
  SUBCASE("an order ends the access, and given again leaves it as it was") {
    Contract fixture;
    conformance::apply_ends_access_and_may_be_repeated(fixture);
    CHECK(fixture.world.alive.empty());
  }
  SUBCASE("failures say who can cure them, by the deadline") {
    Contract fixture;
    conformance::failures_are_classified_and_bounded(fixture);
  }
  SUBCASE("observing calls nobody") {
    Contract fixture;
    CHECK(conformance::observed(fixture) == Finding::unobservable);
    CHECK(fixture.world.calls.empty());
  }
}

TEST_CASE("2.4: one logout token for each client and session, with sub and sid, for two minutes") {
  LogoutFixture fixture{2};
  const auto applied = fixture.apply();
  REQUIRE(applied.ok());
  CHECK(applied->evidence == "told of 2 sessions: HTTP 200");
  REQUIRE(fixture.world.calls.size() == 2);
  std::set<std::string> sids;
  std::set<std::string> ids;
  for (const LogoutCall& call : fixture.world.calls) {
    CHECK(call.url == LogoutWorld::kUri);
    CHECK(call.header.at("typ") == "logout+jwt");
    CHECK(call.header.at("alg") == "RS256");
    CHECK(call.claims.at("iss") == "https://issuer");
    CHECK(call.claims.at("aud") == "app");
    CHECK(call.claims.at("sub") == "u");
    CHECK(call.claims.at("exp").as_int64() - call.claims.at("iat").as_int64() == 120);
    CHECK_FALSE(call.claims.contains("nonce"));
    sids.insert(call.sid());
    ids.insert(std::string{call.claims.at("jti").as_string()});
  }
  CHECK(sids == std::set<std::string>{"s0", "s1"});
  CHECK(ids.size() == 2);
}

TEST_CASE("what was acknowledged is not told again when the order is") {
  LogoutFixture fixture{3};
  fixture.world.status = 500;
  const auto failed = fixture.apply();
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().retry() == Retry::later);
  CHECK(failed.error().message() == "told of 0 of 3 sessions: the application answered HTTP 500");
  fixture.world.status = 204;
  REQUIRE(fixture.apply().ok());
  CHECK(fixture.world.alive.empty());
  CHECK(fixture.world.calls.size() == 6);

  // One that fails in between leaves the others acknowledged.
  LogoutFixture partly{1};
  REQUIRE(partly.apply().ok());
  partly.world.sign_in("from before");  // its stamp is newer than the run: it is not the run's
  REQUIRE(partly.apply().ok());
  for (const LogoutCall& call : partly.world.calls) CHECK(call.sid() == "s0");
}

TEST_CASE("a sign-in from after the run is not signed out by it") {
  LogoutFixture fixture{1, RunMode::sessions_only};
  fixture.world.sign_in("anew");
  REQUIRE(fixture.apply().ok());
  CHECK(fixture.world.calls.size() == 1);
  CHECK(fixture.world.alive == std::set<std::string>{"anew"});
}

TEST_CASE("2.8: 400 is not tried again, and the answer is named") {
  LogoutFixture fixture{1};
  for (const int status : {400, 404, 302, 202}) {
    fixture.world.status = status;
    const auto failed = fixture.apply();
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.error().retry() == Retry::never);
    CHECK(failed.error().message().find("HTTP " + std::to_string(status)) != std::string::npos);
  }
  CHECK(judge_logout_answer(200).ok());
  CHECK(judge_logout_answer(204).ok());
  CHECK(judge_logout_answer(429).error().retry() == Retry::later);
}

TEST_CASE("a person's many sessions are told a few at a time") {
  LogoutFixture fixture{40};
  REQUIRE(fixture.apply().ok());
  CHECK(fixture.world.calls.size() == 40);
  CHECK(fixture.world.most_waiting == 8);
  CHECK(fixture.world.alive.empty());
}

TEST_CASE("an application that hangs is asked no more in this order, and waits apart in the next") {
  LogoutFixture fixture{20};
  fixture.world.status = 0;
  const TimePoint began = fixture.now();
  const auto hung = fixture.apply();
  REQUIRE_FALSE(hung.ok());
  CHECK(hung.error().retry() == Retry::later);
  CHECK(fixture.world.calls.size() == 8);
  CHECK(fixture.now() - began <= std::chrono::seconds{31});
  CHECK_FALSE(fixture.world.calls.front().is_slow);
  fixture.world.status = 200;
  REQUIRE(fixture.apply().ok());
  CHECK(fixture.world.calls[8].is_slow);
}

TEST_CASE("an application that lost its address is for a person to look at") {
  LogoutFixture fixture{1};
  App app = *fixture.world.get<App>(AppId{"app"});
  app.backchannel_logout_uri.reset();
  fixture.world.put(app);
  const auto applied = fixture.apply();
  REQUIRE_FALSE(applied.ok());
  CHECK(applied.error().retry() == Retry::after_human);
}
