#include "protocol/http/cookie.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"

using namespace curfew;

TEST_CASE("cookies are read as names and values; odd pieces of others are skipped") {
  const Result<std::vector<Cookie>> cookies = parse_cookies("a=1; b = two=2 ;odd; =x;c=\"q\"; d=");
  REQUIRE(cookies.ok());
  CHECK(*cookies == std::vector<Cookie>{{"a", "1"}, {"b", "two=2"}, {"c", "\"q\""}, {"d", ""}});
  CHECK(find_cookie(*cookies, "b") == "two=2");
  CHECK(find_cookie(*cookies, "d") == "");
  CHECK_FALSE(find_cookie(*cookies, "A").has_value());
}

TEST_CASE("a cookie that came twice with different values is not believed") {
  const Result<std::vector<Cookie>> cookies = parse_cookies("s=mine; s=planted; t=1; t=1");
  REQUIRE(cookies.ok());
  CHECK_FALSE(find_cookie(*cookies, "s").has_value());
  CHECK(find_cookie(*cookies, "t") == "1");
}

TEST_CASE("control characters and too many cookies are refused") {
  for (const std::string_view header : {"a=1\r\nX: y", "a=\x01", "a=\x7F"}) {
    CHECK(parse_cookies(header).error().code() == ErrorCode::invalid_argument);
  }
  CHECK_FALSE(parse_cookies(std::string_view{"a=\0b", 4}).ok());
  std::string many;
  for (std::size_t i = 0; i < limits::kCookiesMax; ++i) many += "a=1;";
  CHECK(parse_cookies(many).ok());
  CHECK(parse_cookies(many + "a=1").error().code() == ErrorCode::exhausted);
}

TEST_CASE("RFC 6265bis 4.1.3.2: our cookies are bound to the host, secure and not for scripts") {
  HostCookie cookie{.name = "__Host-session", .value = "abc.DEF_1-2~", .max_age = {}};
  CHECK(set_cookie(cookie) ==
        "__Host-session=abc.DEF_1-2~; Path=/; Secure; HttpOnly; SameSite=Lax");
  cookie.same_site = SameSite::none;
  cookie.max_age = std::chrono::hours{1};
  CHECK(set_cookie(cookie) ==
        "__Host-session=abc.DEF_1-2~; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=3600");
  cookie.same_site = SameSite::strict;
  cookie.value.clear();
  cookie.max_age = std::chrono::seconds{0};
  CHECK(set_cookie(cookie) ==
        "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}
