#include "api/admin/remove_objects.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "api/admin/app_roles.hpp"
#include "api/admin/directory_lookup.hpp"
#include "api/builtin_apps.hpp"
#include "api/directory/directory_index.hpp"
#include "api/directory/removal_steps.hpp"
#include "api/directory/user_changes.hpp"
#include "io/runtime.hpp"
#include "model/key.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

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
  CURFEW_TRY_STATUS(drop_links_of_user(tx, tenant, id));
  CURFEW_TRY(const User user, require<User>(tx, "such user", tenant, id));
  return drop_user_row(tx, user);
}

Status drop_app(WriteTx& tx, const TenantId& tenant, const AppId& id) {
  CURFEW_TRY_STATUS(erase_roles(tx, tenant, id.str()));
  CURFEW_TRY_STATUS(erase_all<AppSecret>(tx, rows_of("", keys_of(tenant, id)), [&](const auto& s) {
    return remove<AppSecret>(tx, tenant, id, s.id);
  }));
  CURFEW_TRY_STATUS(erase_all<ClientKey>(tx, rows_of("", keys_of(tenant, id)), [&](const auto& k) {
    return remove<ClientKey>(tx, tenant, id, k.id);
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
  const Status removed = co_await remove_group_of(call, group);
  if (!removed.ok()) co_return removed.error();
  co_return removed_answer(group.id.str());
}

Task<Result<boost::json::value>> remove_app(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  if (is_built_in(app.id)) {
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
