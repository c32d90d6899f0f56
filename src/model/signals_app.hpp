// model/signals_app.hpp: shared signals as a resource of every tenant, beside
// model/built_in_app_ids.hpp.
#pragma once

#include <string_view>

namespace curfew {

// Where receivers of shared signals manage and poll their streams, and what of it they may: the
// permissions are the scopes of the CAEP Interoperability Profile 1.0 (2.7.3).
inline constexpr std::string_view kSignalsAppId = "c0f3e000-0000-4000-8000-000000000004";
inline constexpr std::string_view kSignalsResource = "api://curfew-signals";
inline constexpr std::string_view kSignalsManage = "ssf.manage";
inline constexpr std::string_view kSignalsRead = "ssf.read";

}  // namespace curfew
