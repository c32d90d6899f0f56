#include "api/changes/listed_permissions.hpp"

#include <algorithm>
#include <vector>

#include "api/graph/graph_operations.hpp"
#include "api/graph/user_entity.hpp"
#include "base/check.hpp"

namespace curfew {

namespace {

NeededPermissions of(const std::vector<GraphOperation>& operations, std::string_view name) {
  const auto found = std::ranges::find(operations, name, &GraphOperation::name);
  CURFEW_CHECK(found != operations.end());
  return found->permissions;
}

}  // namespace

NeededPermissions listing_permissions(std::string_view collection) {
  // Not with User.ReadBasic.All: that a person changed says more than an address book does.
  if (collection == "users") return {kReadUsers, kReadUsersAlone, ""};
  if (collection == "groups") return of(group_operations(), "list_groups");
  if (collection == "devices") return of(device_operations(), "list_devices");
  if (collection == "directoryRoles") return of(role_operations(), "list_directory_roles");
  if (collection == "applications") return of(application_operations(), "list_applications");
  if (collection == "servicePrincipals") {
    return of(application_operations(), "list_service_principals");
  }
  if (collection == "oauth2PermissionGrants") {
    return of(permission_grant_operations(), "list_permission_grants");
  }
  CURFEW_CHECK(collection == "directoryObjects");
  return {"Directory.Read.All Directory.ReadWrite.All Directory.AccessAsUser.All",
          "Directory.Read.All Directory.ReadWrite.All", ""};
}

}  // namespace curfew
