// api/sign_in/words.hpp: times and browsers as a person would say them, for our pages.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace curfew {

// "Chrome" and "Windows" for a User-Agent header; "a browser" and "" where it cannot be told. A
// guess for people, never used to decide.
struct BrowserWords {
  std::string browser;
  std::string system;
};
[[nodiscard]] BrowserWords browser_words(std::string_view user_agent);
// "Chrome on Windows".
[[nodiscard]] std::string to_words(const BrowserWords& words);

// "just now", "5 minutes ago", "in 3 hours", "2 days ago"; rounded down.
[[nodiscard]] std::string relative_words(TimePoint at, TimePoint now);
// "23 November 2026, 14:05 UTC".
[[nodiscard]] std::string utc_words(TimePoint at);
// <time datetime="...">5 minutes ago</time> with the UTC time beside it, as HTML. Without script a
// page cannot know the reader's zone: the relative words are right in every zone.
[[nodiscard]] std::string time_html(TimePoint at, TimePoint now);

// "30 seconds", "2 minutes", "1 hour": how long to wait, rounded up.
[[nodiscard]] std::string duration_words(Duration duration);

// What a permission's name says: "Files.Read" is "Read your files"; otherwise the name itself.
[[nodiscard]] std::string permission_words(std::string_view name);

}  // namespace curfew
