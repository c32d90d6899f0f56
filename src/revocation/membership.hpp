// revocation/membership.hpp: who gets an application through what: assignments, groups, roles.
#pragma once

#include <cstddef>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "model/directory.hpp"
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

}  // namespace curfew
