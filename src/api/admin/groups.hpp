// api/admin/groups.hpp: groups and their members, as administrators manage them.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_groups(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_group(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_group(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> list_members(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_member(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_member(const AdminCall& call);

}  // namespace curfew
