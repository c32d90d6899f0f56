// api/builtin_apps.hpp: the applications that every tenant has: our administrator's API, the CLI,
// the Graph API, and what gates follow.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/application.hpp"
#include "model/built_in_app_ids.hpp"
#include "store/store.hpp"

namespace curfew {

// `base_url`: the address that clients know the server by; the Graph API is called by it too.
[[nodiscard]] std::vector<App> built_in_apps(const TenantId& tenant_id, const std::string& base_url,
                                             TimePoint now);

// Adds those that a tenant made by an older version lacks, and brings the Graph API's permissions
// and address up to date. At start, before anything is served.
[[nodiscard]] Status ensure_built_in_apps(Store& store, const TenantId& tenant_id,
                                          const std::string& base_url, TimePoint now);

// One of those.
[[nodiscard]] bool is_built_in(const AppId& id);

}  // namespace curfew
