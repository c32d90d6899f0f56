// model/subscription.hpp: who is told of changes in the directory, where, and by what right.
//
// A subscription is a way in: data flows out to its receiver for as long as it stands. So it is a
// credential, with the keys and stamps of the token by which it was made or last renewed, and
// judged before each delivery (access/credential_facts.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

struct Subscription {
  TenantId tenant_id;
  std::string id;          // a GUID
  AppId app_id;            // that made it: Graph's applicationId
  std::string creator_id;  // the person for whom, or the application itself
  // "users", "users/<id>", "groups/<id>/members": as api/notify/subscription_resource.hpp reads
  // it.
  std::string resource;
  std::vector<std::string> change_types;  // "created", "updated", "deleted"
  std::string notification_url;
  std::optional<std::string> lifecycle_url;
  std::string sealed_client_state;  // empty: none was given
  std::string latest_tls_version;   // as given, "v1_2"; empty: not given
  TimePoint created_at{};
  TimePoint expires_at{};

  // The right: the keys of the token as to_string(Key), and its stamps.
  std::vector<std::string> keys;
  Position auth_as_of;
  Position as_of;

  // Every change up to this one was told, or is none of this subscription's.
  std::int64_t told_up_to = 0;
  // What the lifecycle receiver is still to be told: "missed", "reauthorizationRequired".
  std::vector<std::string> lifecycle_due;
  bool was_reminded = false;  // that it ends soon
};

}  // namespace curfew
