// api/admin/users.hpp: users, their passwords, sessions and roles, as administrators manage them.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_users(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_user(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_user(const AdminCall& call);
// displayName, mail, breakGlass; accountEnabled takes access away or ends the administrator's hold.
[[nodiscard]] Task<Result<boost::json::value>> change_user(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_access(const AdminCall& call);
// Ends everything the account had; answers a one-time password.
[[nodiscard]] Task<Result<boost::json::value>> reset_user_password(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> list_user_sessions(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> end_user_sessions(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> end_user_session(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> list_user_roles(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_user_role(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_user_role(const AdminCall& call);

}  // namespace curfew
