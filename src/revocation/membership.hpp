// revocation/membership.hpp: who gets an application through what: assignments, groups, roles.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "model/directory.hpp"
#include "model/role.hpp"
#include "store/store.hpp"

namespace curfew {

// Directly, or through a group.
[[nodiscard]] Result<bool> is_assigned(ReadTx& tx, const TenantId& tenant_id, const UserId& user,
                                       const AppId& app);
// At most `limit`; 0: all.
[[nodiscard]] Result<std::vector<UserId>> members_of(ReadTx& tx, const TenantId& tenant_id,
                                                     const GroupId& group, std::size_t limit);
[[nodiscard]] Result<std::vector<GroupMember>> memberships_of(ReadTx& tx, const TenantId& tenant_id,
                                                              const UserId& user);
[[nodiscard]] Result<std::vector<AppId>> apps_assigned_to(ReadTx& tx, const TenantId& tenant_id,
                                                          const GroupId& group);
[[nodiscard]] Result<std::vector<RoleAssignment>> roles_of(ReadTx& tx, const TenantId& tenant_id,
                                                           const std::string& principal_id);

// A member of a group that roles can be given to.
[[nodiscard]] Result<bool> is_in_role_group(ReadTx& tx, const TenantId& tenant_id,
                                            const UserId& user);

// Somebody in the directory, or who was deleted and may be restored: what they hold can be taken
// away all the same. `not_found`.
struct KnownUser {
  User user;
  std::optional<TimePoint> deleted_at;
};
[[nodiscard]] Result<KnownUser> known_user(ReadTx& tx, const TenantId& tenant_id, const UserId& id);
[[nodiscard]] Status save_known_user(WriteTx& tx, const KnownUser& known);

// What of roles_of() the built-in table knows; `has_other`: there is a role that it does not.
struct HeldRoles {
  std::set<Role> built_in;
  bool has_other = false;
};
[[nodiscard]] Result<HeldRoles> held_roles(ReadTx& tx, const TenantId& tenant_id,
                                           const std::string& principal_id);

}  // namespace curfew
