// api/sign_in/browser_cookies.hpp: the four cookies that a browser keeps for us.
//
//   __Host-curfew-session  a session's id and secret. SameSite=None: single-page applications renew
//                          silently in a frame. Forms are protected by their own field instead.
//   __Host-curfew-form     a random anchor for forms before there is a session. SameSite=Lax
//   __Host-curfew-known    sealed: which accounts signed in here before. Opens nothing; it only
//                          gives this browser its own counter of wrong passwords. Revoking a person
//                          does not void it: the thief gets no more from it than a counter, and
//                          the owner would be left open to being locked out. SameSite=Lax
//   __Host-curfew-device   a registered device's id and secret. SameSite=Lax
//
// Nothing here is believed yet: a session's or device's secret is checked where its row is read.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "base/id.hpp"
#include "base/secret.hpp"
#include "io/http_types.hpp"
#include "model/session.hpp"
#include "protocol/http/cookie.hpp"

namespace curfew {

inline constexpr std::string_view kSessionCookie = "__Host-curfew-session";
inline constexpr std::string_view kFormCookie = "__Host-curfew-form";
inline constexpr std::string_view kKnownCookie = "__Host-curfew-known";
inline constexpr std::string_view kDeviceCookie = "__Host-curfew-device";

struct SessionCookie {
  SessionId id;
  Secret secret;
};
struct DeviceCookie {
  DeviceId id;
  Secret secret;
};
struct KnownBrowser {
  std::string browser_id;
  std::vector<UserId> users;  // who signed in here last comes first

  [[nodiscard]] bool knows(const UserId& user) const;
};
inline constexpr std::size_t kKnownUsersMax = 8;

struct BrowserCookies {
  std::optional<SessionCookie> session;
  std::string form_anchor;  // the cookie's value; empty: none
  std::optional<KnownBrowser> known;
  std::optional<DeviceCookie> device;
};

// A Cookie header that does not parse counts as none.
[[nodiscard]] BrowserCookies read_cookies(const ServerContext& context, const HttpRequest& request);

// Values of Set-Cookie headers. `lifetime`: the idle time of a persistent session; nothing: the
// cookie goes when the browser closes.
[[nodiscard]] std::string session_cookie(const SessionCookie& session,
                                         std::optional<Duration> lifetime);
[[nodiscard]] std::string no_session_cookie();
[[nodiscard]] std::string form_cookie(const std::string& anchor);
// The browser as it was known, with `user` put first.
[[nodiscard]] std::string known_cookie(const ServerContext& context,
                                       const std::optional<KnownBrowser>& before,
                                       const UserId& user);
[[nodiscard]] std::string device_cookie(const DeviceCookie& device);

}  // namespace curfew
