// What a run takes beside the account: parts that are asked for, and the sweep.
#include "revocation/sweep.hpp"

#include <doctest/doctest.h>

#include "revocation/facts.hpp"
#include "revocation/part.hpp"
#include "store/schema_password_reset.hpp"
#include "tests/support/sweep_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

TEST_CASE("every part has a connector of its own, and what it can do fits together") {
  SweepWorld world;
  const ConnectorSet connectors = world.local.all();
  std::set<std::string_view> names;
  for (const RunPart* part : run_parts()) {
    CAPTURE(part->connector);
    CHECK(names.insert(part->connector).second);
    CHECK(connectors.contains(part->connector));
    CHECK((part->of_person != nullptr || part->made_by != nullptr));
    CHECK((part->removal == nullptr) == (part->prior_value == nullptr));
    CHECK_FALSE((part->give_back != nullptr && !part->stays_away.empty()));
    CHECK(part_of_connector(part->connector) == part);
  }
  CHECK(part_options() == std::vector<std::string_view>{"credentials", "methods", "roles", "groups",
                                                        "assignments", "consents"});
}

TEST_CASE("a run takes only the parts that it was asked for") {
  for (const std::string_view asked : part_options()) {
    CAPTURE(asked);
    SweepWorld world;
    world.add_secret("app", "s1");
    const RunId id =
        world.revoke("u", world.ga, {RunMode::revoke, {std::string{asked}}}).value().data.run.id;
    CHECK(world.has_role("u") == (asked != "roles"));
    CHECK(world.get<GroupMember>(GroupId{"staff"}, UserId{"u"}).has_value() == (asked != "groups"));
    CHECK(world.get<Consent>(UserId{"u"}, AppId{"app"}).has_value() == (asked != "consents"));
    CHECK(
        world.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"}).has_value() ==
        (asked != "assignments"));
    CHECK((world.get<User>(UserId{"u"})->password_hash == "old hash") == (asked != "methods"));
    CHECK(world.get<AppSecret>(AppId{"app"}, std::string{"s1"}).has_value() ==
          (asked != "credentials"));
    CHECK(world.run(id).run.state == RunState::at_rest);
    CHECK(summary_of(world.run(id)).open_count == 0);
  }
}

TEST_CASE("each part's removal is observed, and reported ended with its step") {
  SweepWorld world;
  world.add_secret("app", "s1");
  PlanOptions options;
  for (const std::string_view option : part_options()) options.parts.emplace(option);
  const RunData data = world.run(world.revoke("u", world.ga, options).value().data.run.id);
  CHECK(data.run.parts.size() == part_options().size());
  CHECK(state_of(data, PathKind::role, kRoleOfJohn) == "ended");
  CHECK(state_of(data, PathKind::group_membership, "staff/u") == "ended");
  CHECK(state_of(data, PathKind::consent, "u/app") == "ended");
  CHECK(state_of(data, PathKind::assignment,
                 "app/" + std::string{to_string(PrincipalKind::user)} + "/u") == "ended");
  CHECK(state_of(data, PathKind::method, "u") == "ended");
  CHECK(state_of(data, PathKind::credential, "app/s1") == "ended");
  for (const Step& step : data.steps) {
    CAPTURE(step.title);
    CHECK(step.state == StepState::ended);
    CHECK(step.observed_at.has_value());
  }
}

TEST_CASE("an undo gives back what was there, as it was, and no credential") {
  SweepWorld world;
  world.add_secret("app", "s1");
  const Consent consent = *world.get<Consent>(UserId{"u"}, AppId{"app"});
  const TimePoint since = world.get<GroupMember>(GroupId{"staff"}, UserId{"u"})->created_at;
  const Position before = world.head();
  PlanOptions options;
  for (const std::string_view option : part_options()) options.parts.emplace(option);
  const RunId id = world.revoke("u", world.ga, options).value().data.run.id;
  CHECK(world.restore(id, world.ga) == "done");
  CHECK(world.has_role("u"));
  CHECK(world.get<GroupMember>(GroupId{"staff"}, UserId{"u"})->created_at == since);
  CHECK(world.get<Consent>(UserId{"u"}, AppId{"app"})->scopes == consent.scopes);
  CHECK(world.get<Consent>(UserId{"u"}, AppId{"app"})->created_at == consent.created_at);
  CHECK(world.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"}));
  CHECK_FALSE(world.get<AppSecret>(AppId{"app"}, std::string{"s1"}));
  CHECK(world.get<User>(UserId{"u"})->password_hash != "old hash");
  const RunData data = world.run(id);
  CHECK(state_of(data, PathKind::role, kRoleOfJohn) == "unknown");
  CHECK(state_of(data, PathKind::credential, "app/s1") == "ended");
  CHECK(path_of(data, PathKind::method, "u")->reason ==
        "stays replaced: an administrator sets a new password");
  CHECK(world.renewal(before, {assignment_key(UserId{"u"}, AppId{"app"})}) == Verdict::revoked);
}

TEST_CASE("what an undo gives back to others is not called blocked by a hold on the subject") {
  SweepWorld world;
  world.add_user("mary");
  world.add_user("jane");
  world.give_reader("mary");
  world.give_reader("jane");
  const RunId run = world.swept(world.ga).run.id;
  const std::string of_john = world.revoke("u", world.ga).value().data.run.id.str();
  const std::string of_jane = world.revoke("jane", world.ga).value().data.run.id.str();
  CHECK(world.restore(run, world.ga) == "done");
  const RunData data = world.run(run);
  const auto reason = [&](PathKind kind, const std::string& target) {
    const AccessPath* const path = path_of(data, kind, target);
    return path == nullptr ? "not there" : path->reason;
  };
  const std::string undone = "given back by the undo at " + to_rfc3339(*data.run.restored_at);
  CHECK(reason(PathKind::account, "") == undone + "; still blocked then by run:" + of_john);
  CHECK(reason(PathKind::role, "mary/" + std::string{kReader}) == undone);
  CHECK(reason(PathKind::role, "jane/" + std::string{kReader}) ==
        undone + "; still blocked then by run:" + of_jane);
}

TEST_CASE("an undo leaves what somebody changed meanwhile, and says so") {
  SweepWorld world;
  const RunId id =
      world.revoke("u", world.ga, {RunMode::revoke, {"consents", "groups"}}).value().data.run.id;
  const Consent newer{
      world.tenant, UserId{"u"}, AppId{"app"}, {"api://x/Other"}, world.clock.now()};
  world.put(newer);
  world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<Group>(tx, world.tenant, GroupId{"staff"}));
    return Done{};
  });
  CHECK(world.restore(id, world.ga) == "done");
  CHECK(world.get<Consent>(UserId{"u"}, AppId{"app"})->scopes == newer.scopes);
  CHECK_FALSE(world.get<GroupMember>(GroupId{"staff"}, UserId{"u"}));
  const RunData data = world.run(id);
  CHECK(path_of(data, PathKind::consent, "u/app")->reason ==
        "not given back: there is another consent since");
  CHECK(path_of(data, PathKind::group_membership, "staff/u")->reason ==
        "not given back: the group or the person is not there any more");
}

TEST_CASE("a part that the actor may not take refuses the run, and changes nothing") {
  SweepWorld world;
  CHECK(refusal(world.revoke("u", world.admin, {RunMode::revoke, {"roles"}})) == "guard.role");
  CHECK(refusal(world.revoke("u", world.admin, {RunMode::revoke, {"consents"}})) == "guard.role");
  CHECK(world.enabled("u"));
  CHECK(world.has_role("u"));
  CHECK(refusal(world.revoke("u", world.admin, {RunMode::revoke, {"groups"}})) == "done");
  CHECK(refusal(world.revoke("u", world.ga, {RunMode::revoke, {"passports"}})) ==
        "invalid_argument");
  CHECK(refusal(world.revoke("u", world.ga, {RunMode::sessions_only, {"roles"}})) ==
        "invalid_argument");
}

TEST_CASE("who may not give a role gives none back, and nothing else of that run") {
  SweepWorld world;
  const RunId id = world.revoke("u", world.ga, {RunMode::revoke, {"roles"}}).value().data.run.id;
  CHECK(world.restore(id, world.admin) == "guard.role");
  CHECK_FALSE(world.has_role("u"));
  CHECK_FALSE(world.enabled("u"));
  CHECK(world.restore(id, world.ga) == "done");
  CHECK(world.has_role("u"));
  CHECK(world.enabled("u"));
}

TEST_CASE("a sweep takes what appeared since, and leaves what is older") {
  SweepWorld world;
  world.add_app("mail");
  world.consent("mail");
  world.give_role("u", Role::directory_readers);
  world.add_group("finance", {"u"});
  const RunData data = world.swept(world.ga);
  CHECK(data.run.swept_since == world.break_in);
  CHECK(state_of(data, PathKind::consent, "u/mail") == "ended");
  CHECK(state_of(data, PathKind::consent, "u/app") == "not there");
  CHECK(state_of(data, PathKind::group_membership, "finance/u") == "ended");
  CHECK(state_of(data, PathKind::group_membership, "staff/u") == "not there");
  CHECK(state_of(data, PathKind::role, kRoleOfJohn) == "not there");
  CHECK(world.has_role("u"));
  CHECK(state_of(data, PathKind::method, "u") == "not there");
  CHECK(path_of(data, PathKind::consent, "u/mail")->made_at == world.clock.now());
}

TEST_CASE("a sweep takes what they made for others, says when and who, and an undo gives it back") {
  SweepWorld world;
  world.add_user("mary");
  world.register_app("backdoor");
  world.add_secret("app", "s1");
  world.make_person("spy");
  world.give_reader("mary");
  world.add_group("finance", {});
  world.put(GroupMember{world.tenant, GroupId{"finance"}, UserId{"mary"}, world.clock.now()});
  world.say("group.add_member", "mary", "finance");
  ApiKey key = world.add_api_key("made-key", "mary");
  world.say("key.add", "made-key");
  const Plan plan = world.plan_of(world.ga, world.sweep());
  CHECK(path_of(plan, PathKind::application, "backdoor")->made_by == "u@contoso.com");
  CHECK(path_of(plan, PathKind::application, "backdoor")->made_at == world.clock.now());
  CHECK(world.get<App>(AppId{"backdoor"})->account_enabled);

  const RunData data = world.swept(world.ga);
  CHECK(data.run.state == RunState::at_rest);
  for (const auto& [kind, target] : std::vector<std::pair<PathKind, std::string>>{
           {PathKind::application, "backdoor"},
           {PathKind::credential, "app/s1"},
           {PathKind::person, "spy"},
           {PathKind::role, "mary/" + std::string{kReader}},
           {PathKind::group_membership, "finance/mary"},
           {PathKind::api_key, "made-key"}}) {
    CAPTURE(target);
    CHECK(state_of(data, kind, target) == "ended");
  }
  CHECK_FALSE(world.get<App>(AppId{"backdoor"})->account_enabled);
  CHECK_FALSE(world.enabled("spy"));
  CHECK_FALSE(world.has_role("mary"));
  CHECK(world.enabled("mary"));
  CHECK(world.get<App>(AppId{"app"})->account_enabled);

  CHECK(world.restore(data.run.id, world.ga) == "done");
  CHECK(world.get<App>(AppId{"backdoor"})->account_enabled);
  CHECK(world.enabled("spy"));
  CHECK(world.has_role("mary"));
  CHECK(world.get<GroupMember>(GroupId{"finance"}, UserId{"mary"}));
  CHECK_FALSE(world.get<AppSecret>(AppId{"app"}, std::string{"s1"}));
  CHECK_FALSE(world.get<ApiKey>(std::string{"made-key"}));
}

TEST_CASE("a sweep takes the address to which they had somebody's new password sent") {
  SweepWorld world;
  world.add_user("mary");
  EmailMethod method;
  method.tenant_id = world.tenant;
  method.user_id = UserId{"mary"};
  method.authenticator_id = "theirs";
  method.email_address = "a/b@evil.example";
  method.created_by_kind = ActorKind::user;
  method.created_by_id = "u";
  method.created_at = world.clock.now();
  world.put(method);
  world.say("user.add_email_method", "mary");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::method, "mary/theirs") == "ended");
  CHECK_FALSE(world.get<EmailMethod>(UserId{"mary"}));

  CHECK(world.restore(data.run.id, world.ga) == "done");
  CHECK_FALSE(world.get<EmailMethod>(UserId{"mary"}));
  CHECK(path_of(world.run(data.run.id), PathKind::method, "mary/theirs")->reason ==
        "stays removed: set the address anew");
}

TEST_CASE("what has no creation time is not forgotten: a person has to look") {
  SweepWorld world;
  world.add_app("old");
  world.put(Consent{world.tenant, UserId{"u"}, AppId{"old"}, {"api://x/Read"}, TimePoint{}});
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::consent, "u/old") == "waiting");
  CHECK(world.get<Consent>(UserId{"u"}, AppId{"old"}));
}

TEST_CASE("what nobody can undo or judge is listed with what to do") {
  SweepWorld world;
  world.add_user("mary");
  User mary = *world.get<User>(UserId{"mary"});
  mary.password_hash = "their hash";
  mary.last_password_change_at = world.clock.now();
  world.put(mary);
  world.say("user.reset_password", "mary");
  world.say("app.change", "app", "redirect URI +https://evil.example/cb");
  world.say("role.add", "mary");  // of before roles were named
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::method, "mary") == "waiting");
  CHECK(world.get<User>(UserId{"mary"})->password_hash == "their hash");
  std::vector<std::string> reasons;
  for (const AccessPath& path : data.paths) {
    if (path.kind == PathKind::change) reasons.push_back(path.reason);
  }
  REQUIRE(reasons.size() == 2);
  const std::string all = reasons.front() + reasons.back();
  CHECK(all.find("https://evil.example/cb") != std::string::npos);
  CHECK(all.find("the audit does not name it") != std::string::npos);
  CHECK(data.run.state == RunState::at_rest);
}

TEST_CASE("what was changed of somebody is listed with what to set again") {
  const auto reason_of = [](const std::string& detail) {
    SweepWorld world;
    world.add_user("mary");
    world.say("user.change", "mary", detail);
    const RunData data = world.swept(world.ga);
    const auto found = std::ranges::find(data.paths, PathKind::change, &AccessPath::kind);
    return found == data.paths.end() ? std::string{} : found->reason;
  };
  const std::string marked = reason_of("breakGlass=false, mail, displayName");
  CHECK(marked.find("set breakGlass again") != std::string::npos);
  CHECK(marked.find("compare mail, displayName with what") != std::string::npos);
  CHECK(reason_of("breakGlass=false").find("compare") == std::string::npos);
  CHECK(reason_of("breakGlass=true").find("take breakGlass away") != std::string::npos);
  for (const char* const over : {"riskState=dismissed", "riskState=confirmedSafe"}) {
    CHECK(reason_of(over).find("confirm again") != std::string::npos);
  }
  CHECK(reason_of("").find("telephone numbers") != std::string::npos);  // of before they were named
}

TEST_CASE("a person closes what waits, and whoever may has it taken after all") {
  SweepWorld world;
  world.add_user("mary");
  world.give_reader("mary");
  const RunData data = world.swept(world.admin);  // who may take no roles
  const AccessPath* const path = path_of(data, PathKind::role, "mary/" + std::string{kReader});
  REQUIRE(path != nullptr);
  CHECK(path->state == PathState::waiting);
  CHECK(path->reason.find("guard.role") != std::string::npos);
  CHECK(world.has_role("mary"));
  const StepId step = *path->step_id;
  CHECK(refusal(world.wait(world.service.retry_step(data.run.id, step, standing(world.admin),
                                                    world.loop))) == "guard.role");
  CHECK(refusal(world.wait(world.service.retry_step(data.run.id, step, standing(world.ga),
                                                    world.loop))) == "done");
  REQUIRE(world.loop.run_ready());
  CHECK_FALSE(world.has_role("mary"));
  CHECK(state_of(world.run(data.run.id), PathKind::role, path->target) == "ended");
  CHECK(world.restore(data.run.id, world.admin) == "guard.role");
  CHECK(world.restore(data.run.id, world.ga) == "done");
  CHECK(world.has_role("mary"));
}

TEST_CASE("the password that they set does not come back with the account") {
  SweepWorld world;
  User john = *world.get<User>(UserId{"u"});
  john.password_hash = "their hash";
  john.last_password_change_at = world.clock.now();
  world.put(john);
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::method, "u") == "ended");
  CHECK(world.restore(data.run.id, world.ga) == "done");
  CHECK(world.get<User>(UserId{"u"})->password_hash != "their hash");
  CHECK(world.get<User>(UserId{"u"})->password_hash.has_value());
}

TEST_CASE("more than was read is said") {
  SweepWorld world;
  for (std::size_t at = 0; at <= kSweepItemsMax; ++at) {
    world.say("app.change", "app", "redirect URI +https://evil.example/" + std::to_string(at));
  }
  const Plan plan = world.plan_of(world.ga, world.sweep());
  CHECK(state_of(plan, PathKind::change, "more") == "waiting");
}

TEST_CASE("an application that may act alone is given back only by who may give roles") {
  SweepWorld world;
  world.register_app("backdoor");
  App app = *world.get<App>(AppId{"backdoor"});
  app.application_permissions = {"api://graph/Directory.ReadWrite.All"};
  world.put(app);
  world.add_user("apps", {Role::user_administrator, Role::application_administrator});
  const Actor apps =
      world.actor("apps", {Role::user_administrator, Role::application_administrator});
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::application, "backdoor") == "ended");
  CHECK(world.restore(data.run.id, apps) == "guard.role");
  CHECK_FALSE(world.get<App>(AppId{"backdoor"})->account_enabled);
}

TEST_CASE("since is a time that has passed, or how long ago") {
  const TimePoint now{std::chrono::hours{24 * 365 * 50}};
  CHECK(parse_since("2h", now).value() == now - 2h);
  CHECK(parse_since(to_rfc3339(now - 5min), now).value() == now - 5min);
  for (const std::string& text : {std::string{"yesterday"}, std::string{"2"},
                                  to_rfc3339(now + 1min), std::string{"-2h"}, std::string{""}}) {
    CAPTURE(text);
    CHECK_FALSE(parse_since(text, now).ok());
    if (!parse_since(text, now).ok()) {
      CHECK(parse_since(text, now).error().message().ends_with("; it must lie in the past"));
    }
  }
}

TEST_CASE("an undo gives nobody so many assignments that they could not be revoked any more") {
  SweepWorld world;
  const PlanOptions options{RunMode::revoke, {std::string{kAssignmentsOption}}};
  const RunId id = world.revoke("u", world.ga, options).value().data.run.id;
  for (std::size_t at = 0; at < kFactsObjectsMax; ++at) {
    world.assign("u", "other" + std::to_string(at));
  }
  CHECK(world.restore(id, world.ga) == "done");
  const RunData data = world.run(id);
  const std::string target = "app/" + std::string{to_string(PrincipalKind::user)} + "/u";
  CHECK(path_of(data, PathKind::assignment, target)->reason ==
        "not given back: they have as many assignments as there can be");
  CHECK(refusal(world.revoke("u", world.ga)) == "done");
}
