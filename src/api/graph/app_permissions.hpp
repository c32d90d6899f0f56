// api/graph/app_permissions.hpp: the permissions of applications on resources as Graph has them:
// with ids, and by resource.
//
// An exposed scope of a resource is both a delegated permission (oauth2PermissionScopes) and an
// application permission (appRoles). What is stored is "<identifier>/<name>"
// (access/granted_scopes.hpp); an id is made of the resource and the name, so that it stays.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/application.hpp"
#include "store/store.hpp"

namespace curfew {

enum class PermissionSort { scope, app_role };

// A GUID (RFC 9562 version 8).
[[nodiscard]] std::string permission_id(const App& resource, std::string_view name,
                                        PermissionSort sort);
// The offered name that has this id.
[[nodiscard]] std::optional<std::string> permission_name(const App& resource, std::string_view id,
                                                         PermissionSort sort);

// Some names of one resource.
struct ResourcePermissions {
  App resource;
  std::vector<std::string> names;
};

// Looks resources up by what entries call them, each once. For one call, in one thread.
class ResourceFinder {
 public:
  explicit ResourceFinder(TenantId tenant_id) : tenant_id_(std::move(tenant_id)) {}
  // The offered names among the entries, by resource, in the order of their ids; entries that name
  // no resource are left out.
  [[nodiscard]] Result<std::vector<ResourcePermissions>> group(
      ReadTx& tx, const std::vector<std::string>& entries);

 private:
  [[nodiscard]] Result<std::optional<App>> find(ReadTx& tx, const std::string& identifier);

  TenantId tenant_id_;
  std::map<std::string, std::optional<App>> known_;  // by identifier
};

// The entries with those of the resource replaced by these names.
[[nodiscard]] std::vector<std::string> with_names(std::vector<std::string> entries,
                                                  const App& resource,
                                                  const std::vector<std::string>& names);

}  // namespace curfew
