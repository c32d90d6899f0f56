#include "api/admin/remove_objects.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/directory/app_changes.hpp"
#include "api/directory/directory_index.hpp"
#include "api/directory/removal_steps.hpp"
#include "api/directory/user_changes.hpp"
#include "io/runtime.hpp"
#include "model/key.hpp"
#include "revocation/access_signals.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

Status drop_user(WriteTx& tx, const AdminCall& call, const UserId& id) {
  const TenantId& tenant = call.tenant_id();
  CURFEW_TRY_STATUS(drop_links_of_user(tx, tenant, id));
  CURFEW_TRY(const User user, require<User>(tx, "such user", tenant, id));
  CURFEW_TRY_STATUS(signal_purge(tx, tenant, user, call.context.clock.now()));
  return drop_user_row(tx, user);
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
// they sit at still finishes what they began.
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
      [&call, id = user.id](WriteTx& tx) { return drop_user(tx, call, id); });
}

Task<Result<boost::json::value>> remove_group(const AdminCall& call) {
  CURFEW_CO_TRY(const Group group, look_up(call, &find_group, call.value("id")));
  const Status removed = co_await remove_group_of(call, group);
  if (!removed.ok()) co_return removed.error();
  co_return removed_answer(group.id.str());
}

Task<Result<boost::json::value>> remove_app(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  const Status removed = co_await remove_app_for_good(call, app);
  if (!removed.ok()) co_return removed.error();
  co_return removed_answer(app.id.str());
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
