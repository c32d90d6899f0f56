// model/graph_permission.hpp: the permissions of the Graph API, by Microsoft Graph's names.
#pragma once

#include <span>
#include <string_view>

namespace curfew {

struct GraphPermission {
  std::string_view name;
  // A person can agree to it for an application; otherwise an administrator does, for everybody.
  bool user_consent = false;
};

[[nodiscard]] std::span<const GraphPermission> graph_permissions();

// Whether a person can agree to it for themselves. False for names that there are not.
[[nodiscard]] bool is_user_consentable(std::string_view graph_permission);

}  // namespace curfew
