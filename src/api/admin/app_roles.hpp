// api/admin/app_roles.hpp: the directory roles of applications, by which their API keys and their
// own tokens may manage anything here.
#pragma once

#include <optional>

#include "api/admin/admin_call.hpp"
#include "model/application.hpp"
#include "revocation/requester.hpp"
#include "store/store.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_app_roles(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_app_role(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_app_role(const AdminCall& call);

// A credential of an application with directory roles is worth these roles: only who may give roles
// may make one. In the transaction that adds the credential.
Status check_credential_guard(ReadTx& tx, const AdminCall& call, const AppId& app);

// The same for a credential that carries these permissions of our own APIs, whoever's it is.
Status check_scopes_guard(ReadTx& tx, const AdminCall& call,
                          const std::vector<std::string>& scopes);

// Who may not make a credential of such an application may not take one away either: that it works
// no more is a change of what it can do. A caller's own is always theirs to withdraw: an
// application's, and a key whose owner calls. In the transaction that removes it.
Status check_withdrawal_guard(ReadTx& tx, const AdminCall& call, const AppId& app,
                              const std::optional<UserId>& owner);

// Whoever decides where the codes of an application go, or what it need not ask for, decides what
// it can do in the name of the people who use it. So these are for those who may give roles, and
// the built-in applications for a Global Administrator: an application that holds directory roles,
// and one that may manage this tenant without asking, before the change or after it. `before`:
// nothing for a new one. In the transaction of the change.
Status check_app_guard(ReadTx& tx, const AdminCall& call, const std::optional<App>& before,
                       const App& after);

// The same for what switches or removes the application, as it is when that is done.
Requester guarded_for_app(const AdminCall& call, const AppId& app);

}  // namespace curfew
