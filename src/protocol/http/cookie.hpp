// protocol/http/cookie.hpp: reading the Cookie header, and building our own Set-Cookie.
//
// We set host-bound cookies only: the "__Host-" prefix makes browsers refuse one that a sibling
// host or a plain http page tries to plant in our name (RFC 6265bis 4.1.3.2).
//
// Limits: kCookiesMax cookies. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace curfew {

// Views into the header that was parsed.
struct Cookie {
  std::string_view name;
  std::string_view value;  // quotes around it, if any, are kept

  friend bool operator==(const Cookie&, const Cookie&) = default;
};

// Reads "a=1; b=2". Foreign cookies may be odd, so pieces without '=' or with an empty name are
// skipped; a control character anywhere is invalid_argument, too many cookies are exhausted.
[[nodiscard]] Result<std::vector<Cookie>> parse_cookies(std::string_view header);

// The value of the cookie of that name; nothing if absent, and nothing if it came twice with
// different values: which of them is ours cannot be known.
[[nodiscard]] std::optional<std::string_view> find_cookie(const std::vector<Cookie>& cookies,
                                                          std::string_view name);

enum class SameSite { strict, lax, none };

struct HostCookie {
  std::string name;   // with the prefix: "__Host-session". Checked.
  std::string value;  // base64url text or empty. Checked: no quotes, no separators
  SameSite same_site = SameSite::lax;
  // Nothing: until the browser closes. Zero: delete now.
  std::optional<std::chrono::seconds> max_age;
};

// The value of a Set-Cookie header: always Path=/, Secure, HttpOnly, no Domain.
[[nodiscard]] std::string set_cookie(const HostCookie& cookie);

}  // namespace curfew
