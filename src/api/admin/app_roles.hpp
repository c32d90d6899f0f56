// api/admin/app_roles.hpp: the directory roles of applications, by which their API keys and their
// own tokens may manage anything here.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_app_roles(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_app_role(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_app_role(const AdminCall& call);

}  // namespace curfew
