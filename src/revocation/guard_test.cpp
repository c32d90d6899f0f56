#include "revocation/guard.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "revocation/cut.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;
using enum curfew::Role;

namespace {

GuardFacts facts_for(GuardedAction action, std::set<Role> actor_roles,
                     std::set<Role> subject_roles = {}) {
  GuardFacts facts;
  facts.action = action;
  facts.actor.kind = ActorKind::user;
  facts.actor.id = "actor";
  facts.actor_roles = std::move(actor_roles);
  facts.subject = User{};
  facts.subject_roles = std::move(subject_roles);
  return facts;
}

std::string rule_of(const GuardFacts& facts) {
  const auto refusal = guard(facts);
  return refusal ? std::string{to_string(refusal->rule)} : "allowed";
}

// One line of a matrix: the subject's role (nothing: none) and, for each acting role in the order
// of kActing, whether it may.
const std::vector<Role> kActing{password_administrator,
                                helpdesk_administrator,
                                authentication_administrator,
                                user_administrator,
                                privileged_authentication_administrator,
                                global_administrator};
struct Line {
  std::set<Role> subject;
  std::string may;  // an X for each that may
};

const std::vector<Line> kReset{
    {{}, "XXXXXX"},
    {{directory_readers}, "XXXXXX"},
    {{guest_inviter}, "XXXXXX"},
    {{password_administrator}, "XXXXXX"},
    {{helpdesk_administrator}, ".X.XXX"},
    {{message_center_reader}, ".XXXXX"},
    {{reports_reader}, ".XXXXX"},
    {{usage_summary_reports_reader}, ".XXXXX"},
    {{authentication_administrator}, "..X.XX"},
    {{groups_administrator}, "....XX"},
    {{user_administrator}, "...XXX"},
    {{global_administrator}, "....XX"},
    {{privileged_authentication_administrator}, "....XX"},
    {{privileged_role_administrator}, "....XX"},
    {{security_reader}, "....XX"},
    {{reports_reader, authentication_administrator}, "..X.XX"},
    {{helpdesk_administrator, authentication_administrator}, "....XX"},
};

const std::vector<Line> kSensitive{
    {{}, "..XXXX"},
    {{directory_readers}, "..XXXX"},
    {{guest_inviter}, "..XXXX"},
    {{message_center_reader}, "..XXXX"},
    {{password_administrator}, "..XXXX"},
    {{reports_reader}, "..XXXX"},
    {{usage_summary_reports_reader}, "..XXXX"},
    {{helpdesk_administrator}, "...XXX"},
    {{groups_administrator}, "...XXX"},
    {{user_administrator}, "...XXX"},
    {{authentication_administrator}, "..X.XX"},
    {{global_administrator}, "....XX"},
    {{privileged_authentication_administrator}, "....XX"},
    {{privileged_role_administrator}, "....XX"},
    {{conditional_access_administrator}, "....XX"},
    {{user_administrator, authentication_administrator}, "....XX"},
};

void hold_to(const std::vector<Line>& matrix, GuardedAction action) {
  for (const Line& line : matrix) {
    for (std::size_t at = 0; at < kActing.size(); ++at) {
      GuardFacts facts = facts_for(action, {kActing[at]}, line.subject);
      CAPTURE(to_string(action));
      CAPTURE(definition_of(kActing[at]).display_name);
      for (const Role role : line.subject) CAPTURE(definition_of(role).display_name);
      CHECK((rule_of(facts) == "allowed") == (line.may[at] == 'X'));
      // A member of a role-assignable group: the two highest only.
      facts.subject_in_role_group = true;
      CHECK((rule_of(facts) == "allowed") == (at >= 4));
      facts.subject_in_role_group = false;
      facts.subject_has_other_role = true;
      CHECK((rule_of(facts) == "allowed") == (at >= 4));
    }
  }
}

struct Needed {
  GuardedAction action;
  std::set<Role> may;
};
const std::vector<Needed> kNeeded{
    {GuardedAction::change_device,
     {cloud_device_administrator, intune_administrator, global_administrator}},
    {GuardedAction::change_app,
     {application_administrator, cloud_application_administrator, global_administrator}},
    {GuardedAction::remove_consent,
     {application_administrator, cloud_application_administrator, global_administrator}},
    {GuardedAction::change_assignment,
     {application_administrator, cloud_application_administrator, user_administrator,
      global_administrator}},
    {GuardedAction::change_role, {privileged_role_administrator, global_administrator}},
    {GuardedAction::change_group,
     {groups_administrator, user_administrator, privileged_role_administrator,
      global_administrator}},
    {GuardedAction::change_tenant, {global_administrator}},
    {GuardedAction::change_password, {}},
    {GuardedAction::change_own_method, {}},
};

struct GuardWorld : RevocationWorld {
  Status check(GuardedAction action, const Actor& actor, const std::string& subject) {
    return store->read([&](ReadTx& tx) {
      return check_guard(tx, tenant, action, actor, {UserId{subject}, std::nullopt, std::nullopt});
    });
  }
  std::string checked(GuardedAction action, const Actor& actor, const std::string& subject) {
    const Status status = check(action, actor, subject);
    if (status.ok()) return "allowed";
    const auto rule = guard_rule_of(status.error());
    return rule ? std::string{to_string(*rule)} : status.error().message();
  }
};

}  // namespace

TEST_CASE("who may end sessions and reset passwords is the published matrix") {
  hold_to(kReset, GuardedAction::revoke_sessions);
  hold_to(kReset, GuardedAction::end_session);
  hold_to(kReset, GuardedAction::reset_password);
}

TEST_CASE("who may set where a reset is sent is whoever could reset, and manages methods") {
  std::vector<Line> matrix = kReset;
  for (Line& line : matrix) {
    for (const std::size_t other : {0U, 1U, 3U}) line.may[other] = '.';
  }
  hold_to(matrix, GuardedAction::change_method);
}

TEST_CASE("who may disable and enable people is the published matrix") {
  hold_to(kSensitive, GuardedAction::disable_user);
  hold_to(kSensitive, GuardedAction::enable_user);
}

TEST_CASE("each other action is allowed to its roles and to no other") {
  for (const Needed& line : kNeeded) {
    for (const RoleDefinition& definition : built_in_roles()) {
      CAPTURE(to_string(line.action));
      CAPTURE(definition.display_name);
      const std::string rule = rule_of(facts_for(line.action, {definition.role}));
      CHECK(rule == (line.may.contains(definition.role) ? "allowed" : "guard.role"));
    }
    CHECK(rule_of(facts_for(line.action, {})) == "guard.role");
  }
}

TEST_CASE("two weak roles do not add up to a strong one") {
  // One role reaches helpdesk people, the other authentication people; the subject is both.
  const std::set<Role> both{helpdesk_administrator, authentication_administrator};
  CHECK(rule_of(facts_for(GuardedAction::revoke_sessions, {user_administrator}, both)) ==
        "guard.protected_subject");
  CHECK(rule_of(facts_for(GuardedAction::revoke_sessions, both, both)) ==
        "guard.protected_subject");
}

TEST_CASE("members of a role-assignable group are changed by the role's administrators only") {
  for (const Role role : {groups_administrator, user_administrator}) {
    GuardFacts facts = facts_for(GuardedAction::change_group, {role});
    facts.group_is_role_assignable = true;
    CHECK(rule_of(facts) == "guard.protected_subject");
  }
  GuardFacts facts = facts_for(GuardedAction::change_group, {privileged_role_administrator});
  facts.group_is_role_assignable = true;
  CHECK(rule_of(facts) == "allowed");
}

TEST_CASE("everybody may end their own sessions; nobody disables or resets themselves") {
  const std::map<GuardedAction, std::string> without_role{
      {GuardedAction::revoke_sessions, "allowed"},   {GuardedAction::end_session, "allowed"},
      {GuardedAction::remove_consent, "allowed"},    {GuardedAction::change_password, "allowed"},
      {GuardedAction::change_own_method, "allowed"}, {GuardedAction::change_method, "guard.role"},
      {GuardedAction::reset_password, "guard.role"}, {GuardedAction::disable_user, "guard.role"},
      {GuardedAction::enable_user, "guard.role"}};
  for (const auto& [action, expected] : without_role) {
    CAPTURE(to_string(action));
    GuardFacts facts = facts_for(action, {});
    facts.subject_is_actor = true;
    CHECK(rule_of(facts) == expected);
  }
  for (const GuardedAction action : {GuardedAction::reset_password, GuardedAction::change_method,
                                     GuardedAction::disable_user, GuardedAction::enable_user}) {
    GuardFacts facts = facts_for(action, {global_administrator}, {global_administrator});
    facts.subject_is_actor = true;
    facts.other_enabled_administrators = 1;
    CHECK(rule_of(facts) == "guard.self");
  }
}

TEST_CASE("an emergency account keeps its account and role, and may be signed out") {
  GuardFacts facts = facts_for(GuardedAction::disable_user, {global_administrator});
  facts.subject->break_glass = true;
  CHECK(rule_of(facts) == "guard.break_glass");
  facts.action = GuardedAction::revoke_sessions;
  CHECK(rule_of(facts) == "allowed");
  facts.action = GuardedAction::enable_user;
  CHECK(rule_of(facts) == "allowed");
  facts.action = GuardedAction::change_role;
  facts.takes_administrator = true;
  facts.other_enabled_administrators = 5;
  CHECK(rule_of(facts) == "guard.break_glass");
}

TEST_CASE("sign-in sessions of a guest without a password here are refused with the reason") {
  GuardFacts facts = facts_for(GuardedAction::revoke_sessions, {global_administrator});
  facts.subject->user_type = UserType::guest;
  const auto refusal = guard(facts);
  REQUIRE(refusal);
  CHECK(refusal->rule == GuardRule::guest);
  CHECK(refusal->sentence.find("home tenant") != std::string::npos);
  facts.action = GuardedAction::disable_user;
  CHECK(rule_of(facts) == "allowed");
  facts.action = GuardedAction::end_session;
  CHECK(rule_of(facts) == "allowed");
}

TEST_CASE("a guest who has a password here is one of ours: sessions and password are taken") {
  for (const GuardedAction action :
       {GuardedAction::revoke_sessions, GuardedAction::reset_password}) {
    GuardFacts facts = facts_for(action, {global_administrator});
    facts.subject->user_type = UserType::guest;
    CHECK(rule_of(facts) == "guard.guest");
    facts.subject->password_hash = "a hash";
    CHECK(rule_of(facts) == "allowed");
  }
}

TEST_CASE("an unprivileged caller learns nothing about the subject from a refusal") {
  GuardFacts facts = facts_for(GuardedAction::disable_user, {reports_reader});
  facts.subject->break_glass = true;
  facts.subject->user_type = UserType::guest;
  facts.takes_administrator = true;
  facts.subject_in_role_group = true;
  CHECK(rule_of(facts) == "guard.role");
}

TEST_CASE("the last enabled administrator stays, whoever asks") {
  for (const ActorKind kind : {ActorKind::user, ActorKind::local_root, ActorKind::system}) {
    GuardFacts facts = facts_for(GuardedAction::disable_user, {global_administrator});
    facts.actor.kind = kind;
    facts.takes_administrator = true;
    CHECK(rule_of(facts) == "guard.last_administrator");
    facts.other_enabled_administrators = 1;
    CHECK(rule_of(facts) == "allowed");
  }
}

TEST_CASE("the rule can be read back from the error, and from no other error") {
  for (const GuardRule rule :
       {GuardRule::actor_disabled, GuardRule::role, GuardRule::protected_subject, GuardRule::self,
        GuardRule::break_glass, GuardRule::guest, GuardRule::last_administrator}) {
    const Error error = GuardRefusal{rule, "a sentence"}.to_error();
    CHECK(error.code() == ErrorCode::denied);
    CHECK(guard_rule_of(error) == rule);
  }
  CHECK_FALSE(guard_rule_of(Error::permanent(ErrorCode::denied, "something else")));
  CHECK_FALSE(guard_rule_of(Error::permanent(ErrorCode::conflict, "guard.self: no")));
}

TEST_CASE("facts: an actor who was disabled, or lost the role, meanwhile may nothing") {
  GuardWorld world;
  world.add_user("admin", {user_administrator});
  world.add_user("u");
  const Actor actor = world.actor("admin", {user_administrator, global_administrator});
  CHECK(world.checked(GuardedAction::disable_user, actor, "u") == "allowed");
  // The token names a role that the directory does not know of (any more).
  CHECK(world.store
            ->read([&](ReadTx& tx) {
              return check_guard(tx, world.tenant, GuardedAction::change_tenant, actor, {});
            })
            .ok() == false);
  User admin = *world.get<User>(UserId{"admin"});
  admin.account_enabled = false;
  world.put(admin);
  CHECK(world.checked(GuardedAction::disable_user, actor, "u") == "guard.actor_disabled");
  CHECK(world.checked(GuardedAction::disable_user, world.actor("nobody", {user_administrator}),
                      "u") == "guard.actor_disabled");
}

TEST_CASE("facts: membership of a role-assignable group protects the subject") {
  GuardWorld world;
  world.add_user("admin", {user_administrator});
  world.add_user("u");
  const Actor actor = world.actor("admin", {user_administrator});
  world.add_group("plain", {"u"});
  CHECK(world.checked(GuardedAction::disable_user, actor, "u") == "allowed");
  world.add_group("roles", {"u"}, true);
  CHECK(world.checked(GuardedAction::disable_user, actor, "u") == "guard.protected_subject");
}

TEST_CASE("facts: disabled administrators do not count as administrators that are left") {
  GuardWorld world;
  world.add_user("a", {global_administrator});
  world.add_user("b", {global_administrator});
  CHECK(world.checked(GuardedAction::disable_user, world.root(), "a") == "allowed");
  User other = *world.get<User>(UserId{"b"});
  other.account_enabled = false;
  world.put(other);
  CHECK(world.checked(GuardedAction::disable_user, world.root(), "a") ==
        "guard.last_administrator");
}

TEST_CASE("two last administrators cannot revoke each other") {
  GuardWorld world;
  world.add_user("a", {global_administrator});
  world.add_user("b", {global_administrator});
  const auto revoke = [&](const std::string& actor, const std::string& subject) {
    CutOrder order;
    order.run_id = RunId{actor + "-cuts-" + subject};
    order.subject_id = UserId{subject};
    order.actor = world.actor(actor, {global_administrator});
    return world.store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(
          cut(tx, world.journal, world.audit, PlanPolicy{}, order, world.clock.now()));
      return Done{};
    });
  };
  // Both were guarded when their requests came in; the cuts come one after the other.
  CHECK(world.checked(GuardedAction::disable_user, world.actor("a", {global_administrator}), "b") ==
        "allowed");
  CHECK(world.checked(GuardedAction::disable_user, world.actor("b", {global_administrator}), "a") ==
        "allowed");
  CHECK(revoke("a", "b").ok());
  const Status second = revoke("b", "a");
  REQUIRE_FALSE(second.ok());
  CHECK(guard_rule_of(second.error()) == GuardRule::actor_disabled);
  CHECK(world.get<User>(UserId{"a"})->account_enabled);
  // Nor does anybody else take the one who is left.
  CHECK(world.checked(GuardedAction::disable_user, world.root(), "a") ==
        "guard.last_administrator");
}
