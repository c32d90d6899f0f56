// model/pushed_request.hpp: an authorization request that a client sent ahead (RFC 9126).
//
// Whoever brings its address to the authorization endpoint is believed to be sent by that client,
// so it is a credential of the client's: it carries the stamp of the moment in which the client
// proved itself, and ends with what the client was known by. Values only.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

struct PushedRequest {
  TenantId tenant_id;
  std::string hash;  // base64url of SHA-256 of its request_uri
  AppId app_id;
  std::string authenticator_id;  // of the client's secret or key; empty: a public client's
  std::string request;           // form text, without what the client proved itself with
  Position auth_as_of;           // read before the client was
  TimePoint created_at{};
  TimePoint begin_by{};              // until then it may be brought to the authorization endpoint
  TimePoint expires_at{};            // until then the sign-in that it began may come to its end
  std::optional<TimePoint> used_at;  // when it became a code
};

}  // namespace curfew
