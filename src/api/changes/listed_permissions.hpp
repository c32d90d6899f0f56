// api/changes/listed_permissions.hpp: who may be told what changed in a collection: whoever may
// list its objects.
#pragma once

#include <string_view>

#include "api/graph/graph_permissions.hpp"

namespace curfew {

// "users", "groups", "devices", "directoryRoles", "servicePrincipals", "applications",
// "oauth2PermissionGrants" or "directoryObjects"; checked.
[[nodiscard]] NeededPermissions listing_permissions(std::string_view collection);

}  // namespace curfew
