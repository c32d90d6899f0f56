#include "revocation/guard.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/check.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

using enum Role;

// Columns of the two matrices about people, as bits.
constexpr unsigned kPassword = 1U << 0;    // Password Administrator
constexpr unsigned kHelpdesk = 1U << 1;    // Helpdesk Administrator
constexpr unsigned kAuth = 1U << 2;        // Authentication Administrator
constexpr unsigned kUser = 1U << 3;        // User Administrator
constexpr unsigned kPrivileged = 1U << 4;  // Privileged Authentication and Global Administrator

constexpr std::array<std::pair<Role, unsigned>, 6> kColumns{{
    {password_administrator, kPassword},
    {helpdesk_administrator, kHelpdesk},
    {authentication_administrator, kAuth},
    {user_administrator, kUser},
    {privileged_authentication_administrator, kPrivileged},
    {global_administrator, kPrivileged},
}};

using Matrix = std::span<const std::pair<Role, unsigned>>;

// Who may reset the password of, or end the sessions of, somebody who holds the role. A role that
// is not listed: the privileged only.
constexpr unsigned kEverybody = kPassword | kHelpdesk | kAuth | kUser | kPrivileged;
constexpr std::array<std::pair<Role, unsigned>, 9> kResetMatrix{{
    {directory_readers, kEverybody},
    {guest_inviter, kEverybody},
    {password_administrator, kEverybody},
    {helpdesk_administrator, kHelpdesk | kUser | kPrivileged},
    {message_center_reader, kHelpdesk | kAuth | kUser | kPrivileged},
    {reports_reader, kHelpdesk | kAuth | kUser | kPrivileged},
    {usage_summary_reports_reader, kHelpdesk | kAuth | kUser | kPrivileged},
    {authentication_administrator, kAuth | kPrivileged},
    {user_administrator, kUser | kPrivileged},
}};
constexpr unsigned kResetNoRole = kEverybody;
// Of those, who may set where a reset of it would be sent.
constexpr unsigned kMethodNoRole = kAuth | kPrivileged;

// Who may disable and enable somebody who holds the role.
constexpr unsigned kSensitiveNoRole = kAuth | kUser | kPrivileged;
constexpr std::array<std::pair<Role, unsigned>, 10> kSensitiveMatrix{{
    {directory_readers, kSensitiveNoRole},
    {guest_inviter, kSensitiveNoRole},
    {message_center_reader, kSensitiveNoRole},
    {password_administrator, kSensitiveNoRole},
    {reports_reader, kSensitiveNoRole},
    {usage_summary_reports_reader, kSensitiveNoRole},
    {helpdesk_administrator, kUser | kPrivileged},
    {groups_administrator, kUser | kPrivileged},
    {user_administrator, kUser | kPrivileged},
    {authentication_administrator, kAuth | kPrivileged},
}};

unsigned columns_of(const std::set<Role>& roles) {
  unsigned columns = 0;
  for (const auto& [role, column] : kColumns) {
    if (roles.contains(role)) columns |= column;
  }
  return columns;
}

unsigned row_of(Matrix matrix, Role role) {
  for (const auto& [listed, columns] : matrix) {
    if (listed == role) return columns;
  }
  return kPrivileged;
}

// The columns that may act on this subject: those that every one of its roles allows.
unsigned allowed_columns(const GuardFacts& facts, Matrix matrix, unsigned no_role) {
  if (facts.subject_in_role_group || facts.subject_has_other_role) return kPrivileged;
  unsigned columns = no_role;
  for (const Role role : facts.subject_roles) columns &= row_of(matrix, role);
  return columns;
}

bool has_any(const GuardFacts& facts, std::initializer_list<Role> wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](Role role) { return facts.actor_roles.contains(role); });
}

enum class Right { yes, no, higher };  // higher: allowed in general, not on this subject

Right right_by_matrix(const GuardFacts& facts, Matrix matrix, unsigned no_role) {
  const unsigned own = columns_of(facts.actor_roles);
  if ((own & no_role) == 0) return Right::no;
  return (own & allowed_columns(facts, matrix, no_role)) != 0 ? Right::yes : Right::higher;
}

Right one_of(const GuardFacts& facts, std::initializer_list<Role> wanted) {
  return has_any(facts, wanted) ? Right::yes : Right::no;
}

Right right_on_group(const GuardFacts& facts) {
  if (has_any(facts, {global_administrator, privileged_role_administrator})) return Right::yes;
  if (!has_any(facts, {groups_administrator, user_administrator})) return Right::no;
  return facts.group_is_role_assignable ? Right::higher : Right::yes;
}

// What the permission must be about for this action; none: no permission is enough.
std::optional<PermittedArea> area_of(GuardedAction action) {
  switch (action) {
    case GuardedAction::revoke_sessions:
    case GuardedAction::end_session:
    case GuardedAction::reset_password:
    case GuardedAction::change_method:
    case GuardedAction::disable_user:
    case GuardedAction::enable_user: return PermittedArea::users;
    case GuardedAction::change_device: return PermittedArea::devices;
    case GuardedAction::change_group: return PermittedArea::groups;
    case GuardedAction::change_role: return PermittedArea::roles;
    case GuardedAction::change_app: return PermittedArea::applications;
    case GuardedAction::change_assignment: return PermittedArea::assignments;
    case GuardedAction::remove_consent: return PermittedArea::consents;
    case GuardedAction::change_tenant:
    case GuardedAction::change_own_method:
    case GuardedAction::change_password: return std::nullopt;
  }
  return std::nullopt;
}

// An application with the permission for this call, as Entra limits it: on nobody who administers
// anything, unless the application holds the directory role for it itself.
Right right_by_permission(const GuardFacts& facts) {
  const std::optional<PermittedArea> area = area_of(facts.action);
  if (!area || !facts.actor.permitted_areas.contains(*area)) return Right::no;
  if (area == PermittedArea::groups) {
    return facts.group_is_role_assignable ? Right::higher : Right::yes;
  }
  if (area != PermittedArea::users) return Right::yes;
  const bool is_above =
      !facts.subject_roles.empty() || facts.subject_has_other_role || facts.subject_in_role_group;
  return is_above ? Right::higher : Right::yes;
}

Right right_by_role(const GuardFacts& facts) {
  switch (facts.action) {
    case GuardedAction::revoke_sessions:
    case GuardedAction::end_session:
    case GuardedAction::reset_password: return right_by_matrix(facts, kResetMatrix, kResetNoRole);
    case GuardedAction::change_method: return right_by_matrix(facts, kResetMatrix, kMethodNoRole);
    case GuardedAction::disable_user:
    case GuardedAction::enable_user:
      return right_by_matrix(facts, kSensitiveMatrix, kSensitiveNoRole);
    case GuardedAction::change_device:
      return one_of(facts,
                    {cloud_device_administrator, intune_administrator, global_administrator});
    case GuardedAction::change_app:
    case GuardedAction::remove_consent:
      return one_of(facts, {application_administrator, cloud_application_administrator,
                            global_administrator});
    case GuardedAction::change_assignment:
      return one_of(facts, {application_administrator, cloud_application_administrator,
                            user_administrator, global_administrator});
    case GuardedAction::change_role:
      return one_of(facts, {privileged_role_administrator, global_administrator});
    case GuardedAction::change_group: return right_on_group(facts);
    case GuardedAction::change_tenant: return one_of(facts, {global_administrator});
    case GuardedAction::change_own_method:
    case GuardedAction::change_password: return Right::no;  // free for oneself, and for nobody else
  }
  return Right::no;
}

Right right_of(const GuardFacts& facts) {
  const Right by_role = right_by_role(facts);
  if (by_role == Right::yes) return by_role;
  const Right by_permission = right_by_permission(facts);
  return by_permission == Right::no ? by_role : by_permission;
}

// What everybody may do to themselves without any role.
bool is_free_for_self(GuardedAction action) {
  switch (action) {
    case GuardedAction::revoke_sessions:
    case GuardedAction::end_session:
    case GuardedAction::change_password:
    case GuardedAction::change_own_method:
    case GuardedAction::remove_consent: return true;
    case GuardedAction::change_method:
    case GuardedAction::reset_password:
    case GuardedAction::disable_user:
    case GuardedAction::enable_user:
    case GuardedAction::change_device:
    case GuardedAction::change_app:
    case GuardedAction::change_assignment:
    case GuardedAction::change_role:
    case GuardedAction::change_group:
    case GuardedAction::change_tenant: return false;
  }
  return false;
}

bool is_refused_for_self(GuardedAction action) {
  return action == GuardedAction::disable_user || action == GuardedAction::enable_user ||
         action == GuardedAction::reset_password || action == GuardedAction::change_method;
}

using Rule = std::optional<GuardRefusal> (*)(const GuardFacts&);

std::optional<GuardRefusal> actor_disabled(const GuardFacts& facts) {
  if (facts.actor_enabled) return std::nullopt;
  return GuardRefusal{GuardRule::actor_disabled,
                      "the caller's own account is disabled or gone; another administrator "
                      "has to do it"};
}

std::optional<GuardRefusal> role(const GuardFacts& facts) {
  if (facts.actor.kind == ActorKind::system || right_of(facts) != Right::no) return std::nullopt;
  if (facts.subject_is_actor && is_free_for_self(facts.action)) return std::nullopt;
  return GuardRefusal{GuardRule::role,
                      "none of the caller's roles allows " + std::string{to_string(facts.action)} +
                          "; ask a Global Administrator to do it, or for a role that allows it"};
}

std::optional<GuardRefusal> protected_subject(const GuardFacts& facts) {
  if (facts.actor.kind == ActorKind::system || right_of(facts) != Right::higher) {
    return std::nullopt;
  }
  if (facts.subject_is_actor && is_free_for_self(facts.action)) return std::nullopt;
  return GuardRefusal{GuardRule::protected_subject,
                      "the subject's own roles or groups ask for a higher administrator: a "
                      "Global Administrator can do it"};
}

std::optional<GuardRefusal> self(const GuardFacts& facts) {
  if (!facts.subject_is_actor || !is_refused_for_self(facts.action)) return std::nullopt;
  return GuardRefusal{
      GuardRule::self,
      "nobody does this to their own account; ask another administrator, or end your own "
      "sessions only, which is allowed"};
}

std::optional<GuardRefusal> break_glass(const GuardFacts& facts) {
  const bool takes_account =
      facts.action == GuardedAction::disable_user || facts.takes_administrator;
  if (!facts.subject || !facts.subject->break_glass || !takes_account) return std::nullopt;
  return GuardRefusal{GuardRule::break_glass,
                      "the subject is an emergency account, which is never disabled by a "
                      "request; a Global Administrator takes that mark away first (breakGlass)"};
}

std::optional<GuardRefusal> guest(const GuardFacts& facts) {
  const bool is_guest =
      facts.subject && facts.subject->user_type == UserType::guest && !facts.subject->password_hash;
  const bool ends_sign_in = facts.action == GuardedAction::revoke_sessions ||
                            facts.action == GuardedAction::reset_password;
  if (!is_guest || !ends_sign_in || facts.subject_is_actor) return std::nullopt;
  return GuardRefusal{GuardRule::guest,
                      "the subject is a guest without a password here: their home tenant decides "
                      "about sign-in sessions and passwords; disable the account in this tenant "
                      "instead"};
}

std::optional<GuardRefusal> last_administrator(const GuardFacts& facts) {
  if (!facts.takes_administrator || facts.other_enabled_administrators > 0) return std::nullopt;
  return GuardRefusal{GuardRule::last_administrator,
                      "the subject is the last enabled Global Administrator of the tenant; "
                      "give another enabled account that role first"};
}

constexpr std::array<Rule, 7> kRules{actor_disabled, role,  protected_subject, self,
                                     break_glass,    guest, last_administrator};

constexpr std::array<std::pair<GuardRule, std::string_view>, 7> kRuleNames{{
    {GuardRule::actor_disabled, "guard.actor_disabled"},
    {GuardRule::role, "guard.role"},
    {GuardRule::protected_subject, "guard.protected_subject"},
    {GuardRule::self, "guard.self"},
    {GuardRule::break_glass, "guard.break_glass"},
    {GuardRule::guest, "guard.guest"},
    {GuardRule::last_administrator, "guard.last_administrator"},
}};

}  // namespace

std::string_view to_string(GuardedAction action) {
  switch (action) {
    case GuardedAction::revoke_sessions: return "revoke_sessions";
    case GuardedAction::end_session: return "end_session";
    case GuardedAction::change_password: return "change_password";
    case GuardedAction::reset_password: return "reset_password";
    case GuardedAction::change_method: return "change_method";
    case GuardedAction::change_own_method: return "change_own_method";
    case GuardedAction::disable_user: return "disable_user";
    case GuardedAction::enable_user: return "enable_user";
    case GuardedAction::change_device: return "change_device";
    case GuardedAction::change_app: return "change_app";
    case GuardedAction::change_assignment: return "change_assignment";
    case GuardedAction::remove_consent: return "remove_consent";
    case GuardedAction::change_role: return "change_role";
    case GuardedAction::change_group: return "change_group";
    case GuardedAction::change_tenant: return "change_tenant";
  }
  return "";
}

GuardedAction method_action(ActorProof proof) {
  return proof == ActorProof::recent_sign_in ? GuardedAction::change_own_method
                                             : GuardedAction::change_method;
}

GuardedAction action_of(RemovalKind kind, ActorProof proof) {
  switch (kind) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user: return GuardedAction::disable_user;
    case RemovalKind::revoke_sessions: return GuardedAction::revoke_sessions;
    case RemovalKind::end_session:
    case RemovalKind::end_grant: return GuardedAction::end_session;
    case RemovalKind::reset_password:
      return proof == ActorProof::old_password ? GuardedAction::change_password
                                               : GuardedAction::reset_password;
    case RemovalKind::remove_method: return method_action(proof);
    case RemovalKind::disable_device:
    case RemovalKind::tighten_device: return GuardedAction::change_device;
    case RemovalKind::disable_app:
    case RemovalKind::tighten_app:
    case RemovalKind::remove_app_secret:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::hold_key: return GuardedAction::change_app;
    case RemovalKind::remove_assignment: return GuardedAction::change_assignment;
    case RemovalKind::remove_consent: return GuardedAction::remove_consent;
    case RemovalKind::remove_role: return GuardedAction::change_role;
    case RemovalKind::remove_group_member: return GuardedAction::change_group;
    case RemovalKind::withdraw_key:
    case RemovalKind::reauth_tenant: return GuardedAction::change_tenant;
  }
  return GuardedAction::change_tenant;
}

GuardedAction action_of(RunMode mode) {
  switch (mode) {
    case RunMode::revoke: return GuardedAction::disable_user;
    case RunMode::sessions_only: return GuardedAction::revoke_sessions;
  }
  return GuardedAction::disable_user;
}

std::string_view to_string(GuardRule rule) {
  for (const auto& [known, name] : kRuleNames) {
    if (known == rule) return name;
  }
  CURFEW_CHECK(false);
}

std::vector<std::string_view> guard_rule_names() {
  std::vector<std::string_view> names;
  for (const auto& [known, name] : kRuleNames) names.push_back(name);
  return names;
}

Error GuardRefusal::to_error() const {
  return Error::permanent(ErrorCode::denied, std::string{to_string(rule)} + ": " + sentence);
}

std::optional<GuardRule> guard_rule_of(const Error& error) {
  if (error.code() != ErrorCode::denied) return std::nullopt;
  for (const auto& [rule, name] : kRuleNames) {
    if (error.message().starts_with(std::string{name} + ":")) return rule;
  }
  return std::nullopt;
}

std::optional<GuardRefusal> guard(const GuardFacts& facts) {
  for (const Rule rule : kRules) {
    if (auto refusal = rule(facts)) return refusal;
  }
  return std::nullopt;
}

}  // namespace curfew
