// api/admin/apps.hpp: applications, their secrets and assignments, as administrators manage them.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_apps(const AdminCall& call);
// Answers the application with a working client configuration: ids, addresses and, for a
// confidential client, its first secret, which is shown only now.
[[nodiscard]] Task<Result<boost::json::value>> add_app(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_app(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> change_app(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> list_app_secrets(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_app_secret(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_app_secret(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> list_assignments(const AdminCall& call);
// {"userId"} or {"groupId"}.
[[nodiscard]] Task<Result<boost::json::value>> add_assignment(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_assignment(const AdminCall& call);

}  // namespace curfew
