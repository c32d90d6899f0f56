// gate/session/session_limits.hpp: every size, count and time limit of browser sessions at a gate,
// with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace curfew::session_limits {

using namespace std::chrono_literals;

// Cookies. Browsers drop one whose name and value are longer than this (RFC 6265bis 5.6), and web
// servers refuse header lines of more than 8 KiB: the session and all sign-ins under way fit.
inline constexpr std::size_t kCookieBytesMax = 4096;
inline constexpr std::size_t kSignInsMax = 8;
inline constexpr std::size_t kSignInCookiesBytesMax = 3072;  // in sum
inline constexpr std::size_t kCookieKeysMax = 4;             // one in use, and those before it

// Signing in. As long as a person looks for a password; a path that is longer is not gone back to.
inline constexpr auto kSignInTimeMax = 10min;
inline constexpr std::size_t kReturnToBytesMax = 1024;
inline constexpr auto kTokenCallTimeMax = 10s;
inline constexpr std::size_t kTokenAnswerBytesMax = 64UL * 1024;

// Back-channel logout. The server waits 5 s for an answer.
inline constexpr auto kLogoutTokenTimeMax = 10min;  // `exp` - `iat`
inline constexpr auto kLogoutWaitMax = 3s;
inline constexpr auto kLogoutLookEvery = 20ms;
inline constexpr auto kLogoutEndedBeforeMax = 2min;  // its token was made so long after the entry
// Names of sessions and people whose logouts have not arrived yet. For longer than the server waits
// between two tries (10 minutes): a name that is asked for later is another logout's.
inline constexpr std::size_t kLogoutsRemembered = 1000;
inline constexpr auto kLogoutRememberedFor = 15min;

// The first question of all waits, for a second in all, until the gate's process has told its
// server that web servers ask; that process looks every 0.1 s whether they do.
inline constexpr auto kToldLookEvery = 20ms;
inline constexpr int kToldLooksMax = 50;

// What a web server in front hands on. Its own limits are of this size.
inline constexpr std::size_t kForwardedUriBytesMax = 8192;
inline constexpr std::size_t kMethodBytesMax = 32;

inline constexpr std::size_t kSitesMax = 64;
inline constexpr std::size_t kSiteNameBytesMax = 64;

}  // namespace curfew::session_limits
