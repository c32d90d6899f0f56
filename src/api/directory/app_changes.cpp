#include "api/directory/app_changes.hpp"

#include <algorithm>
#include <utility>

#include "access/client_policy.hpp"
#include "access/granted_scopes.hpp"
#include "api/builtin_apps.hpp"
#include "api/directory/gate_rules.hpp"
#include "api/directory/removal_steps.hpp"
#include "api/directory/room.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "model/key.hpp"
#include "protocol/oauth/logout_uri.hpp"
#include "protocol/oauth/redirect_uri.hpp"
#include "revocation/guard.hpp"
#include "revocation/membership.hpp"
#include "revocation/removal.hpp"
#include "revocation/service.hpp"
#include "revocation/signals/received_queue.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_commands.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

constexpr std::size_t kHintBytes = 3;                 // what Graph shows of a secret
constexpr std::size_t kConsentsLookedAtMax = 20'000;  // some 30 ms
constexpr std::string_view kGivesRoles = "RoleManagement.ReadWrite.Directory";

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

// The same, or an administrator agreed to it for one person. Fails closed where more people have
// agreed than are looked at.
Result<bool> is_trusted(ReadTx& tx, const App& app, const std::vector<App>& own_apis) {
  if (manages_unasked(app, own_apis)) return true;
  Query query;
  query.index = "consents_by_app";
  query.prefix = keys_of(app.tenant_id, app.id);
  query.limit = kConsentsLookedAtMax + 1;
  CURFEW_TRY(const auto consents, scan_as<Consent>(tx, query));
  if (consents.size() > kConsentsLookedAtMax) return true;
  return std::ranges::any_of(consents, [&](const Consent& consent) {
    return std::ranges::any_of(consent.scopes,
                               [&](const auto& entry) { return is_managing(entry, own_apis); });
  });
}

// As it stands in this transaction: it holds directory roles, or is trusted.
Result<bool> is_guarded(ReadTx& tx, const TenantId& tenant_id, const AppId& id,
                        const std::vector<App>& own_apis) {
  CURFEW_TRY(const auto held, roles_of(tx, tenant_id, id.str()));
  if (!held.empty()) return true;
  CURFEW_TRY(const auto standing, load<App>(tx, tenant_id, id));
  if (!standing) return false;  // a new one
  return is_trusted(tx, *standing, own_apis);
}

Result<std::vector<App>> own_apis_in(ReadTx& tx, const TenantId& tenant_id) {
  std::vector<App> apis;
  for (const std::string_view id : {kAdminApiAppId, kGraphAppId}) {
    CURFEW_TRY(App api, require<App>(tx, "API of our own", tenant_id, AppId{std::string{id}}));
    apis.push_back(std::move(api));
  }
  return apis;
}

// The permission by which an application made this call is for the call; whether it may give roles
// by it is another question.
Status check_gives_roles(ReadTx& tx, const ApiCall& call) {
  Actor actor = call.actor();
  const auto& scopes = call.caller.scopes;
  const bool may_give = std::ranges::find(scopes, kGivesRoles) != scopes.end();
  if (may_give && !actor.permitted_areas.empty()) actor.permitted_areas = {PermittedArea::roles};
  return check_guard(tx, call.tenant_id(), GuardedAction::change_role, actor, {});
}

Status check_credential_guard(ReadTx& tx, const ApiCall& call, const AppId& app) {
  CURFEW_TRY(const auto apis, own_apis_in(tx, call.tenant_id()));
  CURFEW_TRY(const bool guarded, is_guarded(tx, call.tenant_id(), app, apis));
  return guarded ? check_gives_roles(tx, call) : Status{Done{}};
}

bool lacks_some(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  return std::ranges::any_of(before, [&](const std::string& entry) {
    return std::ranges::find(after, entry) == after.end();
  });
}

void note_list(std::vector<std::string>& changes, const std::string& name,
               const std::vector<std::string>& before, const std::vector<std::string>& after) {
  for (const std::string& entry : after) {
    if (std::ranges::find(before, entry) == before.end()) changes.push_back(name + " +" + entry);
  }
  for (const std::string& entry : before) {
    if (std::ranges::find(after, entry) == after.end()) changes.push_back(name + " -" + entry);
  }
}

// What of the settings that let somebody in was changed, for the audit: whoever cleans up after
// an intruder reads there what to take back.
std::string what_changed(const App& before, const App& after) {
  constexpr std::size_t kBytesMax = 2048;
  std::vector<std::string> changes;
  note_list(changes, "redirect URI", before.redirect_uris, after.redirect_uris);
  note_list(changes, "sign-out URI", before.post_logout_redirect_uris,
            after.post_logout_redirect_uris);
  note_list(changes, "page origin", before.spa_origins, after.spa_origins);
  note_list(changes, "scope for everybody", before.admin_consented_scopes,
            after.admin_consented_scopes);
  note_list(changes, "application permission", before.application_permissions,
            after.application_permissions);
  note_list(changes, "identifier URI", before.identifier_uris, after.identifier_uris);
  note_list(changes, "exposed scope", before.exposed_scopes, after.exposed_scopes);
  note_list(changes, "session control", before.session_controls, after.session_controls);
  const auto note_other = [&](const std::string& name, bool is_other) {
    if (is_other) changes.push_back(name + " changed");
  };
  note_other("front-channel logout URI",
             before.frontchannel_logout_uri != after.frontchannel_logout_uri);
  note_other("back-channel logout URI",
             before.backchannel_logout_uri != after.backchannel_logout_uri);
  note_other("access token lifetime",
             before.access_token_lifetime_seconds != after.access_token_lifetime_seconds);
  note_other("own session lifetime",
             before.own_session_lifetime_seconds != after.own_session_lifetime_seconds);
  note_other("client type", before.client_type != after.client_type);
  const auto note_switch = [&](const std::string& name, bool was, bool is) {
    if (was != is) changes.push_back(name + (is ? " on" : " off"));
  };
  note_switch("assignment required", before.assignment_required, after.assignment_required);
  note_switch("PKCE required", before.require_pkce, after.require_pkce);
  note_switch("pushed requests required", before.require_pushed_requests,
              after.require_pushed_requests);
  note_switch("DPoP required", before.dpop_bound_access_tokens, after.dpop_bound_access_tokens);
  note_switch("DPoP nonce required", before.require_dpop_nonce, after.require_dpop_nonce);
  note_switch("certificate-bound tokens required", before.certificate_bound_access_tokens,
              after.certificate_bound_access_tokens);
  note_switch("FAPI 2.0", before.fapi_2, after.fapi_2);
  note_switch("device codes", before.allow_device_code, after.allow_device_code);
  note_switch("introspection", before.may_introspect, after.may_introspect);
  note_switch("status list", before.status_list, after.status_list);
  return escape_for_display(join(changes, "; "), kBytesMax);
}

// Whether a URI is that address or below it, in any spelling of scheme and host.
bool is_within(std::string_view uri, std::string_view base) {
  return uri.size() >= base.size() && ascii_iequals(uri.substr(0, base.size()), base) &&
         (uri.size() == base.size() || uri[base.size()] == '/');
}

// Every row of a table that the prefix selects, each erased by the keys that `erase` names.
template <typename T, typename Erase>
Status erase_all(WriteTx& tx, std::string_view index, std::vector<Value> prefix, Erase erase) {
  Query query;
  query.index = index;
  query.prefix = std::move(prefix);  // no limit: one application's own
  CURFEW_TRY(const std::vector<T> rows, scan_as<T>(tx, query));
  for (const T& row : rows) {
    const Result<bool> erased = erase(row);
    if (!erased.ok()) return erased.error();
  }
  return Done{};
}

}  // namespace

Status drop_app_rows(WriteTx& tx, const TenantId& tenant, const AppId& id) {
  CURFEW_TRY_STATUS(erase_all<RoleAssignment>(
      tx, "", keys_of(tenant, id.str()),
      [&](const auto& r) { return remove<RoleAssignment>(tx, tenant, id.str(), r.role_id); }));
  CURFEW_TRY_STATUS(erase_all<AppSecret>(tx, "", keys_of(tenant, id), [&](const auto& s) {
    return remove<AppSecret>(tx, tenant, id, s.id);
  }));
  CURFEW_TRY_STATUS(erase_all<ClientKey>(tx, "", keys_of(tenant, id), [&](const auto& k) {
    return remove<ClientKey>(tx, tenant, id, k.id);
  }));
  CURFEW_TRY_STATUS(erase_all<AppAssignment>(tx, "", keys_of(tenant, id), [&](const auto& a) {
    return remove<AppAssignment>(tx, tenant, id, a.principal_kind, a.principal_id);
  }));
  CURFEW_TRY_STATUS(erase_all<Consent>(
      tx, "consents_by_app", keys_of(tenant, id),
      [&](const auto& c) { return remove<Consent>(tx, tenant, c.user_id, id); }));
  CURFEW_TRY_STATUS(
      erase_all<ApiKey>(tx, "api_keys_by_app", keys_of(tenant, id),
                        [&](const auto& k) { return remove<ApiKey>(tx, tenant, k.id); }));
  CURFEW_TRY_STATUS(remove<Registration>(tx, tenant, id));
  CURFEW_TRY_STATUS(erase_all<RegistrationToken>(
      tx, "registration_tokens_by_gate", keys_of(tenant, id),
      [&](const auto& t) { return remove<RegistrationToken>(tx, tenant, t.id); }));
  CURFEW_TRY_STATUS(remove<Gate>(tx, tenant, id));
  CURFEW_TRY_STATUS(erase_all<Subscription>(
      tx, "subscriptions_by_app", keys_of(tenant, id),
      [&](const auto& s) { return remove<Subscription>(tx, tenant, s.id); }));
  CURFEW_TRY_STATUS(erase_streams_of(tx, tenant, id));
  CURFEW_TRY_STATUS(erase_sources_of(tx, tenant, id));
  CURFEW_TRY_STATUS(remove<CommandParty>(tx, tenant, id));
  CURFEW_TRY_STATUS(remove<App>(tx, tenant, id));
  return Done{};
}

Status check_new_credential(ReadTx& tx, const ApiCall& call, const AppId& app) {
  CURFEW_TRY_STATUS(check_credential_guard(tx, call, app));
  return check_is_no_gate(tx, call.tenant_id(), app);
}

Status check_scopes_guard(ReadTx& tx, const ApiCall& call, const std::vector<std::string>& scopes) {
  CURFEW_TRY(App graph,
             require<App>(tx, "API of our own", call.tenant_id(), AppId{std::string{kGraphAppId}}));
  const std::vector<App> apis{std::move(graph)};
  const bool is_any = std::ranges::any_of(
      scopes, [&](const std::string& scope) { return is_managing(scope, apis); });
  return is_any ? check_gives_roles(tx, call) : Status{Done{}};
}

Status check_withdrawal_guard(ReadTx& tx, const ApiCall& call, const AppId& app,
                              const std::optional<UserId>& owner) {
  const Actor& actor = call.actor();
  const bool is_own = (actor.kind == ActorKind::service_principal && actor.id == app.str()) ||
                      (actor.kind == ActorKind::user && owner && actor.id == owner->str());
  return is_own ? Status{Done{}} : check_credential_guard(tx, call, app);
}

Status check_app_guard(ReadTx& tx, const ApiCall& call, const App& after) {
  if (is_built_in(after.id)) {
    return check_guard(tx, call.tenant_id(), GuardedAction::change_tenant, call.actor(), {});
  }
  // What stands, then what is to be.
  CURFEW_TRY(const auto apis, own_apis_in(tx, call.tenant_id()));
  CURFEW_TRY(const bool guarded, is_guarded(tx, call.tenant_id(), after.id, apis));
  return guarded || manages_unasked(after, apis) ? check_gives_roles(tx, call) : Status{Done{}};
}

Requester guarded_for_app(const ApiCall& call, const AppId& app) {
  return requester_of(call, [&call, app](ReadTx& tx) -> Status {
    CURFEW_TRY(const App standing, require<App>(tx, "application", call.tenant_id(), app));
    return check_app_guard(tx, call, standing);
  });
}

Status check_identifier_uris(ReadTx& tx, const ServerContext& context, const App& app) {
  for (const std::string& uri : app.identifier_uris) {
    if (!is_within(uri, context.base_url)) continue;
    return Error::permanent(ErrorCode::conflict, "the identifier URI " + escape_for_display(uri) +
                                                     " belongs to this server itself");
  }
  Query query;
  query.prefix = keys_of(app.tenant_id);
  CURFEW_TRY(const auto apps, scan_as<App>(tx, query));  // no limit: administrators' act, thousands
  for (const App& other : apps) {
    if (other.id == app.id) continue;
    // Every application is called by its id too, whether it lists that or not.
    std::vector<std::string> taken = other.identifier_uris;
    taken.push_back("api://" + other.id.str());
    for (const std::string& uri : app.identifier_uris) {
      const bool is_taken = std::ranges::any_of(
          taken, [&](const std::string& name) { return ascii_iequals(name, uri); });
      if (!is_taken) continue;
      return Error::permanent(ErrorCode::conflict, "the identifier URI " + escape_for_display(uri) +
                                                       " belongs to " + other.display_name);
    }
  }
  return Done{};
}

Status check_app_addresses(const App& app) {
  for (const std::string& uri : app.redirect_uris) {
    CURFEW_TRY_STATUS(check_redirect_uri(uri));
  }
  for (const std::string& uri : app.post_logout_redirect_uris) {
    CURFEW_TRY_STATUS(check_redirect_uri(uri));
  }
  for (const std::string& origin : app.spa_origins) {
    CURFEW_TRY_STATUS(check_origin(origin));
  }
  return check_logout_uris(app.frontchannel_logout_uri, app.backchannel_logout_uri,
                           app.redirect_uris, LogoutReach::anywhere);
}

bool outdates_tokens(const App& before, const App& after) {
  return lacks_some(before.admin_consented_scopes, after.admin_consented_scopes) ||
         lacks_some(before.application_permissions, after.application_permissions) ||
         (after.assignment_required && !before.assignment_required) ||
         before.session_controls != after.session_controls;
}

namespace {

// Whoever registered it can change what it is, so nobody can speak for everybody about it: what it
// gets, each person gives it.
Status check_stranger(const App& after) {
  const bool is_given =
      !after.admin_consented_scopes.empty() || !after.application_permissions.empty();
  if (!registered_itself(after) || !is_given) return Done{};
  return Error::permanent(ErrorCode::conflict,
                          "the application registered itself: each person agrees to what it may "
                          "do for them, and nobody for all; add an application of your own for "
                          "more than that");
}

Status check_change(ReadTx& tx, const ApiCall& call, const App& before, const App& after) {
  CURFEW_TRY_STATUS(check_stranger(after));
  CURFEW_TRY_STATUS(check_becomes_no_gate(tx, before, after));
  CURFEW_TRY_STATUS(check_app_guard(tx, call, after));
  if (after.identifier_uris == before.identifier_uris) return Done{};
  return check_identifier_uris(tx, call.context, after);
}

}  // namespace

NewSecret make_app_secret(const ServerContext& context, const AppId& app_id) {
  NewSecret made;
  made.text = random_token();
  made.row = AppSecret{context.tenant_id,
                       app_id,
                       new_guid(),
                       sha256_base64url(made.text),
                       made.text.substr(0, kHintBytes),
                       std::nullopt,
                       context.clock.now()};
  return made;
}

Task<Result<Done>> write_new_app(const ApiCall& call, App app, std::optional<NewSecret> secret) {
  auto write = [&call, app = std::move(app),
                secret = std::move(secret)](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_app_guard(tx, call, app));
    CURFEW_TRY_STATUS(check_becomes_no_gate(tx, std::nullopt, app));
    if (!app.identifier_uris.empty()) {
      CURFEW_TRY_STATUS(check_identifier_uris(tx, call.context, app));
    }
    CURFEW_TRY_STATUS(add(tx, app));
    if (secret) {
      CURFEW_TRY_STATUS(add(tx, secret->row));
    }
    return audit_change(tx, call, "app.add", app.id.str(), app.display_name);
  };
  co_return co_await write_as_caller(call, std::move(write));
}

Task<Result<App>> checked_app_change(const ApiCall& call, const App& app, AppChange change) {
  App changed = app;
  const Status checked = co_await check_as_caller(call, [&](ReadTx& tx) -> Status {
    CURFEW_TRY_STATUS(change(changed));
    return check_change(tx, call, app, changed);
  });
  if (!checked.ok()) co_return checked.error();
  co_return changed;
}

Task<Result<Done>> write_app_change(const ApiCall& call, AppId id, AppChange change,
                                    Urgency urgency) {
  auto write = [&call, id = std::move(id),
                change = std::move(change)](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const App before, require<App>(tx, "application", call.tenant_id(), id));
    App changed = before;
    CURFEW_TRY_STATUS(change(changed));
    CURFEW_TRY_STATUS(check_change(tx, call, before, changed));
    CURFEW_TRY_STATUS(save(tx, changed));
    if (outdates_tokens(before, changed)) {
      Removal removal;
      removal.kind = RemovalKind::tighten_app;
      removal.app_id = id;
      CURFEW_TRY_STATUS(remove_access(tx, call.context.journal, removal, call.context.clock.now()));
    }
    return audit_change(tx, call, "app.change", id.str(), changed.display_name,
                        what_changed(before, changed));
  };
  co_return co_await write_as_caller(call, std::move(write), urgency);
}

Task<Status> set_app_enabled(const ApiCall& call, const App& app, bool enabled) {
  RevocationService& service = call.context.revocation;
  if (enabled) {
    Restoral restoral;
    restoral.kind = RestoralKind::enable_app;
    restoral.object_id = app.id.str();
    const auto done = co_await service.restore_one(
        std::move(restoral), guarded_for_app(call, app.id), current_executor());
    if (!done.ok()) co_return done.error();
    co_return Done{};
  }
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = app.id;
  const auto done = co_await service.remove_one(std::move(removal), guarded_for_app(call, app.id),
                                                current_executor());
  if (!done.ok()) co_return done.error();
  co_return Done{};
}

Task<Status> remove_app_for_good(const ApiCall& call, const App& app, std::string action) {
  if (is_built_in(app.id)) {
    co_return Error::permanent(ErrorCode::conflict,
                               app.display_name + " belongs to every tenant and stays");
  }
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = app.id;
  const auto cut = co_await take_away(call, std::move(removal), guarded_for_app(call, app.id));
  if (!cut.ok()) co_return cut.error();
  // As the call stands once it has ended that key itself: an application that removes itself still
  // finishes what it began.
  ApiCall rest = call;
  if (rest.caller.facts) std::erase(rest.caller.facts->keys, key_of(app.id));
  // Of a gate its mode stays in the audit: a server that starts later asks for it
  // (api/gate_feed/removed_gates.hpp).
  auto write = [&rest, app, action = std::move(action)](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const auto gate, load<Gate>(tx, rest.tenant_id(), app.id));
    CURFEW_TRY_STATUS(drop_app_rows(tx, rest.tenant_id(), app.id));
    const std::string mode{gate ? to_string(gate->mode) : ""};
    return audit_change(tx, rest, action, app.id.str(), app.display_name, mode);
  };
  const Result<Done> written = co_await write_as_caller(rest, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

Task<Result<Done>> write_app_secret(const ApiCall& call, const App& app, const NewSecret& secret) {
  auto write = [&call, app, secret](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_new_credential(tx, call, app.id));
    CURFEW_TRY_STATUS(add(tx, secret.row));
    return audit_change(tx, call, "app.add_secret", app.id.str(), app.display_name, secret.row.id);
  };
  co_return co_await write_as_caller(call, std::move(write));
}

Task<Result<Position>> take_app_secret(const ApiCall& call, const AppId& app, std::string key_id) {
  Removal removal;
  removal.kind = RemovalKind::remove_app_secret;
  removal.app_id = app;
  removal.object_id = std::move(key_id);
  Requester by = requester_of(call, [&call, app](ReadTx& tx) {
    return check_withdrawal_guard(tx, call, app, std::nullopt);
  });
  co_return co_await take_away(call, std::move(removal), std::move(by));
}

Task<Result<Done>> write_app_assignment(const ApiCall& call, const App& app,
                                        const AppAssignment& assignment) {
  auto write = [&call, app, assignment](WriteTx& tx) -> Result<Done> {
    if (assignment.principal_kind == PrincipalKind::user) {
      CURFEW_TRY_STATUS(check_room<AppAssignment>(
          tx, "app_assignments_by_principal",
          keys_of(call.tenant_id(), PrincipalKind::user, assignment.principal_id), "assignments"));
    }
    CURFEW_TRY_STATUS(save(tx, assignment));
    return audit_change(tx, call, "app.add_assignment", assignment.principal_id, app.display_name,
                        app.id.str());
  };
  co_return co_await write_as_caller(call, std::move(write));
}

Task<Result<Position>> take_app_assignment(const ApiCall& call, const AppAssignment& assignment) {
  Removal removal;
  removal.kind = RemovalKind::remove_assignment;
  removal.app_id = assignment.app_id;
  if (assignment.principal_kind == PrincipalKind::user) {
    removal.user_id = UserId{assignment.principal_id};
  } else {
    removal.group_id = GroupId{assignment.principal_id};
  }
  co_return co_await take_away(call, std::move(removal), requester_of(call));
}

}  // namespace curfew
