// tests/fuzz/fuzz_cookie.cpp: cookies that are read hold no separator and no control character, and
// written again they are the same.
//
// Covers: protocol/http/cookie.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "protocol/http/cookie.hpp"

using namespace curfew;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Result<std::vector<Cookie>> cookies = parse_cookies(text);
  if (!cookies.ok()) return 0;
  CURFEW_CHECK(cookies->size() <= limits::kCookiesMax);
  std::string written;
  for (const Cookie& cookie : *cookies) {
    written.append(written.empty() ? "" : "; ").append(cookie.name).append("=");
    written.append(cookie.value);
    CURFEW_CHECK(!cookie.name.empty());
    CURFEW_CHECK(cookie.name.find_first_of(";=\r\n") == std::string_view::npos);
    CURFEW_CHECK(cookie.value.find_first_of(";\r\n") == std::string_view::npos);
    const std::optional<std::string_view> found = find_cookie(*cookies, cookie.name);
    CURFEW_CHECK(!found || *found == cookie.value);
  }
  const Result<std::vector<Cookie>> again = parse_cookies(written);
  CURFEW_CHECK(again.ok() && *again == *cookies);
  return 0;
}
