#include "access/granted_scopes.hpp"

#include <algorithm>
#include <iterator>

#include "model/built_in_app_ids.hpp"
#include "model/graph_permission.hpp"
#include "protocol/oauth/scope.hpp"

namespace curfew {

namespace {

bool holds_entry(const std::vector<std::string>& entries, const App& resource,
                 std::string_view name) {
  return std::ranges::any_of(entries, [&](const std::string& entry) {
    const std::size_t slash = entry.rfind('/');
    return slash != std::string::npos && std::string_view{entry}.substr(slash + 1) == name &&
           is_called(resource, std::string_view{entry}.substr(0, slash));
  });
}

}  // namespace

bool is_called(const App& resource, std::string_view identifier) {
  return resource.id.str() == identifier ||
         std::ranges::find(resource.identifier_uris, identifier) != resource.identifier_uris.end();
}

std::string consent_entry(const App& resource, std::string_view name) {
  const std::string& identifier =
      resource.identifier_uris.empty() ? resource.id.str() : resource.identifier_uris.front();
  return identifier + "/" + std::string{name};
}

std::vector<std::string> offered_names(const App& resource) {
  std::vector<std::string> names;
  std::ranges::copy_if(resource.exposed_scopes, std::back_inserter(names), is_permission_name);
  return names;
}

bool is_admin_api(const App& resource) { return resource.id.str() == kAdminApiAppId; }

bool is_graph_api(const App& resource) { return resource.id.str() == kGraphAppId; }

bool is_gate_feed(const App& resource) { return resource.id.str() == kGateFeedAppId; }

bool is_gate(const App& client) {
  return std::ranges::find(client.application_permissions, kGateFeedPermission) !=
         client.application_permissions.end();
}

bool needs_administrator(const App& resource, std::string_view name) {
  return is_admin_api(resource) || (is_graph_api(resource) && !is_user_consentable(name));
}

std::vector<std::string> application_names(const App& client, const App& resource) {
  std::vector<std::string> names = offered_names(resource);
  std::erase_if(names, [&](const std::string& name) {
    return !holds_entry(client.application_permissions, resource, name);
  });
  return names;
}

std::vector<std::string> granted_names(const App& client, const App& resource,
                                       const std::optional<Consent>& consent) {
  std::vector<std::string> names;
  for (const std::string& name : offered_names(resource)) {
    const bool person_suffices = consent && !needs_administrator(resource, name);
    if (holds_entry(client.admin_consented_scopes, resource, name) ||
        (person_suffices && holds_entry(consent->scopes, resource, name))) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace curfew
