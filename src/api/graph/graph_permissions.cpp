#include "api/graph/graph_permissions.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace curfew {

bool acts_alone(const Caller& caller) {
  return caller.credential == CredentialKind::app_access_token ||
         caller.credential == CredentialKind::api_key;
}

bool has_permission(const Caller& caller, std::string_view any_of) {
  if (caller.actor.kind == ActorKind::local_root) return true;
  return std::ranges::any_of(split(any_of, ' '), [&](std::string_view name) {
    return !name.empty() && std::ranges::find(caller.scopes, name) != caller.scopes.end();
  });
}

}  // namespace curfew
