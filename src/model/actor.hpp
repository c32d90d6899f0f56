// model/actor.hpp: who asks for something, once it has been proved; what guards and the audit see.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "model/role.hpp"

namespace curfew {

enum class ActorKind {
  user,               // signed in, with a token or a session
  service_principal,  // an application by itself
  local_root,         // root on the server's own machine, through the local socket
  system,             // the server itself: a policy, a schedule, an incoming event
};
[[nodiscard]] std::string_view to_string(ActorKind kind);
[[nodiscard]] bool parse_enum(std::string_view text, ActorKind& out);

// What a permission of an application itself is about.
enum class PermittedArea { users, devices, groups, roles, applications, assignments, consents };

struct Actor {
  ActorKind kind = ActorKind::system;
  std::string id;            // UserId, AppId, "local-root" or the system part's name
  std::string display_name;  // for people: a user principal name, an application's name
  std::set<Role> roles;      // local_root holds global_administrator
  std::string address;       // where the request came from; empty for the system
  // Where an application's own permission lets it act in this very call: on everybody who holds no
  // directory role, whatever roles it has itself.
  std::set<PermittedArea> permitted_areas;
};

}  // namespace curfew
