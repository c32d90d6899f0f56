// api/builtin_apps.hpp: the applications that every tenant has: our administrator's API and the
// CLI.
#pragma once

#include <vector>

#include "model/application.hpp"
#include "model/built_in_app_ids.hpp"

namespace curfew {

[[nodiscard]] std::vector<App> built_in_apps(const TenantId& tenant_id, TimePoint now);

}  // namespace curfew
