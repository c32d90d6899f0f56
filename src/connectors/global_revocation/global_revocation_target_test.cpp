#include "connectors/global_revocation/global_revocation_target.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/target_limits.hpp"
#include "base/text.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
#include "protocol/json/json.hpp"
#include "revocation/run_store.hpp"
#include "revocation/sim_loop.hpp"
#include "store/schema_runs.hpp"
#include "store/schema_targets.hpp"
#include "tests/conformance/connector_suite.hpp"
#include "tests/support/cut_run.hpp"
#include "tests/support/outside_world.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;

namespace {

constexpr const char* kUrl = "https://partner.test/revoke?tenant=7";

struct AskedCall {
  std::string url;
  std::string authorization;
  RevokedSubject subject;
  std::string body;
  bool is_slow = false;
};

// A run that has been cut, with an order for its step at another server.
class TargetFixture : public ConnectorFixture {
 public:
  explicit TargetFixture(const std::function<void(RevocationTarget&)>& change = {}) {
    world.pass_positions(3);
    world.add_user("u");
    world.add_user("admin", {Role::global_administrator});
    target.tenant_id = world.tenant;
    target.id = "target";
    target.display_name = "Partner";
    target.url = kUrl;
    target.client_id = "we-over-there";
    if (change) change(target);
    world.put(target);
    data = cut_run(world);
  }
  Connector& connector() override { return connector_; }
  [[nodiscard]] const Step* step() const { return step_at(data, kGlobalRevocationConnector); }
  ConnectorOrder order() override {
    REQUIRE(step() != nullptr);
    return order_for(data, *step(), world.clock.now());
  }
  TimePoint now() override { return world.clock.now(); }
  void run() override { loop.run_for(std::chrono::seconds{31}); }
  std::string state() override { return std::to_string(alive.size()); }
  bool make_busy() override { return answer(503); }
  bool make_silent() override { return answer(0); }
  bool make_refusing() override { return answer(401); }
  void make_well() override { answer(204); }
  bool has_undo() override { return false; }

  Result<Applied> apply() { return conformance::finish<Applied>(*this, connector_.apply(order())); }
  boost::json::object jwt_part(std::size_t part) {
    REQUIRE_FALSE(calls.empty());
    const std::string token = calls.back().authorization.substr(7);
    const auto pieces = split(token, '.');
    REQUIRE(pieces.size() == 3);
    return parse_json_object(base64url_decode(pieces.at(part)).value()).value();
  }

  RevocationTarget stored() { return world.get<RevocationTarget>(std::string{"target"}).value(); }

  RevocationWorld world;
  RevocationTarget target;
  std::function<void()> while_asked;
  RunData data;
  int status = 204;
  std::vector<AskedCall> calls;
  std::set<std::string> alive{"u@contoso.com"};  // who has something over there

 private:
  bool answer(int with) {
    status = with;
    return true;
  }
  OutsideParts parts() {
    return outside_parts(world, loop,
                         [this](OutsideCall call, std::function<void(Result<OutsideAnswer>)> done) {
                           receive(std::move(call), std::move(done));
                         });
  }
  void receive(OutsideCall call, std::function<void(Result<OutsideAnswer>)> done) {
    CHECK(call.content_type == "application/json");
    calls.push_back({call.url, call.authorization, parse_global_revocation(call.body).value(),
                     call.body, call.is_slow});
    if (while_asked) while_asked();
    const int with = status;
    const Duration takes = with == 0 ? call.deadline : Duration{10};
    loop.call_at(world.clock.now() + takes, [this, with, done = std::move(done)] {
      if (with == 0) return done(Error::transient(ErrorCode::timeout, "no answer in time"));
      if (with == 204) alive.erase(calls.back().subject.value);
      done(OutsideAnswer{with});
    });
  }

  SimLoop loop{world.clock};
  GlobalRevocationTarget connector_{
      parts(),
      [](const RevocationTarget& one) -> Result<std::string> { return "token-of-" + one.id; }};
};

}  // namespace

TEST_CASE("the connector to other servers keeps the connectors' contract") {
  SUBCASE("an order ends the access, and given again leaves it as it was") {
    TargetFixture fixture;
    conformance::apply_ends_access_and_may_be_repeated(fixture);
    CHECK(fixture.alive.empty());
  }
  SUBCASE("failures say who can cure them, by the deadline") {
    TargetFixture fixture;
    conformance::failures_are_classified_and_bounded(fixture);
  }
  SUBCASE("observing calls nobody") {
    TargetFixture fixture;
    CHECK(conformance::observed(fixture) == Finding::unobservable);
    CHECK(fixture.calls.empty());
  }
}

TEST_CASE("a signed token proves who asks, for this very address") {
  TargetFixture fixture;
  const auto applied = fixture.apply();
  REQUIRE(applied.ok());
  CHECK(applied->evidence.starts_with("HTTP 204: the revocation has begun there"));
  CHECK(fixture.calls.back().url == kUrl);
  CHECK(fixture.jwt_part(0).at("typ") == "global-token-revocation+jwt");
  const boost::json::object claims = fixture.jwt_part(1);
  CHECK(claims.at("iss") == "https://issuer");
  CHECK(claims.at("sub") == "we-over-there");
  CHECK(claims.at("aud") == "https://partner.test/revoke");
  const std::string first{claims.at("jti").as_string()};
  REQUIRE(fixture.apply().ok());
  CHECK(std::string{fixture.jwt_part(1).at("jti").as_string()} != first);
}

TEST_CASE("a token that the target gave us is sent as it is") {
  TargetFixture fixture{[](RevocationTarget& target) {
    target.authentication = TargetAuthentication::bearer;
    target.sealed_token = "sealed";
  }};
  REQUIRE(fixture.apply().ok());
  CHECK(fixture.calls.back().authorization == "Bearer token-of-target");
}

TEST_CASE("the person is named as the target wants it, in the member that it wants") {
  SUBCASE("by address") {
    TargetFixture fixture;
    REQUIRE(fixture.apply().ok());
    CHECK(fixture.calls.back().subject.value == "u@contoso.com");
    CHECK(fixture.calls.back().body.starts_with(R"({"sub_id":)"));
  }
  SUBCASE("by issuer and sub, as older receivers call it") {
    TargetFixture fixture{[](RevocationTarget& target) {
      target.subject_format = SubjectFormat::iss_sub;
      target.subject_member = SubjectMember::subject;
    }};
    REQUIRE(fixture.apply().ok());
    CHECK(fixture.calls.back().subject.issuer == "https://issuer");
    CHECK(fixture.calls.back().subject.value == "u");
    CHECK(fixture.calls.back().body.starts_with(R"({"subject":)"));
  }
  SUBCASE("by our id") {
    TargetFixture fixture{
        [](RevocationTarget& target) { target.subject_format = SubjectFormat::opaque; }};
    REQUIRE(fixture.apply().ok());
    CHECK(fixture.calls.back().subject.format == SubjectFormat::opaque);
    CHECK(fixture.calls.back().subject.value == "u");
  }
}

TEST_CASE("an address that never revoked anything is not believed that it knows nobody") {
  TargetFixture fixture;
  fixture.status = 404;
  const auto unknown = fixture.apply();
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().retry() == Retry::after_human);
  // What any web server answers.
  fixture.status = 200;
  CHECK(fixture.apply().error().retry() == Retry::never);
  CHECK_FALSE(fixture.stored().answered_at);

  fixture.status = 204;
  REQUIRE(fixture.apply().ok());
  CHECK(fixture.stored().answered_at.has_value());
  fixture.status = 404;
  const auto known = fixture.apply();
  REQUIRE(known.ok());
  CHECK(known->evidence.find("404") != std::string::npos);
  CHECK(known->evidence.find("knows nobody") != std::string::npos);
}

TEST_CASE("what one address answered says nothing of another that took its place meanwhile") {
  TargetFixture fixture;
  fixture.while_asked = [&] {
    RevocationTarget moved = fixture.stored();
    moved.url = "https://elsewhere.test/";
    fixture.world.put(moved);
  };
  REQUIRE(fixture.apply().ok());
  CHECK_FALSE(fixture.stored().answered_at);
}

TEST_CASE("a target that cannot log somebody out leaves it to a person") {
  TargetFixture fixture;
  fixture.status = 422;
  CHECK(fixture.apply().error().retry() == Retry::after_human);
}

TEST_CASE("a target that was disabled is asked nothing, also by a step of before") {
  TargetFixture fixture;
  RevocationTarget off = fixture.stored();
  off.is_enabled = false;
  fixture.world.put(off);
  const auto refused = fixture.apply();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().retry() == Retry::after_human);
  CHECK(fixture.calls.empty());
}

TEST_CASE("a target that hangs waits among the slow ones from then on, until it is prompt again") {
  TargetFixture fixture;
  fixture.make_silent();
  REQUIRE_FALSE(fixture.apply().ok());
  fixture.make_well();
  REQUIRE(fixture.apply().ok());
  REQUIRE(fixture.apply().ok());
  REQUIRE(fixture.calls.size() == 3);
  CHECK_FALSE(fixture.calls[0].is_slow);
  CHECK(fixture.calls[1].is_slow);
  CHECK_FALSE(fixture.calls[2].is_slow);
}

TEST_CASE(
    "a run has one step for each target that is enabled, and a path that is open until then") {
  TargetFixture fixture;
  REQUIRE(fixture.step() != nullptr);
  CHECK(fixture.step()->title == "Everything at Partner (global token revocation)");
  const auto path = std::ranges::find_if(
      fixture.data.paths, [&](const AccessPath& one) { return one.step_id == fixture.step()->id; });
  REQUIRE(path != fixture.data.paths.end());
  CHECK(path->state == PathState::open);
  TargetFixture off{[](RevocationTarget& target) { target.is_enabled = false; }};
  CHECK(off.step() == nullptr);
}

TEST_CASE("what was removed since the cut is left for a person") {
  TargetFixture fixture;
  fixture.world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<RevocationTarget>(tx, fixture.world.tenant, std::string{"target"}));
    return Done{};
  });
  const auto refused = fixture.apply();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().retry() == Retry::after_human);
}
