// model/session.hpp: what a sign-in leaves behind: sessions, authorization codes and grants.
//
// Each row carries `auth_as_of`, the journal position read before the person's proof was checked,
// copied from the sign-in on (model/validity.hpp). Secrets are never stored: a cookie and a code as
// SHA-256; a refresh token is an HMAC over its grant and generation, so nothing of it is stored.
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

// One browser signed in with us. The `sid` claim is its id.
struct Session {
  TenantId tenant_id;
  SessionId id;
  UserId user_id;
  std::string secret_hash;  // base64url of SHA-256 of the cookie's secret part
  std::string authenticator_id;
  std::optional<DeviceId> device_id;
  Position auth_as_of;
  TimePoint auth_time{};
  std::vector<std::string> amr;  // RFC 8176
  bool persistent = false;       // "stay signed in": the cookie outlives the browser
  std::string user_agent;        // as sent, cut to 512 bytes
  std::string address;           // of the peer, without port
  TimePoint created_at{};
  TimePoint last_seen_at{};  // moved at most once a minute
  TimePoint expires_at{};    // sliding: moved with last_seen_at
  std::optional<TimePoint> ended_at;
};

struct AuthorizationCode {
  TenantId tenant_id;
  std::string hash;  // base64url of SHA-256 of the code
  AppId app_id;
  UserId user_id;
  SessionId session_id;
  GrantId grant_id;  // of the grant that its redemption makes; so a replay can end that grant
  std::string redirect_uri;
  std::optional<std::string> code_challenge;  // S256
  std::optional<std::string> nonce;
  std::string resource;             // identifier URI that the access token is for; empty: userinfo
  std::vector<std::string> scopes;  // granted, as the client spelled them
  std::string claims;               // the request's `claims` parameter, or empty
  std::string dpop_jkt;             // whoever redeems it holds this key; empty: nobody need
  Position auth_as_of;
  TimePoint created_at{};
  TimePoint expires_at{};
  std::optional<TimePoint> used_at;
};

// One authorization of one client in one session: the family that refresh tokens belong to.
struct Grant {
  TenantId tenant_id;
  GrantId id;
  AppId app_id;
  UserId user_id;
  SessionId session_id;
  std::string authenticator_id;
  std::optional<DeviceId> device_id;
  // Its tokens are used on another machine than `device_id`, which only let them in (RFC 8628):
  // they end with that device, and are not on it.
  bool is_elsewhere = false;
  std::string resource;
  std::vector<std::string> scopes;
  std::optional<std::string> nonce;
  std::string dpop_jkt;  // of a public client: its refresh tokens are bound to this key; or empty
  std::string x5t_s256;  // and to this TLS client certificate (RFC 8705 4); or empty
  Position auth_as_of;
  TimePoint auth_time{};
  std::vector<std::string> amr;
  // The refresh token now valid is number `generation`; its predecessor is answered with the same
  // successor until a grace time after `rotated_at`, and ends the family later.
  std::uint64_t generation = 1;
  TimePoint rotated_at{};
  TimePoint created_at{};
  TimePoint expires_at{};  // sliding; or fixed, for single-page applications
  bool expiry_is_fixed = false;
  std::optional<TimePoint> ended_at;
  // The latest `exp` of an access token issued from this grant: the true bound of what is out
  // there.
  TimePoint access_ends_by{};
  // The same of those access tokens that are in no status list; nothing: none of them is in one.
  std::optional<TimePoint> unlisted_access_ends_by;
  // Of a grant that came of an access token (on behalf of): every key which that one named and this
  // grant does not name by itself, as to_string(Key). Whatever would end the one ends the other.
  std::vector<std::string> inherited_keys;
};

// A chain of applications that call each other on a person's behalf adds five keys at each link;
// beyond this a token would outgrow what headers carry.
inline constexpr std::size_t kInheritedKeysMax = 32;

}  // namespace curfew
