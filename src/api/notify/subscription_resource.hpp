// api/notify/subscription_resource.hpp: what a subscription is to, and which changes it is told of.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/directory_change.hpp"
#include "model/subscription.hpp"

namespace curfew {

struct SubscribedResource {
  std::string collection;                // "users"
  std::string object_kind;               // of the log: "user"
  std::string type;                      // "#Microsoft.Graph.User"
  std::optional<std::string> object_id;  // nothing: every one
  bool is_members = false;               // of the group or role alone

  // "users/<id>", "groups/<id>/members": how it is stored and shown.
  [[nodiscard]] std::string text() const;
};

// With or without a slash in front, names in any case. invalid_argument says what there is.
[[nodiscard]] Result<SubscribedResource> parse_subscribed(std::string_view text);

// The collections that may be subscribed to.
[[nodiscard]] std::vector<std::string_view> subscribed_collections();

// "created", "updated" or "deleted"; nothing where the resource is not touched by the change, or
// where the subscription is not to such changes.
[[nodiscard]] std::optional<std::string_view> change_type_for(const SubscribedResource& resource,
                                                              const Subscription& subscription,
                                                              const DirectoryChange& change);

}  // namespace curfew
