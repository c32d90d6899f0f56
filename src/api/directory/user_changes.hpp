// api/directory/user_changes.hpp: adding, changing, deleting and restoring people, for every API
// that can: one set of rules, one way into the store.
//
// All of it is done on a caller's behalf (api/api_call.hpp) and guarded; who may call at all is
// asked by the API before.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "model/directory.hpp"
#include "store/store.hpp"

namespace curfew {

inline constexpr std::size_t kUserNameBytesMax = 256;
// How long somebody who was deleted can be restored.
inline constexpr auto kDeletedUsersKept = std::chrono::days{30};

// local@domain in lower case, where the domain is one of the tenant's.
[[nodiscard]] Status check_user_principal_name(const ServerContext& context,
                                               const std::string& name);

// `conflict` if the mail or the user principal name of `user` is another person's mail or user
// principal name (ASCII case ignored): applications may know people by either. By an index, in the
// transaction that writes.
[[nodiscard]] Status check_names_are_free(ReadTx& tx, const User& user);

// Argon2id in the password pool.
[[nodiscard]] Task<Result<std::string>> hash_in_pool(const ServerContext& context, Secret password);

// Applications tell people apart by their mail: at most 254 bytes of printable ASCII without
// spaces, one '@' with something on both sides; or empty, for none.
[[nodiscard]] Status check_mail(const std::string& mail);

// Whoever sets a person's name or mail can pass for another person at applications: for those who
// manage accounts, and on nobody above them.
[[nodiscard]] Status check_profile_guard(ReadTx& tx, const ApiCall& call, const UserId& id);

// `conflict` where the id, the name or the mail is taken. An account that begins disabled has the
// hold of an administrator from its first moment on.
[[nodiscard]] Task<Result<Done>> write_new_user(const ApiCall& call, User user,
                                                bool account_enabled = true);

// What is written beside the changed row, in its transaction.
using AlsoWritten = std::function<Status(WriteTx&, const User& after)>;

// `change` is called in the transaction, on the row as it is there. Nothing that takes access away
// or gives it may be changed by it. `is_of_profile`: asks check_profile_guard(). The audit names
// what it changed (changed_properties.hpp).
[[nodiscard]] Task<Result<Done>> write_user_change(const ApiCall& call, UserId id,
                                                   bool is_of_profile,
                                                   std::function<Status(User&)> change,
                                                   AlsoWritten also = nullptr);

// accountEnabled, through the revocation service. `conflict` where others hold the account.
[[nodiscard]] Task<Status> set_user_enabled(const ApiCall& call, const User& user, bool enabled);

// A new password by an administrator: ends all of the person's sessions.
[[nodiscard]] Task<Result<Position>> reset_password_of(const ApiCall& call, const UserId& id,
                                                       const Secret& password, bool force_change);

// Ends all access first, in a transaction of its own, then moves the row to the deleted ones.
[[nodiscard]] Task<Status> delete_user_softly(const ApiCall& call, const User& user);
// Gives back the row, then the access, as far as nobody else holds it. `conflict` where the name
// was taken meanwhile.
[[nodiscard]] Task<Result<User>> restore_deleted_user(const ApiCall& call, const UserId& id);
// For good, with everything that names the person. `not_found`: not among the deleted.
[[nodiscard]] Task<Status> purge_deleted_user(const ApiCall& call, const UserId& id);

// Rows that make somebody a member, an assignee, a role's holder: dropped with a person for good.
[[nodiscard]] Status drop_links_of_user(WriteTx& tx, const TenantId& tenant_id, const UserId& id);

}  // namespace curfew
