#include "api/admin/remove_objects.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "api/admin/app_roles.hpp"
#include "api/admin/directory_lookup.hpp"
#include "api/builtin_apps.hpp"
#include "io/runtime.hpp"
#include "model/key.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kMembersAtOnce = 999;

Task<Result<Position>> take_away(const AdminCall& call, Removal removal, Requester by) {
  const auto done = co_await call.context.revocation.remove_one(std::move(removal), std::move(by),
                                                                current_executor());
  if (!done.ok()) co_return done.error();
  co_return done->position;
}

// The second transaction: `drop` erases the rows, and the audit says so.
template <typename Drop>
Task<Status> drop_rows(const AdminCall& call, const std::string& action, const std::string& id,
                       const std::string& name, Drop drop) {
  auto write = [&call, action, id, name, drop = std::move(drop)](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(drop(tx));
    return audit_change(tx, call, action, id, name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

// Every row of a table that the prefix selects, each erased by the keys that `key_of_row` names.
template <typename T, typename Erase>
Status erase_all(WriteTx& tx, Query query, Erase erase) {
  CURFEW_TRY(const std::vector<T> rows, scan_as<T>(tx, query));  // no limit: one object's own
  for (const T& row : rows) {
    const Result<bool> erased = erase(row);
    if (!erased.ok()) return erased.error();
  }
  return Done{};
}

Query rows_of(std::string_view index, std::vector<Value> prefix) {
  Query query;
  query.index = index;
  query.prefix = std::move(prefix);
  return query;
}

Status erase_roles(WriteTx& tx, const TenantId& tenant, const std::string& principal) {
  return erase_all<RoleAssignment>(tx, rows_of("", keys_of(tenant, principal)), [&](const auto& r) {
    return remove<RoleAssignment>(tx, tenant, principal, r.role_id);
  });
}

Status drop_user(WriteTx& tx, const TenantId& tenant, const UserId& id) {
  CURFEW_TRY_STATUS(erase_roles(tx, tenant, id.str()));
  CURFEW_TRY_STATUS(erase_all<GroupMember>(
      tx, rows_of("group_members_by_user", keys_of(tenant, id)),
      [&](const auto& m) { return remove<GroupMember>(tx, tenant, m.group_id, id); }));
  CURFEW_TRY_STATUS(erase_all<AppAssignment>(
      tx, rows_of("app_assignments_by_principal", keys_of(tenant, PrincipalKind::user, id.str())),
      [&](const auto& a) {
        return remove<AppAssignment>(tx, tenant, a.app_id, PrincipalKind::user, id.str());
      }));
  CURFEW_TRY_STATUS(erase_all<Consent>(tx, rows_of("", keys_of(tenant, id)), [&](const auto& c) {
    return remove<Consent>(tx, tenant, id, c.app_id);
  }));
  CURFEW_TRY_STATUS(
      erase_all<ApiKey>(tx, rows_of("api_keys_by_owner", keys_of(tenant, id)),
                        [&](const auto& k) { return remove<ApiKey>(tx, tenant, k.id); }));
  CURFEW_TRY_STATUS(remove<User>(tx, tenant, id));
  return Done{};
}

Status drop_app(WriteTx& tx, const TenantId& tenant, const AppId& id) {
  CURFEW_TRY_STATUS(erase_roles(tx, tenant, id.str()));
  CURFEW_TRY_STATUS(erase_all<AppSecret>(tx, rows_of("", keys_of(tenant, id)), [&](const auto& s) {
    return remove<AppSecret>(tx, tenant, id, s.id);
  }));
  CURFEW_TRY_STATUS(
      erase_all<AppAssignment>(tx, rows_of("", keys_of(tenant, id)), [&](const auto& a) {
        return remove<AppAssignment>(tx, tenant, id, a.principal_kind, a.principal_id);
      }));
  CURFEW_TRY_STATUS(erase_all<Consent>(
      tx, rows_of("consents_by_app", keys_of(tenant, id)),
      [&](const auto& c) { return remove<Consent>(tx, tenant, c.user_id, id); }));
  CURFEW_TRY_STATUS(
      erase_all<ApiKey>(tx, rows_of("api_keys_by_app", keys_of(tenant, id)),
                        [&](const auto& k) { return remove<ApiKey>(tx, tenant, k.id); }));
  CURFEW_TRY_STATUS(remove<App>(tx, tenant, id));
  return Done{};
}

// One removal of several that `rest` makes. Its caller was judged in the removal's transaction,
// before what this wrote: so what they take from themselves, such as a membership of their own,
// does not keep them from the others. Whatever is written later does.
Task<Status> take_step(AdminCall& rest, Removal removal) {
  const auto written = co_await take_away(rest, std::move(removal), requester_of(rest));
  if (!written.ok()) co_return written.error();
  if (rest.caller.facts) {
    Stamps& stamps = rest.caller.facts->stamps;
    stamps.auth_as_of = std::max(stamps.auth_as_of, *written);
    stamps.as_of = std::max(stamps.as_of, *written);
  }
  co_return Done{};
}

// What everybody has through the group's assignments.
Task<Status> take_assignments(AdminCall& rest, const GroupId& group) {
  const auto apps = read_value<std::vector<AppId>>(rest.context.store, [&](ReadTx& tx) {
    return apps_assigned_to(tx, rest.tenant_id(), group);
  });
  if (!apps.ok()) co_return apps.error();
  for (const AppId& app : *apps) {
    Removal removal;
    removal.kind = RemovalKind::remove_assignment;
    removal.app_id = app;
    removal.group_id = group;
    const Status done = co_await take_step(rest, std::move(removal));
    if (!done.ok()) co_return done.error();
  }
  co_return Done{};
}

Task<Status> take_memberships(AdminCall& rest, const GroupId& group) {
  while (true) {
    const auto members = read_value<std::vector<UserId>>(rest.context.store, [&](ReadTx& tx) {
      return members_of(tx, rest.tenant_id(), group, kMembersAtOnce);
    });
    if (!members.ok()) co_return members.error();
    if (members->empty()) co_return Done{};
    for (const UserId& member : *members) {
      Removal removal;
      removal.kind = RemovalKind::remove_group_member;
      removal.group_id = group;
      removal.user_id = member;
      const Status done = co_await take_step(rest, std::move(removal));
      if (!done.ok()) co_return done.error();
    }
  }
}

boost::json::value removed_answer(const std::string& id) { return {{"id", id}, {"removed", true}}; }

// The object that goes, for the rule, the audit and the answer.
struct Leaving {
  Key key;
  std::string action;
  std::string id;
  std::string name;
};

// The same call, as it stands once it has ended that key itself: whoever removes the device that
// they sit at, or an application that removes itself, still finishes what they began.
AdminCall after_ending(const AdminCall& call, const Key& key) {
  AdminCall rest = call;
  if (rest.caller.facts) std::erase(rest.caller.facts->keys, key);
  return rest;
}

// Access first, in a transaction of its own: where the rows cannot be dropped it has ended all the
// same.
template <typename Drop>
Task<Result<boost::json::value>> cut_and_drop(const AdminCall& call, Requester by, Removal removal,
                                              Leaving object, Drop drop) {
  const auto cut = co_await take_away(call, std::move(removal), std::move(by));
  if (!cut.ok()) co_return cut.error();
  const AdminCall rest = after_ending(call, object.key);
  const Status dropped =
      co_await drop_rows(rest, object.action, object.id, object.name, std::move(drop));
  if (!dropped.ok()) co_return dropped.error();
  co_return removed_answer(object.id);
}

}  // namespace

Task<Result<boost::json::value>> remove_user(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = user.id;
  co_return co_await cut_and_drop(
      call, requester_of(call), std::move(removal),
      {key_of(user.id), "user.remove", user.id.str(), user.user_principal_name},
      [&call, id = user.id](WriteTx& tx) { return drop_user(tx, call.tenant_id(), id); });
}

Task<Result<boost::json::value>> remove_group(const AdminCall& call) {
  CURFEW_CO_TRY(const Group group, look_up(call, &find_group, call.value("id")));
  // Asked once more below: the members of an empty group have nobody to ask about.
  const auto guarded = [&call, id = group.id](ReadTx& tx) -> Status {
    GuardSubject subject;
    subject.group_id = id;
    return check_guard(tx, call.tenant_id(), GuardedAction::change_group, call.actor(), subject);
  };
  const Result<Done> allowed =
      read_value<Done>(call.context.store, [&](ReadTx& tx) -> Result<Done> { return guarded(tx); });
  if (!allowed.ok()) co_return allowed.error();
  AdminCall rest = call;
  Status taken = co_await take_assignments(rest, group.id);
  if (taken.ok()) taken = co_await take_memberships(rest, group.id);
  if (!taken.ok()) co_return taken.error();
  const Status dropped =
      co_await drop_rows(rest, "group.remove", group.id.str(), group.display_name,
                         [&call, guarded, id = group.id](WriteTx& tx) -> Status {
                           CURFEW_TRY_STATUS(guarded(tx));
                           CURFEW_TRY_STATUS(remove<Group>(tx, call.tenant_id(), id));
                           return Done{};
                         });
  if (!dropped.ok()) co_return dropped.error();
  co_return removed_answer(group.id.str());
}

Task<Result<boost::json::value>> remove_app(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  if (app.id.str() == kCliClientId || app.id.str() == kAdminApiAppId) {
    co_return Error::permanent(ErrorCode::conflict,
                               app.display_name + " belongs to every tenant and stays");
  }
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = app.id;
  co_return co_await cut_and_drop(
      call, guarded_for_app(call, app.id), std::move(removal),
      {key_of(app.id), "app.remove", app.id.str(), app.display_name},
      [&call, id = app.id](WriteTx& tx) { return drop_app(tx, call.tenant_id(), id); });
}

Task<Result<boost::json::value>> remove_device(const AdminCall& call) {
  CURFEW_CO_TRY(const Device device, look_up(call, &find_device, call.value("id")));
  Removal removal;
  removal.kind = RemovalKind::disable_device;
  removal.device_id = device.id;
  co_return co_await cut_and_drop(
      call, requester_of(call), std::move(removal),
      {key_of(device.id), "device.remove", device.id.str(), device.display_name},
      [&call, id = device.id](WriteTx& tx) -> Status {
        CURFEW_TRY_STATUS(remove<Device>(tx, call.tenant_id(), id));
        return Done{};
      });
}

}  // namespace curfew
