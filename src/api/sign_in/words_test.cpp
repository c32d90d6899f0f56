#include "api/sign_in/words.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a browser is named by what it is, not by what it wants to be taken for") {
  const auto words = [](std::string_view agent) { return to_words(browser_words(agent)); };
  CHECK(words("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
              "Chrome/130.0.0.0 Safari/537.36 Edg/130.0") == "Edge on Windows");
  CHECK(words("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
              "Gecko) Version/17.0 Safari/605.1.15") == "Safari on macOS");
  CHECK(words("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0") ==
        "Firefox on Linux");
  CHECK(words("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
              "Chrome/130.0 Mobile Safari/537.36") == "Chrome on Android");
  CHECK(words("") == "A browser");
}

TEST_CASE("times are said relative to now, and in UTC") {
  const TimePoint now = parse_rfc3339("2026-11-23T14:05:00Z").value();
  CHECK(relative_words(now, now) == "just now");
  CHECK(relative_words(now - 1min, now) == "1 minute ago");
  CHECK(relative_words(now - 59min, now) == "59 minutes ago");
  CHECK(relative_words(now - 30h, now) == "30 hours ago");
  CHECK(relative_words(now - 72h, now) == "3 days ago");
  CHECK(relative_words(now + 3h, now) == "in 3 hours");
  CHECK(utc_words(now) == "23 November 2026, 14:05 UTC");
}

TEST_CASE("how long to wait is rounded up") {
  CHECK(duration_words(1ms) == "1 second");
  CHECK(duration_words(30s) == "30 seconds");
  CHECK(duration_words(61s) == "2 minutes");
  CHECK(duration_words(15min) == "15 minutes");
  CHECK(duration_words(61min) == "2 hours");
}

TEST_CASE("a permission is said in words where its name has the usual form") {
  CHECK(permission_words("Files.Read") == "Read your files");
  CHECK(permission_words("Mail.ReadWrite") == "Read and change your mail");
  CHECK(permission_words("manage") == "manage");
  CHECK(permission_words("User.Read.All") == "User.Read.All");
}

}  // namespace
}  // namespace curfew
