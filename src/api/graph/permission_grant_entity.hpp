// api/graph/permission_grant_entity.hpp: what applications may do in somebody's name, as Graph
// shows it: oAuth2PermissionGrants, one for each client, resource and person, or for everybody
// (AllPrincipals) where an administrator agreed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"

namespace curfew {

struct PermissionGrant {
  std::string client_id;
  std::string resource_id;
  std::optional<std::string> principal_id;  // nothing: AllPrincipals
  std::vector<std::string> names;
  std::string scope;  // the names between spaces
  std::string id;     // opaque to clients; parse_grant_id() gives the first three back
};
[[nodiscard]] PermissionGrant make_grant(const AppId& client, const App& resource,
                                         const std::optional<UserId>& principal,
                                         std::vector<std::string> names);
[[nodiscard]] std::optional<PermissionGrant> parse_grant_id(std::string_view id);

[[nodiscard]] const EntityKind<PermissionGrant>& permission_grant_kind();

// The grant as it is stored; nothing if there is none.
[[nodiscard]] Result<std::optional<PermissionGrant>> find_grant(ReadTx& tx, const TenantId& tenant,
                                                                const PermissionGrant& named);

// Every grant that can match: of all, of one client, or of one person.
struct GrantSource {
  std::optional<std::string> client_id;
  std::optional<std::string> principal_id;
};
[[nodiscard]] std::shared_ptr<const Candidates<PermissionGrant>> grants_of(TenantId tenant_id,
                                                                           GrantSource source);

}  // namespace curfew
