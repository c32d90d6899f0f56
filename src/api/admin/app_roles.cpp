#include "api/admin/app_roles.hpp"

#include <boost/json.hpp>

#include "api/admin/directory_lookup.hpp"
#include "io/runtime.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

Task<Result<boost::json::value>> list_app_roles(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  const auto held = read_value<std::vector<RoleAssignment>>(
      call.context.store, [&](ReadTx& tx) { return roles_of(tx, call.tenant_id(), app.id.str()); });
  if (!held.ok()) co_return held.error();
  co_return boost::json::value{{"value", roles_json(*held)}};
}

Task<Result<boost::json::value>> add_app_role(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const RoleDefinition* const role, find_role(call.value("role")));
  auto give = [&call, app, role](WriteTx& tx) -> Result<Done> {
    const RoleId role_id{std::string{role->template_id}};
    CURFEW_TRY_STATUS(check_guard(tx, call.tenant_id(), GuardedAction::change_role, call.actor(),
                                  {{}, {}, role_id}));
    CURFEW_TRY_STATUS(save(
        tx, RoleAssignment{call.tenant_id(), app.id.str(), role_id, call.context.clock.now()}));
    return audit_change(tx, call, "role.add", app.id.str(), app.display_name, role_id.str());
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(give));
  if (!written.ok()) co_return written.error();
  co_return boost::json::value{{"appId", app.id.str()}, {"displayName", role->display_name}};
}

Task<Result<boost::json::value>> remove_app_role(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const RoleDefinition* const role, find_role(call.value("role")));
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.app_id = app.id;
  removal.role_id = RoleId{std::string{role->template_id}};
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

}  // namespace curfew
