// revocation/guard.hpp: may this actor do this to this subject? Pure; the matrix as data tables.
//
// Checked when a request comes in, and again inside the transaction that takes the access away,
// with facts loaded there: so that two last administrators cannot revoke each other, and an actor
// who was cut a moment ago cuts nobody.
//
// A refusal names its rule. Rules are looked at in the order of the enumeration; the actor's rights
// come before anything that would tell an unprivileged caller about the subject.
//
// Spec: Entra "who can reset passwords" and "who can perform sensitive actions".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/actor.hpp"
#include "model/directory.hpp"
#include "model/role.hpp"
#include "model/run.hpp"
#include "revocation/removal.hpp"
#include "store/store.hpp"

namespace curfew {

enum class GuardedAction {
  revoke_sessions,    // all of somebody's, as Graph's revokeSignInSessions
  end_session,        // one session, or one grant of an application
  reset_password,     // by an administrator
  change_password,    // by oneself, with the old one just proved
  change_method,      // set or remove somebody's email method: who may could reset the password
  change_own_method,  // by oneself, a moment after signing in
  disable_user,       // also the whole run with mode `revoke`
  enable_user,        // also the undo of such a run
  change_device,      // disable, enable
  change_app,         // disable and enable, secrets, API keys
  change_assignment,  // assignments of users and groups to applications
  remove_consent,
  change_role,
  change_group,   // members
  change_tenant,  // signing keys, everybody's sign-in
};
[[nodiscard]] std::string_view to_string(GuardedAction action);

// What the caller has shown beside their token or session.
enum class ActorProof {
  none,
  old_password,    // typed and checked in this very request, as the first half of a password change
  recent_sign_in,  // the session that they call from began with a proof some minutes ago
};
[[nodiscard]] GuardedAction action_of(RemovalKind kind, ActorProof proof = ActorProof::none);
// Setting an email method asks for the same as removing it.
[[nodiscard]] GuardedAction method_action(ActorProof proof);

// What a run asks for.
[[nodiscard]] GuardedAction action_of(RunMode mode);

enum class GuardRule {
  actor_disabled,      // the actor's own account is disabled, or gone
  role,                // none of the actor's roles allows this on such a subject
  protected_subject,   // the subject's roles or groups ask for a higher administrator
  self,                // nobody disables, enables or resets themselves as an administrator
  break_glass,         // an emergency account
  guest,               // the home tenant decides about a guest's sign-in sessions
  last_administrator,  // nobody would be left to administer the tenant
};
// "guard.role": stable; in errors, audit entries and reports.
[[nodiscard]] std::string_view to_string(GuardRule rule);
[[nodiscard]] std::vector<std::string_view> guard_rule_names();

// What the rules look at; loaded by load_guard_facts().
struct GuardFacts {
  GuardedAction action = GuardedAction::revoke_sessions;
  Actor actor;
  bool actor_enabled = true;   // from the store; true for local_root and the system
  std::set<Role> actor_roles;  // those that the actor came with and still has

  // The subject, where the action is about a person.
  std::optional<User> subject;
  bool subject_is_actor = false;
  std::set<Role> subject_roles;
  bool subject_has_other_role = false;  // a role that is not built in
  bool subject_in_role_group = false;   // a member of a role-assignable group
  // change_group: the group is role-assignable.
  bool group_is_role_assignable = false;
  // The action would take Global Administrator away from the subject, or the subject's account.
  bool takes_administrator = false;
  std::uint64_t other_enabled_administrators = 0;  // users, without the subject
};

struct GuardRefusal {
  GuardRule rule;
  std::string sentence;

  // `denied`; the message is "guard.<rule>: <sentence>".
  [[nodiscard]] Error to_error() const;
};

// The rule that an error of this kind names, or nothing for another error.
[[nodiscard]] std::optional<GuardRule> guard_rule_of(const Error& error);

// Nothing: it may be done.
[[nodiscard]] std::optional<GuardRefusal> guard(const GuardFacts& facts);

// Whom or what the action is about; what does not apply stays empty.
struct GuardSubject {
  std::optional<UserId> user_id;
  std::optional<GroupId> group_id;
  std::optional<RoleId> role_id;  // change_role
};

// `not_found` where the user or group does not exist.
[[nodiscard]] Result<GuardFacts> load_guard_facts(ReadTx& tx, const TenantId& tenant_id,
                                                  GuardedAction action, const Actor& actor,
                                                  const GuardSubject& subject);

// Both in one: Done, or the refusal as an error.
[[nodiscard]] Status check_guard(ReadTx& tx, const TenantId& tenant_id, GuardedAction action,
                                 const Actor& actor, const GuardSubject& subject);

// Whether the actor may disable and enable devices.
[[nodiscard]] Result<bool> may_change_devices(ReadTx& tx, const TenantId& tenant_id,
                                              const Actor& actor);

// The person that a removal is about: its user_id, or the owner of the session, grant or API key.
// `not_found` where that does not exist.
[[nodiscard]] Result<GuardSubject> guard_subject_of(ReadTx& tx, const TenantId& tenant_id,
                                                    const Removal& removal);

}  // namespace curfew
