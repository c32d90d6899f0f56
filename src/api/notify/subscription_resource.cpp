#include "api/notify/subscription_resource.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "api/builtin_apps.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

struct Kind {
  std::string_view collection;
  std::string_view object_kind;
  std::string_view type;
  bool has_members = false;
};
constexpr std::array<Kind, 6> kKinds{{
    {"users", "user", "#Microsoft.Graph.User"},
    {"groups", "group", "#Microsoft.Graph.Group", true},
    {"devices", "device", "#Microsoft.Graph.Device"},
    {"directoryRoles", "directoryRole", "#Microsoft.Graph.DirectoryRole", true},
    {"applications", "application", "#Microsoft.Graph.Application"},
    {"servicePrincipals", "application", "#Microsoft.Graph.ServicePrincipal"},
}};

Error unknown_resource() {
  return Error::permanent(
      ErrorCode::invalid_argument,
      "resource is users, groups, devices, directoryRoles, applications or servicePrincipals, "
      "one of them by its id (users/<id>), or the members of one (groups/<id>/members)");
}

bool is_id(std::string_view text) {
  constexpr std::size_t kIdBytesMax = 64;
  return !text.empty() && text.size() <= kIdBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
  });
}

// What happened to the object, in Graph's words; nothing for what it was told of before.
std::optional<std::string_view> type_of(const DirectoryChange& change) {
  if (!change.link.empty()) return "updated";
  switch (change.change) {
    case DirectoryChangeKind::created: return "created";
    case DirectoryChangeKind::updated: return "updated";
    case DirectoryChangeKind::deleted: return "deleted";
    case DirectoryChangeKind::purged: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> subscribed_collections() {
  std::vector<std::string_view> collections;
  for (const Kind& kind : kKinds) collections.push_back(kind.collection);
  return collections;
}

std::string SubscribedResource::text() const {
  return collection + (object_id ? "/" + *object_id : "") + (is_members ? "/members" : "");
}

Result<SubscribedResource> parse_subscribed(std::string_view text) {
  if (text.starts_with('/')) text.remove_prefix(1);
  const std::vector<std::string_view> parts = split(text, '/');
  const auto kind = std::ranges::find_if(
      kKinds, [&](const Kind& one) { return ascii_iequals(one.collection, parts.front()); });
  if (kind == kKinds.end() || parts.size() > 3) return unknown_resource();
  SubscribedResource resource;
  resource.collection = kind->collection;
  resource.object_kind = kind->object_kind;
  resource.type = kind->type;
  if (parts.size() > 1) {
    resource.object_id = ascii_lower(parts[1]);
    if (!is_id(*resource.object_id)) return unknown_resource();
  }
  if (parts.size() == 3) {
    if (!kind->has_members || !ascii_iequals(parts[2], "members")) return unknown_resource();
    resource.is_members = true;
  }
  return resource;
}

std::optional<std::string_view> change_type_for(const SubscribedResource& resource,
                                                const Subscription& subscription,
                                                const DirectoryChange& change) {
  if (change.object_kind != resource.object_kind) return std::nullopt;
  if (resource.object_id && *resource.object_id != change.object_id) return std::nullopt;
  if (resource.is_members && change.link != "members") return std::nullopt;
  if (resource.collection == "applications" && is_built_in(AppId{change.object_id})) {
    return std::nullopt;
  }
  const auto type = type_of(change);
  const bool is_wanted = type && std::ranges::find(subscription.change_types, *type) !=
                                     subscription.change_types.end();
  return is_wanted ? type : std::nullopt;
}

}  // namespace curfew
