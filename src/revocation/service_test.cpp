#include "revocation/service.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/service_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

TEST_CASE("revoking ends every path, observes it, and says so") {
  ServiceWorld world;
  world.add_registration("rt", "u", "registered");
  const Position before = world.head();
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const auto revoked = world.revoke("u@contoso.com", ga);
  REQUIRE(revoked.ok());
  CHECK(revoked.value().made_now);
  for (const AccessPath& path : revoked.value().data.paths) {
    // As of the cut: nothing is called ended before it has been observed.
    CHECK(path.state != PathState::ended);
  }
  const RunData data = world.run(revoked.value().data.run.id);
  CHECK(data.run.state == RunState::at_rest);
  CHECK(data.run.first_position == before.next());
  CHECK(data.run.cut_position == world.head());
  for (const Step& step : data.steps) {
    CAPTURE(step.title);
    CHECK(step.state == StepState::ended);
    CHECK_FALSE(step.evidence.empty());
  }
  for (const AccessPath& path : data.paths) {
    CAPTURE(to_string(path.kind));
    if (path.kind == PathKind::app_session) {
      CHECK(path.state == PathState::unknown);
      CHECK_FALSE(path.reason.empty());
      continue;
    }
    CHECK(path.state == PathState::ended);
    CHECK(path.ended_at == data.run.cut_at);
  }
  CHECK_FALSE(world.enabled("u"));
  CHECK_FALSE(world.get<Device>(DeviceId{"d"})->account_enabled);
  CHECK_FALSE(world.get<ApiKey>(std::string{"k"}));
  CHECK_FALSE(world.get<RegistrationToken>(std::string{"rt"}));
  // What came of it stays, and manages itself no more.
  CHECK(world.get<Registration>(AppId{"registered"}));
  CHECK(world.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"}));
}

TEST_CASE("the dry run changes nothing but the audit, and expects what the run then does") {
  ServiceWorld world;
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const Position before = world.head();
  const auto plan =
      world.wait(world.service.plan({"u", {}, "drill", ""}, standing(ga), world.loop));
  REQUIRE(plan.ok());
  CHECK(world.head() == before);
  CHECK(world.enabled("u"));
  CHECK(world.service.runs({}, world.root()).value().empty());
  CHECK(world.records().front().entry.action == "user.plan_revocation");
  const RunData data = world.run(world.revoke("u", ga).value().data.run.id);
  REQUIRE(data.paths.size() == plan.value().paths.size());
  for (std::size_t at = 0; at < data.paths.size(); ++at) {
    CHECK(data.paths[at].state == plan.value().paths[at].state);
    CHECK(data.paths[at].kind == plan.value().paths[at].kind);
  }
}

TEST_CASE("ending sessions lets new ones begin and keeps account and assignments") {
  ServiceWorld world;
  const Position before = world.head();
  const auto revoked = world.revoke("u", world.admin, {RunMode::sessions_only});
  REQUIRE(revoked.ok());
  CHECK(world.enabled("u"));
  CHECK(world.renewal(before, {key_of(UserId{"u"})}) == Verdict::revoked);
  world.add_session("new", "u");
  CHECK(world.renewal(world.head(), {key_of(UserId{"u"})}) == Verdict::live);
  // Observed again later, the new session is no residue of the old ones.
  REQUIRE(world.loop.run_for(48h));
  const RunData data = world.run(revoked.value().data.run.id);
  CHECK(data.run.state == RunState::at_rest);
  for (const Step& step : data.steps) CHECK(step.state == StepState::ended);
}

TEST_CASE("ending the sessions of somebody who has none is a run at rest") {
  ServiceWorld world;
  world.add_user("empty");
  const auto revoked = world.revoke("empty", world.admin, {RunMode::sessions_only});
  REQUIRE(revoked.ok());
  CHECK(world.run(revoked.value().data.run.id).run.state == RunState::at_rest);
  CHECK(world.engine.backlog() == 0);
}

TEST_CASE("a repeated request with the same key is the same run; another request is refused") {
  ServiceWorld world;
  const auto first = world.revoke("u", world.admin, {}, "key");
  REQUIRE(first.ok());
  const Position after = world.head();
  const auto second = world.revoke("u@contoso.com", world.admin, {}, "key");
  REQUIRE(second.ok());
  CHECK_FALSE(second.value().made_now);
  CHECK(second.value().data.run.id == first.value().data.run.id);
  CHECK(world.head() == after);
  CHECK(refusal(world.revoke("u", world.admin, {RunMode::sessions_only}, "key")) == "conflict");
  // The key belongs to its caller.
  const Actor ga = world.actor("ga", {Role::global_administrator});
  CHECK(world.revoke("u", ga, {}, "key").value().made_now);
}

TEST_CASE("a device that the caller may not disable waits for somebody who may") {
  ServiceWorld world;
  const RunId id = world.revoke("u", world.admin).value().data.run.id;
  CHECK(world.get<Device>(DeviceId{"d"})->account_enabled);
  RunData data = world.run(id);
  const auto step = std::find_if(data.steps.begin(), data.steps.end(), [](const Step& one) {
    return one.connector == local_target::kDevice;
  });
  REQUIRE(step != data.steps.end());
  CHECK(step->state == StepState::waiting);
  const auto retry = [&](const Actor& by) {
    return world.wait(world.service.retry_step(id, step->id, standing(by), world.loop));
  };
  CHECK(refusal(retry(world.admin)) == "guard.role");
  CHECK(world.get<Device>(DeviceId{"d"})->account_enabled);
  CHECK(refusal(retry(world.actor("ga", {Role::global_administrator}))) == "done");
  world.loop.run_ready();
  CHECK_FALSE(world.get<Device>(DeviceId{"d"})->account_enabled);
  for (const AccessPath& path : world.run(id).paths) {
    if (path.kind == PathKind::device) CHECK(path.state == PathState::ended);
  }
}

TEST_CASE("whoever may revoke may retry the subject's own keys and tokens, and nobody else's") {
  ServiceWorld world;
  world.add_registration("rt", "u", "registered");
  const RunId id = world.revoke("u", world.admin).value().data.run.id;
  const auto retried = [&](std::string_view connector, auto again) {
    const RunData data = world.run(id);
    const auto step = std::ranges::find(data.steps, connector, &Step::connector);
    REQUIRE(step != data.steps.end());
    Step failed = *step;
    failed.state = StepState::failed;  // as after a store that did not answer
    world.put(failed);
    world.put(again);
    return refusal(
        world.wait(world.service.retry_step(id, step->id, standing(world.admin), world.loop)));
  };
  RegistrationToken token;
  token.tenant_id = world.tenant;
  token.id = "rt";
  token.maker_kind = ActorKind::user;
  token.maker_id = "u";
  CHECK(retried(local_target::kRegistrationToken, token) == "done");
  token.maker_id = "somebody";
  CHECK(retried(local_target::kRegistrationToken, token) == "guard.role");
  ApiKey key;
  key.tenant_id = world.tenant;
  key.id = "k";
  key.owner = UserId{"u"};
  CHECK(retried(local_target::kApiKey, key) == "done");
  key.owner = UserId{"somebody"};
  CHECK(retried(local_target::kApiKey, key) == "guard.role");
}

TEST_CASE("refusals are recorded with their rule, under the subject's own key") {
  ServiceWorld world;
  const Actor nobody = world.actor("u", {});
  CHECK(refusal(world.revoke("ga@contoso.com", nobody)) == "guard.role");
  const AuditRecord record = world.records().front();
  CHECK(record.entry.action == "user.revoke");
  CHECK(record.entry.outcome == AuditOutcome::refused);
  CHECK(record.entry.rule == "guard.role");
  CHECK(record.subject_id == "ga");
  CHECK(record.actor_id == "u");
  CHECK(world.service.runs({}, world.root()).value().empty());
}

TEST_CASE("single removals and their opposites go through guard and audit") {
  ServiceWorld world;
  Removal disable;
  disable.kind = RemovalKind::disable_device;
  disable.device_id = DeviceId{"d"};
  CHECK(refusal(world.wait(world.service.remove_one(disable, standing(world.admin), world.loop))) ==
        "guard.role");
  CHECK(world.get<Device>(DeviceId{"d"})->account_enabled);
  const Actor ga = world.actor("ga", {Role::global_administrator});
  REQUIRE(world.wait(world.service.remove_one(disable, standing(ga), world.loop)).ok());
  CHECK_FALSE(world.get<Device>(DeviceId{"d"})->account_enabled);
  CHECK(world.records().front().entry.action == "device.disable");
  CHECK(world.records().front().entry.position == world.head());
  const Restoral enable{RestoralKind::enable_device, "d", "administrator", ""};
  CHECK(refusal(world.wait(world.service.restore_one(enable, standing(world.admin), world.loop))) ==
        "guard.role");
  REQUIRE(world.wait(world.service.restore_one(enable, standing(ga), world.loop)).ok());
  CHECK(world.get<Device>(DeviceId{"d"})->account_enabled);
}

TEST_CASE("the audit names whom a single removal met, whether it was done or refused") {
  ServiceWorld world;
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const std::string name = world.get<User>(UserId{"u"})->user_principal_name;
  Removal disable;
  disable.kind = RemovalKind::disable_user;
  disable.user_id = UserId{"u"};
  CHECK(refusal(world.wait(world.service.remove_one(disable, standing(world.actor("u", {})),
                                                    world.loop))) != "done");
  CHECK(world.records().front().subject_name == name);
  REQUIRE(world.wait(world.service.remove_one(disable, standing(ga), world.loop)).ok());
  CHECK(world.records().front().entry.outcome == AuditOutcome::success);
  CHECK(world.records().front().subject_name == name);
  const Restoral enable{RestoralKind::enable_user, "u", "administrator", ""};
  REQUIRE(world.wait(world.service.restore_one(enable, standing(ga), world.loop)).ok());
  CHECK(world.records().front().subject_name == name);
}

TEST_CASE("one ends one's own session, and not another's") {
  ServiceWorld world;
  Removal end;
  end.kind = RemovalKind::end_session;
  end.session_id = SessionId{"s1"};
  const Actor self = world.actor("u", {});
  world.add_user("other");
  CHECK(refusal(world.wait(world.service.remove_one(end, standing(world.actor("other", {})),
                                                    world.loop))) == "guard.role");
  CHECK(refusal(world.wait(world.service.remove_one(end, standing(self), world.loop))) == "done");
  CHECK(world.get<Session>(SessionId{"s1"})->ended_at);
  CHECK_FALSE(world.get<Session>(SessionId{"s2"})->ended_at);
}

TEST_CASE("one's own password is changed with the old one, and with nothing less") {
  ServiceWorld world;
  Removal reset;
  reset.kind = RemovalKind::reset_password;
  reset.user_id = UserId{"ga"};
  reset.password_hash = "new";
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const auto change = [&](const Actor& by, ActorProof proof) {
    return refusal(world.wait(world.service.remove_one(reset, standing(by), world.loop, proof)));
  };
  CHECK(change(ga, ActorProof::none) == "guard.self");
  CHECK(change(world.actor("u", {}), ActorProof::old_password) == "guard.role");
  CHECK(change(ga, ActorProof::old_password) == "done");
  CHECK(world.get<User>(UserId{"ga"})->password_hash == "new");
}

TEST_CASE("who follows a run is told of each change, and of none after leaving") {
  ServiceWorld world;
  int told = 0;
  auto subscription = world.watch.subscribe(RunId{"run-1"}, [&] { ++told; });
  const auto revoked = world.revoke("u", world.admin);
  REQUIRE(revoked.ok());
  CHECK(told > 0);
  const int before = told;
  subscription.reset();
  REQUIRE(world.loop.run_for(1h));
  CHECK(told == before);
}

TEST_CASE("what people have got is shown to readers and to themselves") {
  ServiceWorld world;
  CHECK(world.service.access_of("u", world.admin).ok());
  CHECK(world.service.access_of("u", world.actor("u", {})).ok());
  CHECK(refusal(world.service.access_of("admin", world.actor("u", {}))) == "guard.role");
  CHECK(refusal(world.service.access_of("nobody@x", world.actor("u", {}))) == "guard.role");
  CHECK(refusal(world.service.run(RunId{"x"}, world.actor("u", {}))) == "guard.role");
}

TEST_CASE("a run that meets more objects than it can list is refused rather than cut short") {
  ServiceWorld world;
  for (int made = 0; made < 1'001; ++made) world.add_device("d" + std::to_string(made), "u");
  CHECK(refusal(world.revoke("u", world.admin)) == "exhausted");
  CHECK(world.enabled("u"));
}

TEST_CASE("requests over their limits are refused before anything is read") {
  ServiceWorld world;
  const auto asked = [&](RevocationRequest request) {
    return refusal(
        world.wait(world.service.revoke(std::move(request), standing(world.admin), world.loop)));
  };
  CHECK(asked({"", {}, "", ""}) == "invalid_argument");
  CHECK(asked({"u", {}, std::string(kReasonBytesMax + 1, 'x'), ""}) == "invalid_argument");
  CHECK(asked({"u", {}, "", std::string(kIdempotencyKeyBytesMax + 1, 'x')}) == "invalid_argument");
}
