// api/sign_in/browser_session.hpp: from a browser's cookies to its session row, and how a session
// begins and is kept alive.
//
// Every function works in the caller's transaction, so that what is found and what is made from it
// belong to one state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/lifetime.hpp"
#include "api/router.hpp"
#include "api/sign_in/browser_cookies.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/directory.hpp"
#include "model/session.hpp"
#include "store/store.hpp"

namespace curfew {

// Who asks, as far as a request shows it; values only, so that write bodies can own it.
struct Browser {
  BrowserCookies cookies;
  std::string address;
  bool address_is_shared = false;  // HttpPeer::address_is_shared
  std::string user_agent;          // cut to kUserAgentBytesMax
  std::string request_id;
  TimePoint now{};
};
inline constexpr std::size_t kUserAgentBytesMax = 512;
[[nodiscard]] Browser browser_of(const ServerContext& context, const RoutedRequest& request);

// The session that the cookie proves, if it is live by the validity rule; else nothing.
[[nodiscard]] Result<std::optional<Session>> find_session(ReadTx& tx, const ServerContext& context,
                                                          const Browser& browser);
// The device that the cookie proves, enabled or not: a disabled one must be seen to be refused.
[[nodiscard]] Result<std::optional<Device>> find_device(ReadTx& tx, const TenantId& tenant_id,
                                                        const Browser& browser);

struct NewSession {
  Session row;
  SessionCookie cookie;
};
// A session with an id and a secret of its own, which nobody knew before this sign-in (OWASP
// session fixation). `auth_as_of`: the position read before the proof was checked.
struct SignInProof {
  Position auth_as_of;
  TimePoint auth_time{};  // when the proof was given
  std::vector<std::string> amr;
  bool persistent = false;
};
[[nodiscard]] NewSession begin_session(const LifetimePolicy& lifetimes, const User& user,
                                       const std::optional<Device>& device,
                                       const SignInProof& proof, const Browser& browser);

[[nodiscard]] Duration idle_time(const LifetimePolicy& lifetimes, const Session& session);
// The lifetime of the session's cookie: see session_cookie().
[[nodiscard]] std::optional<Duration> cookie_time(const LifetimePolicy& lifetimes,
                                                  const Session& session);

// Moves last_seen_at and expires_at, at most once a minute; whether it did and the row is to be
// saved.
inline constexpr Duration kTouchInterval = std::chrono::minutes{1};
[[nodiscard]] bool touch(Session& session, const LifetimePolicy& lifetimes, const Browser& browser);

}  // namespace curfew
