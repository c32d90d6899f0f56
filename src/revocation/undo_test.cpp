// Undoing runs, and asking again about what could not be answered.
#include <doctest/doctest.h>

#include "tests/support/service_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

// What was done by a connector that is not here any more, so that nothing here can give it back.
void add_step_elsewhere(ServiceWorld& world, const RunId& id) {
  RunData data = world.run(id);
  Step elsewhere;
  elsewhere.tenant_id = world.tenant;
  elsewhere.run_id = id;
  elsewhere.ordinal = static_cast<std::uint32_t>(data.steps.size());
  elsewhere.id = StepId{id.str() + ".elsewhere"};
  elsewhere.connector = "elsewhere";
  elsewhere.state = StepState::ended;
  elsewhere.applied_at = world.clock.now();
  data.steps.push_back(elsewhere);
  AccessPath path;
  path.tenant_id = world.tenant;
  path.run_id = id;
  path.ordinal = static_cast<std::uint32_t>(data.paths.size());
  path.step_id = elsewhere.id;
  path.kind = PathKind::app_session;
  path.state = PathState::ended;
  data.paths.push_back(path);
  world.write([&](WriteTx& tx) { return save_run(tx, data); });
}

}  // namespace

TEST_CASE("a run that its caller was told had failed is driven when they ask again") {
  ServiceWorld world;
  bool fails = true;  // after the cut is durable, as a witness that cannot be written
  world.store->set_group_hook([&]() -> Status {
    if (!fails) return Done{};
    return Error::transient(ErrorCode::unavailable, "the witness cannot be written");
  });
  CHECK(refusal(world.revoke("u", world.admin, {}, "key")) == "unavailable");
  CHECK_FALSE(world.enabled("u"));
  fails = false;
  const auto again = world.revoke("u", world.admin, {}, "key");
  REQUIRE(again.ok());
  CHECK_FALSE(again.value().made_now);
  const RunId id = again.value().data.run.id;
  CHECK(world.run(id).run.state == RunState::at_rest);
  // One that rests is left alone.
  const std::uint64_t change = world.run(id).run.change;
  REQUIRE(world.revoke("u", world.admin, {}, "key").ok());
  CHECK(world.run(id).run.change == change);
}

TEST_CASE("undoing one of two runs leaves the other's hold, whatever the order") {
  for (const bool first_first : {true, false}) {
    ServiceWorld world;
    const Actor ga = world.actor("ga", {Role::global_administrator});
    const RunId one = world.revoke("u", ga).value().data.run.id;
    const RunId two = world.revoke("u", ga).value().data.run.id;
    CHECK(one != two);
    const RunId& early = first_first ? one : two;
    const RunId& late = first_first ? two : one;
    REQUIRE(world.wait(world.service.restore(early, standing(ga), world.loop)).ok());
    CHECK_FALSE(world.enabled("u"));
    CHECK_FALSE(world.get<Device>(DeviceId{"d"})->account_enabled);
    REQUIRE(world.wait(world.service.restore(late, standing(ga), world.loop)).ok());
    CHECK(world.enabled("u"));
    CHECK(world.get<Device>(DeviceId{"d"})->account_enabled);
  }
}

TEST_CASE("an undo gives account, device and assignments back, and no credential") {
  ServiceWorld world;
  world.add_registration("rt", "u", "registered");
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const Position before = world.head();
  const RunId id = world.revoke("u", ga, {RunMode::revoke, {"assignments"}}).value().data.run.id;
  CHECK_FALSE(world.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"}));
  const auto restored = world.wait(world.service.restore(id, standing(ga), world.loop));
  REQUIRE(restored.ok());
  CHECK(restored.value().run.state == RunState::restored);
  CHECK(world.enabled("u"));
  CHECK(world.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"}));
  CHECK_FALSE(world.get<ApiKey>(std::string{"k"}));
  CHECK_FALSE(world.get<RegistrationToken>(std::string{"rt"}));
  CHECK(world.renewal(before, {credential_key("rt")}) == Verdict::blocked);
  CHECK(world.renewal(before, {key_of(UserId{"u"})}) == Verdict::revoked);
  CHECK(world.renewal(before, {assignment_key(UserId{"u"}, AppId{"app"})}) == Verdict::revoked);
  CHECK(world.renewal(before, {key_of(DeviceId{"d"})}) == Verdict::revoked);
  CHECK(world.renewal(before, {credential_key("k")}) == Verdict::blocked);
  // Twice is refused, and the restored run is not observed again.
  CHECK(refusal(world.wait(world.service.restore(id, standing(ga), world.loop))) == "conflict");
  REQUIRE(world.loop.run_for(48h));
  CHECK(world.enabled("u"));
}

TEST_CASE("after an undo the report calls nothing ended that works again, but credentials") {
  for (const std::set<std::string>& parts : {std::set<std::string>{}, {"assignments"}}) {
    CAPTURE(parts.size());
    ServiceWorld world;
    const Actor ga = world.actor("ga", {Role::global_administrator});
    const RunId id = world.revoke("u", ga, {RunMode::revoke, parts}).value().data.run.id;
    const std::size_t ended = summary_of(world.run(id)).ended_count;
    REQUIRE(world.wait(world.service.restore(id, standing(ga), world.loop)).ok());
    REQUIRE(world.loop.run_for(48h));  // whatever is looked at again
    const RunData data = world.run(id);
    const std::string undone = to_rfc3339(*data.run.restored_at);
    std::size_t given_back = 0;
    for (const AccessPath& path : data.paths) {
      CAPTURE(to_string(path.kind));
      switch (path.kind) {
        case PathKind::account:
        case PathKind::device:
        case PathKind::assignment:
          ++given_back;
          CHECK(path.state == PathState::unknown);
          CHECK_FALSE(path.ended_at);
          CHECK(path.reason == "given back by the undo at " + undone);
          break;
        case PathKind::app_session: CHECK(path.state == PathState::unknown); break;
        default: CHECK(path.state == PathState::ended);
      }
    }
    CHECK(given_back == 3);
    CHECK(summary_of(data).ended_count == ended - given_back);
    const std::string report = world.service.report(id, ga).value();
    CHECK(report.find(R"("state":"restored")") != std::string::npos);
    CHECK(report.find(R"("restored_at":")" + undone) != std::string::npos);
  }
}

TEST_CASE("an undo that leaves another block says which, and does not call the account ended") {
  ServiceWorld world;
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const RunId one = world.revoke("u", ga).value().data.run.id;
  const RunId two = world.revoke("u", ga).value().data.run.id;
  REQUIRE(world.wait(world.service.restore(one, standing(ga), world.loop)).ok());
  const auto account = [&](const RunId& id) {
    for (const AccessPath& path : world.run(id).paths) {
      if (path.kind == PathKind::account) return path;
    }
    return AccessPath{};
  };
  CHECK(account(one).state == PathState::unknown);
  CHECK(account(one).reason.ends_with("; still blocked then by run:" + two.str()));
  CHECK(account(two).state == PathState::ended);
}

TEST_CASE("what a connector has yet to give back, as another blocks the subject, says so") {
  for (const bool blocked : {false, true}) {
    CAPTURE(blocked);
    ServiceWorld world;
    const Actor ga = world.actor("ga", {Role::global_administrator});
    const RunId one = world.revoke("u", ga).value().data.run.id;
    add_step_elsewhere(world, one);
    std::string ending = "given back by the undo at " + to_rfc3339(world.clock.now());
    if (blocked) {
      ending += "; still blocked then by run:" + world.revoke("u", ga).value().data.run.id.str();
    }
    REQUIRE(world.wait(world.service.restore(one, standing(ga), world.loop)).ok());
    std::size_t found = 0;
    for (const AccessPath& path : world.run(one).paths) {
      if (path.step_id != StepId{one.str() + ".elsewhere"}) continue;
      ++found;
      CHECK(path.state == PathState::unknown);
      CHECK(path.reason == ending);
    }
    CHECK(found == 1);
  }
}

TEST_CASE("a device that an undo had to leave disabled is enabled by whoever may enable devices") {
  ServiceWorld world;
  world.add_user("cda", {Role::cloud_device_administrator});
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const Requester cda = standing(world.actor("cda", {Role::cloud_device_administrator}));
  const RunId undone = world.revoke("u", ga).value().data.run.id;
  const RunId standing_run = world.revoke("u", ga).value().data.run.id;
  REQUIRE(world.wait(world.service.restore(undone, standing(world.admin), world.loop)).ok());
  const auto device_path = [&] {
    for (const AccessPath& path : world.run(undone).paths) {
      if (path.kind == PathKind::device) return path;
    }
    return AccessPath{};
  };
  CHECK(device_path().state == PathState::ended);
  CHECK(device_path().reason.find("Cloud Device Administrator") != std::string::npos);

  const Restoral enable{RestoralKind::enable_device, "d", "administrator", ""};
  const auto enabled = [&] {
    const auto done = world.wait(world.service.restore_one(enable, cda, world.loop));
    REQUIRE(done.ok());
    return done.value();
  };
  // Only what the undone run still holds: the other incident's hold is nobody's here to end.
  const RestoralEffect kept = enabled();
  CHECK_FALSE(kept.enabled);
  CHECK(kept.other_owners == std::vector<std::string>{"run:" + standing_run.str()});
  CHECK_FALSE(world.get<Device>(DeviceId{"d"})->account_enabled);
  CHECK(device_path().state == PathState::unknown);
  CHECK(device_path().reason.starts_with("given back at "));

  REQUIRE(world.wait(world.service.restore(standing_run, standing(world.admin), world.loop)).ok());
  CHECK_FALSE(world.get<Device>(DeviceId{"d"})->account_enabled);
  CHECK(enabled().enabled);
  CHECK(world.get<Device>(DeviceId{"d"})->account_enabled);
}

// One step stood for all assignments, in runs that were made by the version before.
TEST_CASE("an undo gives back the assignments of a run that took them in one step") {
  ServiceWorld world;
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const RunId id = world.revoke("u", ga).value().data.run.id;
  RunData data = world.run(id);
  Step step = data.steps.front();
  step.ordinal = static_cast<std::uint32_t>(data.steps.size());
  step.id = StepId{id.str() + ".old"};
  step.connector = "local.assignments";
  step.prior_value = "app\n";
  data.steps.push_back(step);
  world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<AppAssignment>(tx, world.tenant, AppId{"app"}, PrincipalKind::user,
                                            std::string{"u"}));
    return save_run(tx, data);
  });
  REQUIRE(world.wait(world.service.restore(id, standing(ga), world.loop)).ok());
  CHECK(world.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"}));
}

TEST_CASE("what somebody else changed since is not overwritten by an undo") {
  ServiceWorld world;
  const Actor ga = world.actor("ga", {Role::global_administrator});
  const RunId id = world.revoke("u", ga, {RunMode::revoke, {"assignments"}}).value().data.run.id;
  AppAssignment again{world.tenant, AppId{"app"}, PrincipalKind::user, "u", world.clock.now() + 1h};
  world.put(again);
  REQUIRE(world.wait(world.service.restore(id, standing(ga), world.loop)).ok());
  CHECK(world.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"})->created_at ==
        again.created_at);
}

TEST_CASE("an undo is guarded like granting") {
  ServiceWorld world;
  world.add_user("h", {Role::helpdesk_administrator});
  const Actor helpdesk = world.actor("h", {Role::helpdesk_administrator});
  const RunId id = world.revoke("u", world.admin).value().data.run.id;
  CHECK(refusal(world.wait(world.service.restore(id, standing(helpdesk), world.loop))) ==
        "guard.role");
  CHECK_FALSE(world.enabled("u"));
  CHECK(world.records().front().entry.outcome == AuditOutcome::refused);
}

TEST_CASE("an undo that its caller was told had failed is driven when they ask again") {
  ServiceWorld world;
  const RunId id = world.revoke("u", world.admin).value().data.run.id;
  add_step_elsewhere(world, id);
  const auto undo = [&] {
    return refusal(world.wait(world.service.restore(id, standing(world.admin), world.loop)));
  };
  bool fails = true;
  world.store->set_group_hook([&]() -> Status {
    if (!fails) return Done{};
    return Error::transient(ErrorCode::unavailable, "the witness cannot be written");
  });
  CHECK(undo() == "unavailable");
  fails = false;
  CHECK(world.enabled("u"));
  CHECK(world.run(id).run.state == RunState::restoring);
  CHECK(undo() == "conflict");
  CHECK(world.run(id).run.state == RunState::restored);
  CHECK(world.run(id).steps.back().state == StepState::waiting);
}

TEST_CASE("runs that such an undo released are driven too when it is asked for again") {
  ServiceWorld world;
  const Requester ga = standing(world.actor("ga", {Role::global_administrator}));
  const RunId released = world.revoke("u", world.admin).value().data.run.id;
  add_step_elsewhere(world, released);
  const RunId last = world.revoke("u", world.admin).value().data.run.id;
  REQUIRE(world.wait(world.service.restore(released, ga, world.loop)).ok());
  CHECK(world.run(released).run.state == RunState::restored);
  bool fails = true;
  world.store->set_group_hook([&]() -> Status {
    if (!fails) return Done{};
    return Error::transient(ErrorCode::unavailable, "the witness cannot be written");
  });
  const auto undo = [&] {
    return refusal(world.wait(world.service.restore(last, ga, world.loop)));
  };
  CHECK(undo() == "unavailable");
  fails = false;
  CHECK(world.enabled("u"));
  CHECK(world.run(released).run.state == RunState::restoring);
  CHECK(world.run(released).steps.back().state == StepState::planned);
  CHECK(undo() == "conflict");
  CHECK(world.run(released).run.state == RunState::restored);
  CHECK(world.run(released).steps.back().state == StepState::waiting);
  // One that rests is left alone.
  const std::uint64_t change = world.run(released).run.change;
  CHECK(undo() == "conflict");
  CHECK(world.run(released).run.change == change);
}
