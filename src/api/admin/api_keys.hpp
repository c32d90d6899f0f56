// api/admin/api_keys.hpp: opaque bearers of service principals, as administrators manage them.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_api_keys(const AdminCall& call);
// {"appId","displayName","scopes","owner"}; answers the key's text, which is shown only now.
[[nodiscard]] Task<Result<boost::json::value>> add_api_key(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_api_key(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_api_key(const AdminCall& call);

}  // namespace curfew
