#include "protocol/http/cookie.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

std::string_view to_string(SameSite same_site) {
  switch (same_site) {
    case SameSite::strict: return "Strict";
    case SameSite::lax: return "Lax";
    case SameSite::none: return "None";
  }
  CURFEW_CHECK(false);
}

}  // namespace

Result<std::vector<Cookie>> parse_cookies(std::string_view header) {
  if (std::any_of(header.begin(), header.end(), is_control)) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the Cookie header has a control character");
  }
  std::vector<Cookie> cookies;
  for (const std::string_view piece : split(header, ';')) {
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trim_ascii(piece.substr(0, equals));
    if (name.empty()) continue;
    if (cookies.size() == limits::kCookiesMax) {
      return Error::permanent(ErrorCode::exhausted, "the Cookie header has too many cookies");
    }
    cookies.push_back({name, trim_ascii(piece.substr(equals + 1))});
  }
  return cookies;
}

std::optional<std::string_view> find_cookie(const std::vector<Cookie>& cookies,
                                            std::string_view name) {
  std::optional<std::string_view> found;
  for (const Cookie& cookie : cookies) {
    if (cookie.name != name) continue;
    if (found && *found != cookie.value) return std::nullopt;
    found = cookie.value;
  }
  return found;
}

std::string set_cookie(const HostCookie& cookie) {
  constexpr std::string_view kPrefix = "__Host-";
  CURFEW_CHECK(cookie.name.starts_with(kPrefix) && cookie.name.size() > kPrefix.size());
  CURFEW_CHECK(std::all_of(cookie.name.begin(), cookie.name.end(), is_plain));
  CURFEW_CHECK(std::all_of(cookie.value.begin(), cookie.value.end(), is_plain));
  std::string header = cookie.name + "=" + cookie.value + "; Path=/; Secure; HttpOnly; SameSite=";
  header += to_string(cookie.same_site);
  if (cookie.max_age) header += "; Max-Age=" + std::to_string(cookie.max_age->count());
  return header;
}

}  // namespace curfew
