#include "revocation/membership.hpp"

#include <utility>

#include "model/application.hpp"
#include "store/schema.hpp"

namespace curfew {

Result<std::vector<GroupMember>> memberships_of(ReadTx& tx, const TenantId& tenant_id,
                                                const UserId& user) {
  Query query;
  query.index = "group_members_by_user";
  query.prefix = keys_of(tenant_id, user);
  return scan_as<GroupMember>(tx, query);  // no limit: leaving one out would change the answer
}

Result<bool> is_assigned(ReadTx& tx, const TenantId& tenant_id, const UserId& user,
                         const AppId& app) {
  CURFEW_TRY(const auto direct,
             load<AppAssignment>(tx, tenant_id, app, PrincipalKind::user, user.str()));
  if (direct) return true;
  CURFEW_TRY(const auto memberships, memberships_of(tx, tenant_id, user));
  for (const GroupMember& membership : memberships) {
    CURFEW_TRY(
        const auto through_group,
        load<AppAssignment>(tx, tenant_id, app, PrincipalKind::group, membership.group_id.str()));
    if (through_group) return true;
  }
  return false;
}

Result<std::vector<UserId>> members_of(ReadTx& tx, const TenantId& tenant_id, const GroupId& group,
                                       std::size_t limit) {
  Query query;
  query.prefix = keys_of(tenant_id, group);
  query.limit = limit;
  CURFEW_TRY(const auto members, scan_as<GroupMember>(tx, query));
  std::vector<UserId> users;
  users.reserve(members.size());
  for (const GroupMember& member : members) users.push_back(member.user_id);
  return users;
}

Result<std::vector<AppId>> apps_assigned_to(ReadTx& tx, const TenantId& tenant_id,
                                            const GroupId& group) {
  Query query;
  query.index = "app_assignments_by_principal";
  query.prefix = keys_of(tenant_id, PrincipalKind::group, group);
  CURFEW_TRY(const auto assignments, scan_as<AppAssignment>(tx, query));
  std::vector<AppId> apps;
  apps.reserve(assignments.size());
  for (const AppAssignment& assignment : assignments) apps.push_back(assignment.app_id);
  return apps;
}

Result<std::vector<RoleAssignment>> roles_of(ReadTx& tx, const TenantId& tenant_id,
                                             const std::string& principal_id) {
  Query query;
  query.prefix = keys_of(tenant_id, principal_id);
  return scan_as<RoleAssignment>(tx, query);  // no limit: there are some twenty roles
}

Result<HeldRoles> held_roles(ReadTx& tx, const TenantId& tenant_id,
                             const std::string& principal_id) {
  CURFEW_TRY(const auto assignments, roles_of(tx, tenant_id, principal_id));
  HeldRoles held;
  for (const RoleAssignment& assignment : assignments) {
    if (const auto role = role_by_template_id(assignment.role_id.str())) {
      held.built_in.insert(*role);
    } else {
      held.has_other = true;
    }
  }
  return held;
}

Result<KnownUser> known_user(ReadTx& tx, const TenantId& tenant_id, const UserId& id) {
  CURFEW_TRY(std::optional<User> user, load<User>(tx, tenant_id, id));
  if (user) return KnownUser{std::move(*user), std::nullopt};
  CURFEW_TRY(const DeletedUser deleted, require<DeletedUser>(tx, "such user", tenant_id, id));
  return KnownUser{static_cast<const User&>(deleted), deleted.deleted_at};
}

Status save_known_user(WriteTx& tx, const KnownUser& known) {
  return known.deleted_at ? save(tx, DeletedUser{known.user, *known.deleted_at})
                          : save(tx, known.user);
}

Result<bool> is_in_role_group(ReadTx& tx, const TenantId& tenant_id, const UserId& user) {
  CURFEW_TRY(const auto memberships, memberships_of(tx, tenant_id, user));
  for (const GroupMember& membership : memberships) {
    CURFEW_TRY(const auto group, load<Group>(tx, tenant_id, membership.group_id));
    if (group && group->is_assignable_to_role) return true;
  }
  return false;
}

}  // namespace curfew
