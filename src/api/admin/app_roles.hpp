// api/admin/app_roles.hpp: the directory roles of applications, by which their API keys and their
// own tokens may manage anything here.
#pragma once

#include "api/admin/admin_call.hpp"
#include "store/store.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_app_roles(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_app_role(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_app_role(const AdminCall& call);

// A credential of an application with directory roles is worth these roles: only who may give roles
// may make one. In the transaction that adds the credential.
Status check_credential_guard(ReadTx& tx, const AdminCall& call, const AppId& app);

}  // namespace curfew
