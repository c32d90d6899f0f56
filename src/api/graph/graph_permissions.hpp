// api/graph/graph_permissions.hpp: which permissions a call of the Graph API needs, and who has
// them; model/graph_permission.hpp has them all.
//
// A delegated permission lets an application do for a person what that person may do: their own
// directory roles, and the guard, decide as well. An application permission lets an application do
// it by itself, on everybody who holds no directory role. Names are Microsoft Graph's.
#pragma once

#include <string_view>

#include "api/authn.hpp"

namespace curfew {

// Any one of the names does. Each list is words between spaces; empty: not offered.
struct NeededPermissions {
  std::string_view delegated;
  std::string_view application;
  std::string_view delegated_on_oneself;  // besides, where the subject is the caller
};

// An application by itself: with its own token, or with an API key.
[[nodiscard]] bool acts_alone(const Caller& caller);

[[nodiscard]] bool has_permission(const Caller& caller, std::string_view any_of);

}  // namespace curfew
