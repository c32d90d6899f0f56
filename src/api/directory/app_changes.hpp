// api/directory/app_changes.hpp: adding, changing and removing applications, their secrets and
// their assignments, for every API that can: one set of rules, one way into the store.
//
// All of it is done on a caller's behalf (api/api_call.hpp) and guarded; who may call at all is
// asked by the API before.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/application.hpp"
#include "model/position.hpp"
#include "revocation/requester.hpp"
#include "store/store.hpp"

namespace curfew {

// A credential of an application is worth the directory roles that it holds, and what it may do to
// this tenant by itself or in the name of people who are not asked: where it has roles, or a
// permission of our own APIs that only an administrator gives (for itself, for everybody, for one
// person), only who may give roles may make one. So may nobody else where more than 20,000 people
// agreed to something: that many are not looked through. In the transaction that adds the
// credential. An application that calls by its own permission needs the one for roles; that for
// applications is not enough. `conflict` for a gate's (gate_rules.hpp), whoever asks.
[[nodiscard]] Status check_new_credential(ReadTx& tx, const ApiCall& call, const AppId& app);

// The same for a credential that carries these permissions of the Graph API, whoever's it is.
[[nodiscard]] Status check_scopes_guard(ReadTx& tx, const ApiCall& call,
                                        const std::vector<std::string>& scopes);

// Who may not make a credential of such an application may not take one away either: that it works
// no more is a change of what it can do. A caller's own is always theirs to withdraw: an
// application's, and a key whose owner calls. In the transaction that removes it.
[[nodiscard]] Status check_withdrawal_guard(ReadTx& tx, const ApiCall& call, const AppId& app,
                                            const std::optional<UserId>& owner);

// Whoever decides where the codes of an application go, or what it need not ask for, decides what
// it can do in the name of the people who use it. So these are for those who may give roles, and
// the built-in applications for a Global Administrator: an application that holds directory roles,
// and one that may manage this tenant without asking, as it stands or after the change. In the
// transaction of the change.
[[nodiscard]] Status check_app_guard(ReadTx& tx, const ApiCall& call, const App& after);

// The same for what switches or removes the application, as it is when that is done.
[[nodiscard]] Requester guarded_for_app(const ApiCall& call, const AppId& app);

// An identifier URI belongs to one application of the tenant, and none to this server itself: else
// one could get tokens for another.
[[nodiscard]] Status check_identifier_uris(ReadTx& tx, const ServerContext& context,
                                           const App& app);

// Redirect URIs, origins and addresses for a sign-out that a client may have.
[[nodiscard]] Status check_app_addresses(const App& app);

// Whether tokens of this application say what is not so after the change: what somebody has lost by
// it, or how they are watched and held back, which is to be seen at once also for the better. What
// a resource exposes no longer ends with the tokens that say it, or at their next renewal.
[[nodiscard]] bool outdates_tokens(const App& before, const App& after);

// Every row of the application but what it was given to others: the second half of removing it,
// once disable_app has ended all access.
[[nodiscard]] Status drop_app_rows(WriteTx& tx, const TenantId& tenant, const AppId& id);

struct NewSecret {
  AppSecret row;
  std::string text;  // shown once
};
[[nodiscard]] NewSecret make_app_secret(const ServerContext& context, const AppId& app_id);

// What a change makes of the row; asked on what is stored, and again in the transaction. Identifier
// URIs are looked at where they change: what is stored from before must not keep anybody from
// disabling the application.
using AppChange = std::function<Status(App&)>;

[[nodiscard]] Task<Result<Done>> write_new_app(const ApiCall& call, App app,
                                               std::optional<NewSecret> secret);
// What the change would make of `app`. Refused here, it has changed nothing.
[[nodiscard]] Task<Result<App>> checked_app_change(const ApiCall& call, const App& app,
                                                   AppChange change);
// A change that takes something away ends what was granted in the same transaction. `urgency`:
// emergency where checked_app_change() says that it does.
[[nodiscard]] Task<Result<Done>> write_app_change(const ApiCall& call, AppId id, AppChange change,
                                                  Urgency urgency);
// accountEnabled, through the revocation service.
[[nodiscard]] Task<Status> set_app_enabled(const ApiCall& call, const App& app, bool enabled);
// Ends all access first, in a transaction of its own, then drops the rows. `conflict`: built in.
// `action`: what the audit calls it.
[[nodiscard]] Task<Status> remove_app_for_good(const ApiCall& call, const App& app,
                                               std::string action = "app.remove");

[[nodiscard]] Task<Result<Done>> write_app_secret(const ApiCall& call, const App& app,
                                                  const NewSecret& secret);
[[nodiscard]] Task<Result<Position>> take_app_secret(const ApiCall& call, const AppId& app,
                                                     std::string key_id);

// `conflict` where the person has as many as a revocation can take away at once.
[[nodiscard]] Task<Result<Done>> write_app_assignment(const ApiCall& call, const App& app,
                                                      const AppAssignment& assignment);
[[nodiscard]] Task<Result<Position>> take_app_assignment(const ApiCall& call,
                                                         const AppAssignment& assignment);

}  // namespace curfew
