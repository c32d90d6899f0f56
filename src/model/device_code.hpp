// model/device_code.hpp: a sign-in on a device without a browser, from its first request until its
// tokens are fetched (RFC 8628).
//
// The device holds the device code; the person reads the user code off it and types it in where
// they are signed in. Neither is stored: the first as SHA-256, the second, which is short, as HMAC
// under a key of the server. Once approved, the row names who approved in which session, and has
// that session's stamp: what is made from it is judged like the session itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

enum class DeviceCodeState { pending, approved, denied };
[[nodiscard]] std::string_view to_string(DeviceCodeState state);
[[nodiscard]] bool parse_enum(std::string_view text, DeviceCodeState& out);

struct DeviceCode {
  TenantId tenant_id;
  std::string hash;           // base64url of SHA-256 of the device code
  std::string user_code_mac;  // base64url of HMAC-SHA-256
  AppId app_id;
  std::string resource;             // identifier URI; empty: userinfo
  std::vector<std::string> scopes;  // as the client spelled them
  std::string claims;               // the request's `claims` parameter, or empty
  std::string address;              // that the device asked from, for the person to look at
  std::string user_agent;           // as sent, cut to 512 bytes
  DeviceCodeState state = DeviceCodeState::pending;
  // Of the approval; unset while pending.
  std::optional<UserId> user_id;
  std::optional<SessionId> session_id;
  GrantId grant_id;  // of the grant that redemption makes; so a second use can end that grant
  Position auth_as_of;
  TimePoint created_at{};
  TimePoint expires_at{};
  std::optional<TimePoint> used_at;
};

}  // namespace curfew
