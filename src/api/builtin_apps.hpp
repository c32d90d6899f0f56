// api/builtin_apps.hpp: the applications that every tenant has: our administrator's API and the
// CLI.
#pragma once

#include <string_view>
#include <vector>

#include "model/application.hpp"

namespace curfew {

// The same client_id in every tenant, so that the CLI needs no configuration.
inline constexpr std::string_view kCliClientId = "c0f3e000-0000-4000-8000-000000000001";
inline constexpr std::string_view kAdminApiAppId = "c0f3e000-0000-4000-8000-000000000002";

[[nodiscard]] std::vector<App> built_in_apps(const TenantId& tenant_id, TimePoint now);

}  // namespace curfew
