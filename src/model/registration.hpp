// model/registration.hpp: how applications come to register themselves, and what each left behind.
//
// Both are credentials that somebody else holds in the name of whoever made the first: they name
// that person or application, so that they end when their maker's access does. Values only.
//
// Spec: RFC 7591 1.2 and 3, RFC 7592 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/actor.hpp"
#include "model/position.hpp"

namespace curfew {

// What an administrator hands to whoever may register applications: RFC 7591's initial access
// token. Or, with `enrols_app_id`, to a machine that is to be a gate: its enrolment code, with
// which that one application gets its key, and no other is made. 256 random bits, kept as SHA-256.
struct RegistrationToken {
  TenantId tenant_id;
  std::string id;    // also its credential key
  std::string hash;  // base64url of SHA-256
  std::string display_name;
  ActorKind maker_kind = ActorKind::system;
  std::string maker_id;
  std::string maker_name;
  std::vector<std::string> grant_types;  // that an application may ask for
  std::int64_t uses_left = 0;
  Position auth_as_of;
  TimePoint created_at{};
  TimePoint expires_at{};
  std::optional<AppId> enrols_app_id;
};

// One application that registered itself, beside its App; and the registration access token that it
// manages itself with (RFC 7592), as secret and kept as the one above.
struct Registration {
  TenantId tenant_id;
  AppId app_id;
  std::string id;                            // the credential key of its registration access token
  std::string hash;                          // base64url of SHA-256
  std::string token_id;                      // the initial access token that it came with
  ActorKind maker_kind = ActorKind::system;  // of that one
  std::string maker_id;
  std::string maker_name;
  std::string metadata;  // JSON: what it said of itself that no rule of ours is about
  Position auth_as_of;
  TimePoint created_at{};
};

}  // namespace curfew
