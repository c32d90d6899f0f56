// gate/session/session_cookies.hpp: what a browser keeps for a site: its session, and the sign-ins
// that it has under way.
//
// Sealed for the site and its client: a cookie of one site, or of one kind, is nothing in another's
// place. A session that is opened was made here and says nothing about being live.
//
// Pure but for nonces and keys that are random; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gate/session/site.hpp"
#include "protocol/http/cookie.hpp"

namespace curfew {

inline constexpr std::string_view kSessionCookie = "__Host-curfew-site-session";
inline constexpr std::string_view kSignInCookiePrefix = "__Host-curfew-sign-in-";

struct BrowserSession {
  std::string access_token;
  std::string id_token;  // a hint for signing out; empty where there was no room
};

// The values of Set-Cookie headers. exhausted, naming the sizes, where the access token alone does
// not fit; the ID token is left out where it does not.
[[nodiscard]] Result<std::string> session_cookie(const Site& site, const BrowserSession& session);
[[nodiscard]] std::string no_session_cookie();
// Nothing if there is none, two different ones, or what is there was not made here for this site.
[[nodiscard]] std::optional<BrowserSession> session_of(const SessionPlace& place,
                                                       const std::vector<Cookie>& cookies);

// What a request with that Authorization header and those cookies is judged by, in the form of an
// Authorization header: "Bearer ..." of the session. Nothing where the header itself decides, for
// there is no falling back from one to the other, and where there is no session.
[[nodiscard]] std::optional<std::string> session_authorization(
    const SessionPlace& place, const std::optional<std::string_view>& authorization,
    std::string_view cookie_header);

// One sign-in, from the way to the server until the way back.
struct SiteSignIn {
  std::string id;  // also the `state`, and in the cookie's name
  std::string nonce;
  std::string code_verifier;
  std::string return_to;
  TimePoint began_at{};
};
[[nodiscard]] SiteSignIn new_sign_in(std::string_view return_to, TimePoint now);

// Set-Cookie of this sign-in, and of those that make room for it or are over.
[[nodiscard]] std::vector<std::string> sign_in_cookies(const Site& site, const SiteSignIn& sign_in,
                                                       const std::vector<Cookie>& cookies,
                                                       TimePoint now);
[[nodiscard]] std::string no_sign_in_cookie(std::string_view id);
// The sign-in of that id, if this browser has it and it is not over.
[[nodiscard]] std::optional<SiteSignIn> sign_in_of(const Site& site, std::string_view id,
                                                   const std::vector<Cookie>& cookies,
                                                   TimePoint now);

}  // namespace curfew
