// api/graph/app_entity.hpp: one App as Graph shows it: as an application and as its service
// principal in this tenant. The ids of both are the appId.
//
// The built-in ones are service principals only, as Microsoft's own are in a tenant.
#pragma once

#include <string>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"

namespace curfew {

struct AppView {
  App app;
  const GraphCall* call = nullptr;  // outlives the view; secrets are read when they are shown
  mutable std::vector<std::string> texts{};
};

[[nodiscard]] const EntityKind<AppView>& application_kind();
[[nodiscard]] const EntityKind<AppView>& service_principal_kind();
[[nodiscard]] AppView app_view(const GraphCall& call, App app);
[[nodiscard]] Listing<App, AppView> list_of_applications(const GraphCall& call);
[[nodiscard]] Listing<App, AppView> list_of_service_principals(const GraphCall& call);

// The one that {app} names by its id, or {appId=}; of applications none that is built in.
[[nodiscard]] GraphResult<App> application_of(const GraphCall& call);
[[nodiscard]] GraphResult<App> service_principal_of(const GraphCall& call);

// Which of its redirect URIs are whose: Graph has a list for each kind of client.
struct RedirectUris {
  std::vector<std::string> web;
  std::vector<std::string> spa;
  std::vector<std::string> public_client;
};
[[nodiscard]] RedirectUris redirect_uris_of(const App& app);
// "https://host:1234" of "https://host:1234/callback".
[[nodiscard]] std::string origin_of_uri(std::string_view uri);

[[nodiscard]] boost::json::object show_secret(const AppSecret& secret);

}  // namespace curfew
