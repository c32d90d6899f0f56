#include "api/sign_in/requested_apps.hpp"

#include "access/granted_scopes.hpp"
#include "store/schema.hpp"

namespace curfew {

Result<std::optional<App>> RequestedApps::client(const TenantId& tenant_id, const AppId& id) {
  return load<App>(tx_, tenant_id, id);
}

Result<std::optional<App>> RequestedApps::resource(const TenantId& tenant_id,
                                                   const std::string& identifier) {
  if (request_.resource) {
    CURFEW_TRY(std::optional<App> now, load<App>(tx_, tenant_id, request_.resource->id));
    if (now && !now->identifier_uris.empty() && is_called(*now, identifier)) return now;
  }
  return find_resource(tx_, tenant_id, identifier);
}

}  // namespace curfew
