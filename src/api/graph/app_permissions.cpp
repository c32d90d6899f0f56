#include "api/graph/app_permissions.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "access/evaluate.hpp"
#include "access/granted_scopes.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace curfew {

namespace {

std::string_view salt_of(PermissionSort sort) {
  switch (sort) {
    case PermissionSort::scope: return "scope";
    case PermissionSort::app_role: return "appRole";
  }
  return "";
}

}  // namespace

std::string permission_id(const App& resource, std::string_view name, PermissionSort sort) {
  const Sha256Digest digest =
      sha256(std::string{salt_of(sort)} + "/" + resource.id.str() + "/" + std::string{name});
  constexpr std::size_t kGuidBytes = 16;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string guid;
  for (std::size_t i = 0; i < kGuidBytes; ++i) {
    auto byte = static_cast<unsigned char>(digest[i]);
    if (i == 6) byte = static_cast<unsigned char>((byte & 0x0FU) | 0x80U);
    if (i == 8) byte = static_cast<unsigned char>((byte & 0x3FU) | 0x80U);
    if (i == 4 || i == 6 || i == 8 || i == 10) guid += '-';
    guid += kHex[byte >> 4U];
    guid += kHex[byte & 0x0FU];
  }
  return guid;
}

std::optional<std::string> permission_name(const App& resource, std::string_view id,
                                           PermissionSort sort) {
  const std::string wanted = ascii_lower(id);
  for (const std::string& name : offered_names(resource)) {
    if (permission_id(resource, name, sort) == wanted) return name;
  }
  return std::nullopt;
}

Result<std::optional<App>> ResourceFinder::find(ReadTx& tx, const std::string& identifier) {
  const auto known = known_.find(identifier);
  if (known != known_.end()) return known->second;
  CURFEW_TRY(std::optional<App> app, find_resource(tx, tenant_id_, identifier));
  known_.emplace(identifier, app);
  return app;
}

Result<std::vector<ResourcePermissions>> ResourceFinder::group(
    ReadTx& tx, const std::vector<std::string>& entries) {
  std::map<AppId, ResourcePermissions> found;
  for (const std::string& entry : entries) {
    const std::size_t slash = entry.rfind('/');
    if (slash == std::string::npos) continue;
    CURFEW_TRY(const std::optional<App> app, find(tx, entry.substr(0, slash)));
    if (app) found.emplace(app->id, ResourcePermissions{*app, {}});
  }
  std::vector<ResourcePermissions> grouped;
  for (auto& [id, one] : found) {
    for (const std::string& name : offered_names(one.resource)) {
      const bool is_there = std::ranges::any_of(entries, [&](const std::string& entry) {
        const std::size_t slash = entry.rfind('/');
        return slash != std::string::npos && entry.substr(slash + 1) == name &&
               is_called(one.resource, std::string_view{entry}.substr(0, slash));
      });
      if (is_there) one.names.push_back(name);
    }
    if (!one.names.empty()) grouped.push_back(std::move(one));
  }
  return grouped;
}

std::vector<std::string> with_names(std::vector<std::string> entries, const App& resource,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> missing = names;
  std::erase_if(entries, [&](const std::string& entry) {
    const std::size_t slash = entry.rfind('/');
    const bool is_its =
        slash != std::string::npos && is_called(resource, std::string_view{entry}.substr(0, slash));
    if (!is_its) return false;
    const std::string name = entry.substr(slash + 1);
    std::erase(missing, name);
    return std::ranges::find(names, name) == names.end();
  });
  for (const std::string& name : missing) entries.push_back(consent_entry(resource, name));
  return entries;
}

}  // namespace curfew
