#include "api/admin/app_roles.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "access/granted_scopes.hpp"
#include "api/admin/directory_lookup.hpp"
#include "api/builtin_apps.hpp"
#include "io/runtime.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// Whether an entry of a list of permissions is about one of our own APIs, and reaches further than
// a person can agree to for themselves.
bool is_managing(const std::string& entry, const std::vector<App>& own_apis) {
  const std::size_t slash = entry.rfind('/');
  if (slash == std::string::npos) return false;
  const std::string_view name = std::string_view{entry}.substr(slash + 1);
  return std::ranges::any_of(own_apis, [&](const App& api) {
    return is_called(api, std::string_view{entry}.substr(0, slash)) &&
           needs_administrator(api, name);
  });
}

// An administrator agreed that it may use our own APIs by itself, or in anybody's name.
bool manages_unasked(const App& app, const std::vector<App>& own_apis) {
  const auto managing = [&](const std::string& entry) { return is_managing(entry, own_apis); };
  return std::ranges::any_of(app.admin_consented_scopes, managing) ||
         std::ranges::any_of(app.application_permissions, managing);
}

Result<std::vector<App>> own_apis_in(ReadTx& tx, const TenantId& tenant_id) {
  std::vector<App> apis;
  for (const std::string_view id : {kAdminApiAppId, kGraphAppId}) {
    CURFEW_TRY(App api, require<App>(tx, "API of our own", tenant_id, AppId{std::string{id}}));
    apis.push_back(std::move(api));
  }
  return apis;
}

}  // namespace

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
    return audit_change(tx, call, "role.add", app.id.str(), app.display_name);
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

Status check_credential_guard(ReadTx& tx, const AdminCall& call, const AppId& app) {
  CURFEW_TRY(const auto held, roles_of(tx, call.tenant_id(), app.str()));
  CURFEW_TRY(const auto standing, load<App>(tx, call.tenant_id(), app));  // none: a new one
  CURFEW_TRY(const auto apis, own_apis_in(tx, call.tenant_id()));
  const bool acts_alone =
      standing && std::ranges::any_of(standing->application_permissions,
                                      [&](const auto& entry) { return is_managing(entry, apis); });
  if (held.empty() && !acts_alone) return Done{};
  return check_guard(tx, call.tenant_id(), GuardedAction::change_role, call.actor(), {});
}

Status check_scopes_guard(ReadTx& tx, const AdminCall& call,
                          const std::vector<std::string>& scopes) {
  CURFEW_TRY(App graph,
             require<App>(tx, "API of our own", call.tenant_id(), AppId{std::string{kGraphAppId}}));
  const std::vector<App> apis{std::move(graph)};
  const bool is_any = std::ranges::any_of(
      scopes, [&](const std::string& scope) { return is_managing(scope, apis); });
  if (!is_any) return Done{};
  return check_guard(tx, call.tenant_id(), GuardedAction::change_role, call.actor(), {});
}

Status check_withdrawal_guard(ReadTx& tx, const AdminCall& call, const AppId& app,
                              const std::optional<UserId>& owner) {
  const Actor& actor = call.actor();
  const bool is_own = (actor.kind == ActorKind::service_principal && actor.id == app.str()) ||
                      (actor.kind == ActorKind::user && owner && actor.id == owner->str());
  return is_own ? Status{Done{}} : check_credential_guard(tx, call, app);
}

Status check_app_guard(ReadTx& tx, const AdminCall& call, const std::optional<App>& before,
                       const App& after) {
  if (is_built_in(after.id)) {
    return check_guard(tx, call.tenant_id(), GuardedAction::change_tenant, call.actor(), {});
  }
  CURFEW_TRY_STATUS(check_credential_guard(tx, call, after.id));
  CURFEW_TRY(const auto apis, own_apis_in(tx, call.tenant_id()));
  const bool is_trusted =
      manages_unasked(after, apis) || (before && manages_unasked(*before, apis));
  if (!is_trusted) return Done{};
  return check_guard(tx, call.tenant_id(), GuardedAction::change_role, call.actor(), {});
}

Requester guarded_for_app(const AdminCall& call, const AppId& app) {
  return requester_of(call, [&call, app](ReadTx& tx) -> Status {
    CURFEW_TRY(const App standing, require<App>(tx, "application", call.tenant_id(), app));
    return check_app_guard(tx, call, std::nullopt, standing);
  });
}

}  // namespace curfew
