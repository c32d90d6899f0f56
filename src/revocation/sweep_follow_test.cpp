// As whom somebody went on, and what of it is found: also where they tidied up behind them, and
// however much they did to hide it.
#include <doctest/doctest.h>

#include "revocation/part.hpp"
#include "store/schema_password_reset.hpp"
#include "tests/support/sweep_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

const std::string kRoleOfMary = "mary/" + std::string{kReader};

// Mary, to whom somebody gives a role.
struct FollowWorld : SweepWorld {
  FollowWorld() { add_user("mary"); }

  void act_as(const std::string& principal) {
    clock.advance(1min);
    give_reader("mary", principal);
  }
  void set_password(const std::string& user) {
    User changed = *get<User>(UserId{user});
    changed.password_hash = "their hash";
    changed.last_password_change_at = clock.now();
    put(changed);
  }
  void delete_for_now(const std::string& id) {
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(const User user, require<User>(tx, "such user", tenant, UserId{id}));
      CURFEW_TRY_STATUS(remove<User>(tx, tenant, user.id));
      return save(tx, DeletedUser{user, clock.now()});
    });
  }
  void set_address(const std::string& user, const std::string& by) {
    EmailMethod method;
    method.tenant_id = tenant;
    method.user_id = UserId{user};
    method.authenticator_id = "theirs";
    method.email_address = "a/b@evil.example";
    method.created_by_kind = ActorKind::user;
    method.created_by_id = by;
    method.created_at = clock.now();
    put(method);
    say("user.add_email_method", user, "", by);
  }
  void do_much(std::size_t count) {
    clock.advance(1min);
    for (std::size_t at = 0; at < count; ++at) say("app.change", "app", "logo");
  }
};

}  // namespace

TEST_CASE("a sweep takes an application that registered itself with their token, and its secret") {
  SweepWorld world;
  world.add_registration("rt", "u", "backdoor");
  world.add_app("backdoor");
  world.put(AppSecret{world.tenant, AppId{"backdoor"}, "s1", "h", "abc", std::nullopt,
                      world.clock.now()});
  world.say("registration_token.add", "rt");
  world.say("app.register", "backdoor", "registered itself with the initial access token rt");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::application, "backdoor") == "ended");
  CHECK(state_of(data, PathKind::credential, "backdoor/s1") == "ended");
  CHECK(state_of(data, PathKind::registration, "rt") == "ended");
  CHECK_FALSE(world.get<App>(AppId{"backdoor"})->account_enabled);
}

TEST_CASE("a sweep disables gates that they added or enrolled anew, and takes the codes") {
  SweepWorld world;
  RegistrationToken code;
  code.tenant_id = world.tenant;
  code.id = "code";
  code.maker_kind = ActorKind::user;
  code.maker_id = "u";
  code.display_name = "edge";
  code.enrols_app_id = AppId{"edge"};
  for (const char* const gate : {"edge", "older", "untouched"}) world.add_app(gate);
  world.put(code);
  world.say("gate.add", "edge");
  world.say("gate.add_code", "code");
  world.say("gate.enrol", "older", "key");
  const RunData data = world.swept(world.ga);
  for (const char* const gate : {"edge", "older"}) {
    CHECK(state_of(data, PathKind::application, gate) == "ended");
    CHECK_FALSE(world.get<App>(AppId{gate})->account_enabled);
  }
  CHECK(state_of(data, PathKind::registration, "code") == "ended");
  CHECK_FALSE(world.get<RegistrationToken>(std::string{"code"}));
  CHECK(world.get<App>(AppId{"untouched"})->account_enabled);
}

TEST_CASE("a sweep follows what they made: what an application of theirs did is theirs too") {
  SweepWorld world;
  world.add_user("mary");
  world.register_app("backdoor");
  world.clock.advance(1min);
  world.give_reader("mary", "backdoor");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::role, "mary/" + std::string{kReader}) == "ended");
  CHECK_FALSE(world.has_role("mary"));
}

TEST_CASE("what an application did that they gave a secret to waits for a person") {
  SweepWorld world;
  world.add_user("mary");
  world.add_secret("app", "s1");
  world.clock.advance(1min);
  world.give_reader("mary", "app");
  const RunData data = world.swept(world.ga);
  const AccessPath* const path = path_of(data, PathKind::role, "mary/" + std::string{kReader});
  REQUIRE(path != nullptr);
  CHECK(path->state == PathState::waiting);
  CHECK(path->reason.find("as whom u@contoso.com could go on") != std::string::npos);
  CHECK(world.has_role("mary"));
}

TEST_CASE("whoever removes the person as whom they went on hides nothing") {
  FollowWorld world;
  world.make_person("spy");
  world.clock.advance(1min);
  world.make_person("spy2", "spy");
  world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<User>(tx, world.tenant, UserId{"spy"}));
    return Done{};
  });
  world.say("user.remove", "spy");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::person, "spy2") == "ended");
  CHECK_FALSE(world.enabled("spy2"));
}

TEST_CASE("a person of their making who is deleted is held, and comes back to nothing") {
  FollowWorld world;
  world.make_person("spy");
  world.delete_for_now("spy");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::person, "spy") == "ended");
  CHECK_FALSE(world.get<DeletedUser>(UserId{"spy"})->account_enabled);
  CHECK(world.restore(data.run.id, world.ga) == "done");
  CHECK(world.get<DeletedUser>(UserId{"spy"})->account_enabled);
}

TEST_CASE("whoever removes what they went on with hides nothing") {
  struct Trace {
    std::string action;
    std::string subject;
    std::string detail;
    std::string state;  // of what was done so: theirs, or perhaps the application's own work
  };
  for (const Trace& trace : {Trace{"app.add", "gone", "", "ended"},
                             {"app.register", "gone", "registered itself", "ended"},
                             {"app.add_secret", "app", "s1", "waiting"},
                             {"app.add_key", "app", "k1", "waiting"},
                             {"key.add", "key1", "app", "waiting"}}) {
    CAPTURE(trace.action);
    FollowWorld world;
    world.say(trace.action, trace.subject, trace.detail);
    world.act_as(trace.detail == "app" ? "app" : trace.subject);
    const RunData data = world.swept(world.ga);
    CHECK(state_of(data, PathKind::role, kRoleOfMary) == trace.state);
  }
}

TEST_CASE("what was done with an API key of their own is found, of before it was named too") {
  for (const std::string detail : {"app", ""}) {
    CAPTURE(detail);
    FollowWorld world;
    world.add_api_key("own", "u");
    world.say("key.add", "own", detail);
    world.act_as("app");
    const RunData data = world.swept(world.ga);
    CHECK(state_of(data, PathKind::api_key, "own") == "ended");
    CHECK(state_of(data, PathKind::role, kRoleOfMary) == "waiting");
  }
}

TEST_CASE("a password that they set is listed and followed, whoever has changed it since") {
  FollowWorld world;
  world.say("user.reset_password", "mary");
  world.clock.advance(1min);
  world.set_password("mary");
  world.say("user.change_password", "mary", "", "mary");
  world.act_as("mary");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::method, "mary") == "waiting");
  CHECK(state_of(data, PathKind::role, kRoleOfMary) == "waiting");
}

TEST_CASE("a password that was reset through an address of theirs is listed") {
  FollowWorld world;
  world.set_address("mary", "u");
  world.clock.advance(1min);
  world.set_password("mary");
  world.say("user.reset_own_password", "mary", "", "mary");
  world.set_password("u");
  world.say("user.reset_own_password", "u");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::method, "mary/theirs") == "ended");
  CHECK(state_of(data, PathKind::method, "mary") == "waiting");
  CHECK(state_of(data, PathKind::method, "u") == "ended");  // their own goes with the account
}

TEST_CASE("much that a person has to look at keeps nothing from being taken") {
  FollowWorld world;
  world.set_password("u");
  world.add_group("finance", {"u"});
  world.make_person("spy");
  world.give_reader("mary");
  world.do_much(kSweepItemsMax + 1);
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::method, "u") == "ended");
  CHECK(state_of(data, PathKind::group_membership, "finance/u") == "ended");
  CHECK(state_of(data, PathKind::person, "spy") == "ended");
  CHECK(state_of(data, PathKind::role, kRoleOfMary) == "ended");
  CHECK(state_of(data, PathKind::change, "more") == "waiting");
}

TEST_CASE("what the person holds is taken however much they gave to others") {
  FollowWorld world;
  world.add_group("finance", {"u"});
  world.add_group("many", {});
  world.clock.advance(1min);
  world.write([&](WriteTx& tx) -> Status {
    for (std::size_t at = 0; at <= kSweepItemsMax; ++at) {
      const UserId id{"x" + std::to_string(at)};
      User user;
      user.tenant_id = world.tenant;
      user.id = id;
      user.user_principal_name = id.str() + "@contoso.com";
      CURFEW_TRY_STATUS(save(tx, user));
      CURFEW_TRY_STATUS(
          save(tx, GroupMember{world.tenant, GroupId{"many"}, id, world.clock.now()}));
      AuditEvent event;
      event.action = "group.add_member";
      event.actor_kind = ActorKind::user;
      event.actor_id = "u";
      event.subject_id = id.str();
      event.detail = "many";
      CURFEW_TRY_STATUS(world.audit.append(tx, event, world.clock.now()));
    }
    return Done{};
  });
  const Plan plan = world.plan_of(world.ga, world.sweep());
  CHECK(state_of(plan, PathKind::group_membership, "finance/u") == "ended");
  CHECK(state_of(plan, PathKind::change, "more") == "waiting");
}

TEST_CASE("what is behind thousands of entries of the audit is found") {
  FollowWorld world;
  world.make_person("spy");
  world.do_much(2'001);
  const Plan plan = world.plan_of(world.ga, world.sweep());
  CHECK(state_of(plan, PathKind::person, "spy") == "ended");
}

TEST_CASE("a foreign API key is not removed by repeating a step that the guard left") {
  FollowWorld world;
  world.add_user("paa", {Role::privileged_authentication_administrator});
  const Actor paa = world.actor("paa", {Role::privileged_authentication_administrator});
  world.add_api_key("foreign", "mary");
  world.say("key.add", "foreign", "app");
  const RunData data = world.swept(paa);
  const AccessPath* const path = path_of(data, PathKind::api_key, "foreign");
  REQUIRE(path != nullptr);
  CHECK(path->state == PathState::waiting);
  const auto retry = [&](const Actor& by) {
    return refusal(world.wait(
        world.service.retry_step(data.run.id, *path->step_id, standing(by), world.loop)));
  };
  CHECK(retry(paa) == "guard.role");
  CHECK(world.get<ApiKey>(std::string{"foreign"}));
  CHECK(retry(world.ga) == "done");
  REQUIRE(world.loop.run_ready());
  CHECK_FALSE(world.get<ApiKey>(std::string{"foreign"}));
}

TEST_CASE("receivers of changes are gone with whoever set them up, and of others are listed") {
  FollowWorld world;
  world.add_subscription("own", "u", "app");
  world.say("subscription.add", "own");
  world.add_secret("app", "s1");
  world.clock.advance(1min);
  world.add_subscription("of-app", "app", "app");
  world.say("subscription.add", "of-app", "", "app");
  const RunData data = world.swept(world.ga);
  CHECK(state_of(data, PathKind::subscription, "subscriptions") == "ended");
  CHECK(path_of(data, PathKind::subscription, "subscriptions")->count == 1);
  CHECK_FALSE(world.get<Subscription>(std::string{"own"}));
  CHECK(world.get<Subscription>(std::string{"of-app"}));
  std::vector<std::string> listed;
  for (const AccessPath& path : data.paths) {
    if (path.kind == PathKind::change) listed.push_back(path.display_name);
  }
  CHECK(listed == std::vector<std::string>{"receiver of changes of of-app"});
}

TEST_CASE("ending sessions erases no receiver of changes") {
  FollowWorld world;
  world.add_subscription("own", "u", "app");
  REQUIRE(world.revoke("u", world.ga, {RunMode::sessions_only}).ok());
  CHECK(world.get<Subscription>(std::string{"own"}));
}

TEST_CASE(
    "devices of those whom they went on as, and what clients changed of themselves, are listed") {
  FollowWorld world;
  world.say("user.reset_password", "mary");
  world.register_app("backdoor");
  world.clock.advance(1min);
  world.say("device.register", "mary", "", "mary");
  world.say("app.registration_change", "backdoor", "", "backdoor");
  world.say("device.register", "u");  // goes with the account
  const RunData data = world.swept(world.ga);
  std::vector<std::string> listed;
  for (const AccessPath& path : data.paths) {
    if (path.kind == PathKind::change) listed.push_back(path.display_name);
  }
  std::ranges::sort(listed);
  CHECK(listed == std::vector<std::string>{"new device of mary", "registration of backdoor"});
}

TEST_CASE("a sweep lists what they took from others, and no change of what is gone since") {
  FollowWorld world;
  world.add_app("kept");
  world.say("app.change", "kept", "a switch");
  world.say("app.change", "gone", "a switch");
  world.say("app.enable", "gone");
  world.say("subscription.add", "gone-too");
  world.say("user.delete", "somebody");
  world.say("user.remove_role", "mary");
  const RunData data = world.swept(world.ga);
  std::vector<std::string> listed;
  for (const AccessPath& path : data.paths) {
    if (path.kind == PathKind::change) listed.push_back(path.display_name);
  }
  std::ranges::sort(listed);
  CHECK(listed == std::vector<std::string>{"deletion of somebody", "removal of a role of mary",
                                           "settings of kept"});
}
