#include <utility>

#include "revocation/guard.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"

// Reads what guard() looks at, inside the caller's transaction.

namespace curfew {

namespace {

// The roles that the actor came with and still has; a token does not outlive its holder's role.
Status load_actor(ReadTx& tx, const TenantId& tenant_id, GuardFacts& facts) {
  const Actor& actor = facts.actor;
  facts.actor_roles = actor.roles;
  switch (actor.kind) {
    case ActorKind::local_root:
    case ActorKind::system: return Done{};
    case ActorKind::user: {
      CURFEW_TRY(const auto user, load<User>(tx, tenant_id, UserId{actor.id}));
      facts.actor_enabled = user && user->account_enabled;
      break;
    }
    case ActorKind::service_principal: {
      CURFEW_TRY(const auto app, load<App>(tx, tenant_id, AppId{actor.id}));
      facts.actor_enabled = app && app->account_enabled;
      break;
    }
  }
  CURFEW_TRY(const HeldRoles now, held_roles(tx, tenant_id, actor.id));
  std::erase_if(facts.actor_roles, [&](Role role) { return !now.built_in.contains(role); });
  return Done{};
}

Result<std::uint64_t> count_other_administrators(ReadTx& tx, const TenantId& tenant_id,
                                                 const UserId& subject) {
  Query query;
  query.index = "role_assignments_by_role";
  const RoleId role{std::string{definition_of(Role::global_administrator).template_id}};
  query.prefix = keys_of(tenant_id, role);
  CURFEW_TRY(const auto assignments, scan_as<RoleAssignment>(tx, query));
  std::uint64_t count = 0;
  for (const RoleAssignment& assignment : assignments) {
    if (assignment.principal_id == subject.str()) continue;
    CURFEW_TRY(const auto user, load<User>(tx, tenant_id, UserId{assignment.principal_id}));
    if (user && user->account_enabled) ++count;
  }
  return count;
}

bool takes_administrator(const GuardFacts& facts, const GuardSubject& subject) {
  if (!facts.subject_roles.contains(Role::global_administrator)) return false;
  if (facts.action == GuardedAction::disable_user) return facts.subject->account_enabled;
  return facts.action == GuardedAction::change_role && subject.role_id &&
         role_by_template_id(subject.role_id->str()) == Role::global_administrator;
}

Status load_subject(ReadTx& tx, const TenantId& tenant_id, const GuardSubject& subject,
                    GuardFacts& facts) {
  const UserId& id = *subject.user_id;
  CURFEW_TRY(KnownUser known, known_user(tx, tenant_id, id));
  facts.subject = std::move(known.user);
  facts.subject_is_actor = facts.actor.kind == ActorKind::user && facts.actor.id == id.str();
  CURFEW_TRY(HeldRoles roles, held_roles(tx, tenant_id, id.str()));
  facts.subject_roles = std::move(roles.built_in);
  facts.subject_has_other_role = roles.has_other;
  CURFEW_TRY(facts.subject_in_role_group, is_in_role_group(tx, tenant_id, id));
  facts.takes_administrator = takes_administrator(facts, subject);
  if (facts.takes_administrator) {
    CURFEW_TRY(facts.other_enabled_administrators, count_other_administrators(tx, tenant_id, id));
  }
  return Done{};
}

template <typename Id>
Result<Id> needed(const std::optional<Id>& id, std::string_view what) {
  if (id && !id->empty()) return *id;
  return Error::permanent(ErrorCode::invalid_argument,
                          "the removal does not name its " + std::string{what});
}

}  // namespace

Result<GuardFacts> load_guard_facts(ReadTx& tx, const TenantId& tenant_id, GuardedAction action,
                                    const Actor& actor, const GuardSubject& subject) {
  GuardFacts facts;
  facts.action = action;
  facts.actor = actor;
  CURFEW_TRY_STATUS(load_actor(tx, tenant_id, facts));
  if (subject.user_id) {
    CURFEW_TRY_STATUS(load_subject(tx, tenant_id, subject, facts));
  }
  if (subject.group_id) {
    CURFEW_TRY(const Group group, require<Group>(tx, "such group", tenant_id, *subject.group_id));
    facts.group_is_role_assignable = group.is_assignable_to_role;
  }
  return facts;
}

Status check_guard(ReadTx& tx, const TenantId& tenant_id, GuardedAction action, const Actor& actor,
                   const GuardSubject& subject) {
  CURFEW_TRY(const GuardFacts facts, load_guard_facts(tx, tenant_id, action, actor, subject));
  if (const auto refusal = guard(facts)) return refusal->to_error();
  return Done{};
}

Result<bool> may_change_devices(ReadTx& tx, const TenantId& tenant_id, const Actor& actor) {
  CURFEW_TRY(const GuardFacts facts,
             load_guard_facts(tx, tenant_id, GuardedAction::change_device, actor, {}));
  return !guard(facts).has_value();
}

Result<GuardSubject> guard_subject_of(ReadTx& tx, const TenantId& tenant_id,
                                      const Removal& removal) {
  GuardSubject subject;
  switch (removal.kind) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::remove_method:
    case RemovalKind::remove_consent: {
      CURFEW_TRY(subject.user_id, needed(removal.user_id, "user"));
      break;
    }
    case RemovalKind::remove_role: {
      if (!removal.app_id) {
        CURFEW_TRY(subject.user_id, needed(removal.user_id, "user"));
      }
      CURFEW_TRY(subject.role_id, needed(removal.role_id, "role"));
      break;
    }
    case RemovalKind::remove_group_member: {
      CURFEW_TRY(subject.user_id, needed(removal.user_id, "user"));
      CURFEW_TRY(subject.group_id, needed(removal.group_id, "group"));
      break;
    }
    case RemovalKind::remove_assignment: subject.user_id = removal.user_id; break;
    case RemovalKind::end_session: {
      CURFEW_TRY(const SessionId id, needed(removal.session_id, "session"));
      CURFEW_TRY(const Session session, require<Session>(tx, "such session", tenant_id, id));
      subject.user_id = session.user_id;
      break;
    }
    case RemovalKind::end_grant: {
      CURFEW_TRY(const GrantId id, needed(removal.grant_id, "grant"));
      CURFEW_TRY(const Grant grant, require<Grant>(tx, "such grant", tenant_id, id));
      subject.user_id = grant.user_id;
      break;
    }
    case RemovalKind::disable_device:
    case RemovalKind::disable_app:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_app_secret:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::hold_key:
    case RemovalKind::withdraw_key:
    case RemovalKind::reauth_tenant: break;
  }
  return subject;
}

}  // namespace curfew
