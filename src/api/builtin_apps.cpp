#include "api/builtin_apps.hpp"

#include <string>

#include "api/context.hpp"

namespace curfew {

std::vector<App> built_in_apps(const TenantId& tenant_id, TimePoint now) {
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
  return {cli, api};
}

}  // namespace curfew
