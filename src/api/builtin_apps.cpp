#include "api/builtin_apps.hpp"

#include <string>

#include "api/context.hpp"
#include "model/graph_permission.hpp"
#include "store/schema.hpp"

namespace curfew {

std::vector<App> built_in_apps(const TenantId& tenant_id, const std::string& base_url,
                               TimePoint now) {
  App cli;
  cli.tenant_id = tenant_id;
  cli.id = AppId{std::string{kCliClientId}};
  cli.display_name = "Curfew CLI";
  cli.client_type = ClientType::public_client;
  cli.redirect_uris = {"http://127.0.0.1/callback"};  // a native application: any port
  cli.admin_consented_scopes = {std::string{kAdminApiResource} + "/manage"};
  cli.created_at = now;

  App api;
  api.tenant_id = tenant_id;
  api.id = AppId{std::string{kAdminApiAppId}};
  api.display_name = "Curfew administrator's API";
  api.identifier_uris = {std::string{kAdminApiResource}};
  api.exposed_scopes = {"manage"};
  api.continuous_evaluation = true;  // our own APIs judge each request
  api.created_at = now;

  App graph;
  graph.tenant_id = tenant_id;
  graph.id = AppId{std::string{kGraphAppId}};
  graph.display_name = "Microsoft Graph";
  // Clients name it by the address that they call, or by the one that they have built in.
  graph.identifier_uris = {std::string{kGraphResource}, base_url};
  for (const GraphPermission& permission : graph_permissions()) {
    graph.exposed_scopes.emplace_back(permission.name);
  }
  graph.continuous_evaluation = true;
  graph.created_at = now;
  return {cli, api, graph};
}

bool is_built_in(const AppId& id) {
  return id.str() == kCliClientId || id.str() == kAdminApiAppId || id.str() == kGraphAppId;
}

Status ensure_built_in_apps(Store& store, const TenantId& tenant_id, const std::string& base_url,
                            TimePoint now) {
  return store.write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    for (const App& wanted : built_in_apps(tenant_id, base_url, now)) {
      CURFEW_TRY(std::optional<App> found, load<App>(tx, tenant_id, wanted.id));
      if (!found) {
        CURFEW_TRY_STATUS(add(tx, wanted));
        continue;
      }
      if (wanted.id.str() != kGraphAppId) continue;
      const bool is_current = found->identifier_uris == wanted.identifier_uris &&
                              found->exposed_scopes == wanted.exposed_scopes;
      if (is_current) continue;
      found->identifier_uris = wanted.identifier_uris;
      found->exposed_scopes = wanted.exposed_scopes;
      CURFEW_TRY_STATUS(save(tx, *found));
    }
    return Done{};
  });
}

}  // namespace curfew
