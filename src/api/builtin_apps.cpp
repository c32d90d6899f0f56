#include "api/builtin_apps.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "api/context.hpp"
#include "base/log.hpp"
#include "model/graph_permission.hpp"
#include "model/signals_app.hpp"
#include "store/schema.hpp"

namespace curfew {

std::vector<App> built_in_apps(const TenantId& tenant_id, const std::string& base_url,
                               TimePoint now) {
  App cli;
  cli.tenant_id = tenant_id;
  cli.id = AppId{std::string{kCliClientId}};
  cli.display_name = "Curfew CLI";
  cli.client_type = ClientType::public_client;
  cli.redirect_uris = {"http://127.0.0.1/callback"};  // a native application: any port
  cli.admin_consented_scopes = {std::string{kAdminApiResource} + "/manage"};
  cli.created_at = now;

  App api;
  api.tenant_id = tenant_id;
  api.id = AppId{std::string{kAdminApiAppId}};
  api.display_name = "Curfew administrator's API";
  api.identifier_uris = {std::string{kAdminApiResource}};
  api.exposed_scopes = {"manage"};
  api.continuous_evaluation = true;  // our own APIs judge each request
  api.created_at = now;

  App graph;
  graph.tenant_id = tenant_id;
  graph.id = AppId{std::string{kGraphAppId}};
  graph.display_name = "Microsoft Graph";
  // Clients name it by the address that they call, or by the one that they have built in.
  graph.identifier_uris = {std::string{kGraphResource}, base_url};
  for (const GraphPermission& permission : graph_permissions()) {
    graph.exposed_scopes.emplace_back(permission.name);
  }
  graph.continuous_evaluation = true;
  graph.created_at = now;

  App feed;
  feed.tenant_id = tenant_id;
  feed.id = AppId{std::string{kGateFeedAppId}};
  feed.display_name = "Curfew gate feed";
  feed.identifier_uris = {std::string{kGateFeedResource}};
  feed.exposed_scopes = {"Feed.Read"};
  feed.continuous_evaluation = true;
  feed.created_at = now;

  App signals;
  signals.tenant_id = tenant_id;
  signals.id = AppId{std::string{kSignalsAppId}};
  signals.display_name = "Curfew shared signals";
  signals.identifier_uris = {std::string{kSignalsResource}};
  signals.exposed_scopes = {std::string{kSignalsManage}, std::string{kSignalsRead}};
  signals.continuous_evaluation = true;
  signals.created_at = now;
  return {cli, api, graph, feed, signals};
}

bool is_built_in(const AppId& id) {
  return id.str() == kCliClientId || id.str() == kAdminApiAppId || id.str() == kGraphAppId ||
         id.str() == kGateFeedAppId || id.str() == kSignalsAppId;
}

namespace {

bool names_one_of(const std::string& entry, const std::vector<std::string>& identifiers) {
  const std::size_t slash = entry.rfind('/');
  return slash != std::string::npos &&
         std::ranges::find(identifiers, entry.substr(0, slash)) != identifiers.end();
}

// Names that mean an API of ours from now on, and meant nothing, or something else, before. What
// others were given under them was given by somebody who could not give it: it does not become that
// API's by an upgrade or a change of address.
Status take_over_names(WriteTx& tx, const TenantId& tenant_id, const App& own,
                       const std::vector<std::string>& identifiers) {
  Query query;
  query.prefix = keys_of(tenant_id);  // no limit: at start, and applications are few
  CURFEW_TRY(const std::vector<App> apps, scan_as<App>(tx, query));
  for (App app : apps) {
    if (app.id == own.id) continue;
    for (const std::string& name : app.identifier_uris) {
      if (std::ranges::find(identifiers, name) == identifiers.end()) continue;
      return Error{ErrorCode::conflict, Retry::after_human,
                   "the application " + app.display_name + " (" + app.id.str() +
                       ") has the identifier URI " + name + ", which belongs to the " +
                       own.display_name +
                       " of this server; take it away with the version before this one, or, if it "
                       "is the server's address, give the server another base_url"};
    }
    const auto is_taken_over = [&](const std::string& entry) {
      return names_one_of(entry, identifiers);
    };
    const std::size_t erased = std::erase_if(app.admin_consented_scopes, is_taken_over) +
                               std::erase_if(app.application_permissions, is_taken_over);
    if (erased == 0) continue;
    log(LogLevel::warning, "built_in_apps.permissions_dropped",
        {{"app", app.id.str()}, {"count", std::to_string(erased)}});
    CURFEW_TRY_STATUS(save(tx, app));
  }
  return Done{};
}

// The names of `wanted` that `found` does not have, with its id where it is new.
std::vector<std::string> new_names(const App& wanted, const std::optional<App>& found) {
  std::vector<std::string> names = wanted.identifier_uris;
  names.push_back(wanted.id.str());
  if (!found) return names;
  std::erase_if(names, [&](const std::string& name) {
    return name == wanted.id.str() ||
           std::ranges::find(found->identifier_uris, name) != found->identifier_uris.end();
  });
  return names;
}

Status ensure_api(WriteTx& tx, const App& wanted, std::optional<App> found) {
  const std::vector<std::string> names = new_names(wanted, found);
  if (!names.empty()) {
    CURFEW_TRY_STATUS(take_over_names(tx, wanted.tenant_id, wanted, names));
  }
  if (!found) return add(tx, wanted);
  const bool is_current = found->identifier_uris == wanted.identifier_uris &&
                          found->exposed_scopes == wanted.exposed_scopes;
  if (is_current) return Done{};
  found->identifier_uris = wanted.identifier_uris;
  found->exposed_scopes = wanted.exposed_scopes;
  return save(tx, *found);
}

}  // namespace

Status ensure_built_in_apps(Store& store, const TenantId& tenant_id, const std::string& base_url,
                            TimePoint now) {
  return store.write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    for (const App& wanted : built_in_apps(tenant_id, base_url, now)) {
      CURFEW_TRY(std::optional<App> found, load<App>(tx, tenant_id, wanted.id));
      const bool is_younger_api = wanted.id.str() == kGraphAppId ||
                                  wanted.id.str() == kGateFeedAppId ||
                                  wanted.id.str() == kSignalsAppId;
      if (is_younger_api) {
        CURFEW_TRY_STATUS(ensure_api(tx, wanted, std::move(found)));
      } else if (!found) {
        CURFEW_TRY_STATUS(add(tx, wanted));
      }
    }
    return Done{};
  });
}

}  // namespace curfew
