#include "api/directory/user_changes.hpp"

#include <algorithm>
#include <utility>

#include "api/admin_rights.hpp"
#include "api/directory/changed_properties.hpp"
#include "api/directory/directory_index.hpp"
#include "base/text.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "io/offload_pool.hpp"
#include "io/runtime.hpp"
#include "revocation/access_signals.hpp"
#include "revocation/hold_owner.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_registration.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Error taken(std::string_view what, const std::string& name) {
  return Error::permanent(ErrorCode::conflict, std::string{what} + " " + escape_for_display(name) +
                                                   " is another person's mail or user name");
}

bool is_called(const User& user, const std::string& name) {
  return ascii_iequals(user.mail.value_or(""), name) || user.user_principal_name == name;
}

Status check_name_is_free(ReadTx& tx, const User& own, std::string_view what,
                          const std::string& given) {
  const std::string name = ascii_lower(given);
  if (name.empty()) return Done{};
  Query by_name;
  by_name.index = "users_by_upn";
  by_name.prefix = keys_of(own.tenant_id, name);
  by_name.limit = 1;
  CURFEW_TRY(const std::vector<User> named, scan_as<User>(tx, by_name));
  if (!named.empty() && named.front().id != own.id) return taken(what, given);
  Query by_mail;
  by_mail.prefix = keys_of(own.tenant_id, std::string{kUserIndexKind}, std::string{"mail"},
                           index_value(name));  // no limit: long mails can begin alike
  CURFEW_TRY(const auto entries, scan_as<DirectoryIndexEntry>(tx, by_mail));
  for (const DirectoryIndexEntry& entry : entries) {
    if (entry.object_id == own.id.str()) continue;
    CURFEW_TRY(const auto user, load<User>(tx, own.tenant_id, UserId{entry.object_id}));
    if (user && is_called(*user, name)) return taken(what, given);
  }
  return Done{};
}

template <typename T, typename Erase>
Status erase_all(WriteTx& tx, std::string_view index, std::vector<Value> prefix, Erase erase) {
  Query query;
  query.index = index;
  query.prefix = std::move(prefix);  // no limit: one person's own
  CURFEW_TRY(const std::vector<T> rows, scan_as<T>(tx, query));
  for (const T& row : rows) {
    const Result<bool> erased = erase(row);
    if (!erased.ok()) return erased.error();
  }
  return Done{};
}

// In one transaction: the row goes, with its index entries, and is kept among the deleted.
Result<Done> move_to_deleted(WriteTx& tx, const ApiCall& call, const UserId& id) {
  CURFEW_TRY(const User user, require<User>(tx, "such user", call.tenant_id(), id));
  DeletedUser deleted{user, call.context.clock.now()};
  CURFEW_TRY_STATUS(drop_user_row(tx, user));
  CURFEW_TRY_STATUS(save(tx, deleted));
  return audit_change(tx, call, "user.delete", id.str(), user.user_principal_name);
}

// The row comes back, and the hold of the deletion ends, in one: as enabled as other holds let it
// be. Also where a deletion ended half-way, and the row never went.
Result<Done> move_from_deleted(WriteTx& tx, const ApiCall& call, const UserId& id) {
  CURFEW_TRY(const KnownUser known, known_user(tx, call.tenant_id(), id));
  CURFEW_TRY(const auto holds, holds_on(tx, call.tenant_id(), key_of(id)));
  const bool was_deleted =
      std::ranges::any_of(holds, [](const Hold& hold) { return hold.owner == kDeletedOwner; });
  if (!was_deleted) {
    return Error::permanent(ErrorCode::not_found, "there is no such deleted user");
  }
  if (known.deleted_at) {
    CURFEW_TRY_STATUS(check_names_are_free(tx, known.user));
    CURFEW_TRY_STATUS(add_user_row(tx, known.user));
    CURFEW_TRY_STATUS(remove<DeletedUser>(tx, call.tenant_id(), id));
  }
  CURFEW_TRY_STATUS(check_profile_guard(tx, call, id));
  const Restoral restoral{RestoralKind::enable_user, id.str(), std::string{kDeletedOwner},
                          "restore"};
  CURFEW_TRY_STATUS(
      give_access(tx, call.context.journal, restoral, std::nullopt, call.context.clock.now()));
  return audit_change(tx, call, "user.restore", id.str(), known.user.user_principal_name);
}

Status disable_new(WriteTx& tx, const ApiCall& call, const UserId& id) {
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = id;
  CURFEW_TRY_STATUS(remove_access(tx, call.context.journal, removal, call.context.clock.now()));
  return Done{};
}

}  // namespace

Status check_user_principal_name(const ServerContext& context, const std::string& name) {
  const std::size_t at = name.find('@');
  const bool is_plain = at != std::string::npos && at > 0 && name.size() <= kUserNameBytesMax &&
                        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_'#!~^@+") ==
                            std::string::npos &&
                        name.find('@', at + 1) == std::string::npos;
  if (!is_plain) return refused("userPrincipalName must look like johndoe@contoso.com");
  const std::string domain = name.substr(at + 1);
  for (const std::string& known : context.domains) {
    if (domain == known) return Done{};
  }
  return refused("the domain " + escape_for_display(domain) +
                 " is not one of this tenant's: " + join(context.domains, ", "));
}

Status check_mail(const std::string& mail) {
  constexpr std::size_t kMailBytesMax = 254;  // RFC 5321 4.5.3.1.3
  if (mail.empty()) return Done{};
  const std::size_t at = mail.find('@');
  const bool is_plain = at != std::string::npos && at > 0 && at + 1 < mail.size() &&
                        mail.find('@', at + 1) == std::string::npos &&
                        mail.size() <= kMailBytesMax &&
                        std::ranges::all_of(mail, [](char c) { return c > 0x20 && c < 0x7F; });
  if (is_plain) return Done{};
  return refused(
      "mail is at most 254 visible ASCII characters with one @, such as "
      "john.doe@contoso.com");
}

Status check_names_are_free(ReadTx& tx, const User& user) {
  CURFEW_TRY_STATUS(check_mail(user.mail.value_or("")));
  CURFEW_TRY_STATUS(check_name_is_free(tx, user, "the name", user.user_principal_name));
  return check_name_is_free(tx, user, "the mail", user.mail.value_or(""));
}

Task<Result<std::string>> hash_in_pool(const ServerContext& context, Secret password) {
  const auto work = [password = std::move(password)] { return hash_password(password); };
  Result<std::string> hash = co_await offload(context.password_pool, current_executor(), work);
  co_return hash;
}

Status check_profile_guard(ReadTx& tx, const ApiCall& call, const UserId& id) {
  const bool by_permission = call.actor().permitted_areas.contains(PermittedArea::users);
  if (!by_permission && !holds_right(call.actor(), AdminRight::manage_users)) {
    return Error{ErrorCode::denied, Retry::after_human,
                 "only a User Administrator changes a person's name or mail"};
  }
  if (call.actor().kind == ActorKind::user && call.actor().id == id.str()) return Done{};
  return check_guard(tx, call.tenant_id(), GuardedAction::enable_user, call.actor(),
                     {id, std::nullopt, std::nullopt});
}

Task<Result<Done>> write_new_user(const ApiCall& call, User user, bool account_enabled) {
  auto write = [&call, user = std::move(user), account_enabled](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_names_are_free(tx, user));
    CURFEW_TRY_STATUS(add_user_row(tx, user));
    if (!account_enabled) {
      CURFEW_TRY_STATUS(disable_new(tx, call, user.id));
    }
    return audit_change(tx, call, "user.add", user.id.str(), user.user_principal_name);
  };
  co_return co_await write_as_caller(call, std::move(write));
}

Task<Result<Done>> write_user_change(const ApiCall& call, UserId id, bool is_of_profile,
                                     std::function<Status(User&)> change, AlsoWritten also) {
  auto write = [&call, id = std::move(id), is_of_profile, change = std::move(change),
                also = std::move(also)](WriteTx& tx) -> Result<Done> {
    if (is_of_profile) {
      CURFEW_TRY_STATUS(check_profile_guard(tx, call, id));
    }
    CURFEW_TRY(const User before, require<User>(tx, "such user", call.tenant_id(), id));
    User after = before;
    CURFEW_TRY_STATUS(change(after));
    CURFEW_TRY_STATUS(check_names_are_free(tx, after));
    CURFEW_TRY_STATUS(save_user_row(tx, before, after));
    CURFEW_TRY_STATUS(signal_identifier_change(tx, before, after, call.context.clock.now()));
    if (also) {
      CURFEW_TRY_STATUS(also(tx, after));
    }
    return audit_change(tx, call, "user.change", id.str(), after.user_principal_name,
                        changed_properties(before, after));
  };
  co_return co_await write_as_caller(call, std::move(write));
}

Task<Status> set_user_enabled(const ApiCall& call, const User& user, bool enabled) {
  RevocationService& service = call.context.revocation;
  if (enabled) {
    CURFEW_CO_TRY_STATUS(check_may_give(call.context));
  } else {
    Removal removal;
    removal.kind = RemovalKind::disable_user;
    removal.user_id = user.id;
    const auto done =
        co_await service.remove_one(std::move(removal), requester_of(call), current_executor());
    if (!done.ok()) co_return done.error();
    co_return Done{};
  }
  Restoral restoral;
  restoral.object_id = user.id.str();
  const auto done =
      co_await service.restore_one(std::move(restoral), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  if (!done->enabled) {
    co_return Error::permanent(ErrorCode::conflict,
                               "the account stays disabled: it is also held by " +
                                   join(done->other_owners, ", ") +
                                   "; undo that with `curfew restore RUN`");
  }
  co_return Done{};
}

Task<Result<Position>> reset_password_of(const ApiCall& call, const UserId& id,
                                         const Secret& password, bool force_change) {
  const Result<std::string> hash = co_await hash_in_pool(call.context, password);
  if (!hash.ok()) co_return hash.error();
  Removal removal;
  removal.kind = RemovalKind::reset_password;
  removal.user_id = id;
  removal.password_hash = *hash;
  removal.force_change_password = force_change;
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return done->position;
}

Task<Status> delete_user_softly(const ApiCall& call, const User& user) {
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = user.id;
  removal.hold_owner = kDeletedOwner;
  removal.reason = "delete";
  const auto cut = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!cut.ok()) co_return cut.error();
  const Result<Done> moved = co_await write_as_caller(
      call, [&call, id = user.id](WriteTx& tx) { return move_to_deleted(tx, call, id); });
  if (!moved.ok()) co_return moved.error();
  co_return Done{};
}

Task<Result<User>> restore_deleted_user(const ApiCall& call, const UserId& id) {
  const Result<Done> moved = co_await write_as_caller(
      call, [&call, id](WriteTx& tx) { return move_from_deleted(tx, call, id); });
  if (!moved.ok()) co_return moved.error();
  co_return read_value<User>(call.context.store, [&](ReadTx& tx) {
    return require<User>(tx, "such user", call.tenant_id(), id);
  });
}

Task<Status> purge_deleted_user(const ApiCall& call, const UserId& id) {
  const Result<Done> dropped =
      co_await write_as_caller(call, [&call, id](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY(const DeletedUser deleted,
                   require<DeletedUser>(tx, "such deleted user", call.tenant_id(), id));
        CURFEW_TRY_STATUS(check_guard(tx, call.tenant_id(), GuardedAction::disable_user,
                                      call.actor(), {id, std::nullopt, std::nullopt}));
        CURFEW_TRY_STATUS(signal_purge(tx, call.tenant_id(), deleted, call.context.clock.now()));
        CURFEW_TRY_STATUS(drop_links_of_user(tx, call.tenant_id(), id));
        CURFEW_TRY_STATUS(remove<DeletedUser>(tx, call.tenant_id(), id));
        return audit_change(tx, call, "user.remove", id.str(), deleted.user_principal_name);
      });
  if (!dropped.ok()) co_return dropped.error();
  co_return Done{};
}

Status drop_links_of_user(WriteTx& tx, const TenantId& tenant_id, const UserId& id) {
  const std::string& principal = id.str();
  CURFEW_TRY_STATUS(erase_all<RoleAssignment>(
      tx, "", keys_of(tenant_id, principal),
      [&](const auto& r) { return remove<RoleAssignment>(tx, tenant_id, principal, r.role_id); }));
  CURFEW_TRY_STATUS(erase_all<GroupMember>(
      tx, "group_members_by_user", keys_of(tenant_id, id),
      [&](const auto& m) { return remove<GroupMember>(tx, tenant_id, m.group_id, id); }));
  CURFEW_TRY_STATUS(erase_all<AppAssignment>(
      tx, "app_assignments_by_principal", keys_of(tenant_id, PrincipalKind::user, principal),
      [&](const auto& a) {
        return remove<AppAssignment>(tx, tenant_id, a.app_id, PrincipalKind::user, principal);
      }));
  CURFEW_TRY_STATUS(erase_all<Consent>(tx, "", keys_of(tenant_id, id), [&](const auto& c) {
    return remove<Consent>(tx, tenant_id, id, c.app_id);
  }));
  CURFEW_TRY_STATUS(erase_all<RiskEvent>(
      tx, "risk_events_by_user", keys_of(tenant_id, id),
      [&](const auto& event) { return remove<RiskEvent>(tx, tenant_id, event.id); }));
  CURFEW_TRY_STATUS(erase_all<Subscription>(
      tx, "subscriptions_by_creator", keys_of(tenant_id, principal),
      [&](const auto& s) { return remove<Subscription>(tx, tenant_id, s.id); }));
  CURFEW_TRY_STATUS(erase_all<RemovedSubject>(
      tx, "removed_subjects_by_user", keys_of(tenant_id, id),
      [&](const auto& r) { return remove<RemovedSubject>(tx, tenant_id, r.stream_id, id); }));
  CURFEW_TRY_STATUS(remove<EmailMethod>(tx, tenant_id, id));
  CURFEW_TRY_STATUS(remove<PasswordResetCode>(tx, tenant_id, id));
  CURFEW_TRY_STATUS(
      erase_all<ApiKey>(tx, "api_keys_by_owner", keys_of(tenant_id, id),
                        [&](const auto& k) { return remove<ApiKey>(tx, tenant_id, k.id); }));
  return erase_all<RegistrationToken>(
      tx, "registration_tokens_by_maker", keys_of(tenant_id, id),
      [&](const auto& t) { return remove<RegistrationToken>(tx, tenant_id, t.id); });
}

}  // namespace curfew
