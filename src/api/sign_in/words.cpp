#include "api/sign_in/words.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/text.hpp"
#include "protocol/html/page.hpp"

namespace curfew {

namespace {

struct Mark {
  std::string_view in_agent;
  std::string_view words;
};

// In this order: browsers name the ones that they want to be taken for after themselves.
constexpr std::array kBrowsers{
    Mark{"Edg/", "Edge"},        Mark{"EdgA/", "Edge"},
    Mark{"EdgiOS/", "Edge"},     Mark{"OPR/", "Opera"},
    Mark{"Vivaldi/", "Vivaldi"}, Mark{"SamsungBrowser/", "Samsung Internet"},
    Mark{"FxiOS/", "Firefox"},   Mark{"Firefox/", "Firefox"},
    Mark{"CriOS/", "Chrome"},    Mark{"Chromium/", "Chromium"},
    Mark{"Chrome/", "Chrome"},   Mark{"Safari/", "Safari"},
    Mark{"curl/", "curl"},
};
constexpr std::array kSystems{
    Mark{"iPhone", "iPhone"},   Mark{"iPad", "iPad"},     Mark{"Android", "Android"},
    Mark{"Windows", "Windows"}, Mark{"CrOS", "ChromeOS"}, Mark{"Macintosh", "macOS"},
    Mark{"Linux", "Linux"},
};

template <typename Marks>
std::string find_mark(const Marks& marks, std::string_view agent) {
  for (const Mark& mark : marks) {
    if (agent.find(mark.in_agent) != std::string_view::npos) return std::string{mark.words};
  }
  return {};
}

std::string counted(std::int64_t count, std::string_view unit) {
  return std::to_string(count) + " " + std::string{unit} + (count == 1 ? "" : "s");
}

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

BrowserWords browser_words(std::string_view user_agent) {
  BrowserWords words{find_mark(kBrowsers, user_agent), find_mark(kSystems, user_agent)};
  if (words.browser.empty()) words.browser = "a browser";
  return words;
}

std::string to_words(const BrowserWords& words) {
  std::string text = words.browser == "a browser" ? "A browser" : words.browser;
  if (!words.system.empty()) text += " on " + words.system;
  return text;
}

std::string relative_words(TimePoint at, TimePoint now) {
  const bool past = at <= now;
  const std::int64_t seconds = (past ? now - at : at - now).count() / 1000;
  std::string words;
  if (seconds < 60) return past ? "just now" : "in a moment";
  if (seconds < 3600) {
    words = counted(seconds / 60, "minute");
  } else if (seconds < 48 * 3600) {
    words = counted(seconds / 3600, "hour");
  } else {
    words = counted(seconds / (24 * 3600), "day");
  }
  return past ? words + " ago" : "in " + words;
}

std::string utc_words(TimePoint at) {
  constexpr std::array kMonths{"January",   "February", "March",    "April",
                               "May",       "June",     "July",     "August",
                               "September", "October",  "November", "December"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::int64_t minutes = (at - day).count() / 60'000;
  return std::to_string(static_cast<unsigned>(date.day())) + " " +
         kMonths.at(static_cast<unsigned>(date.month()) - 1) + " " +
         std::to_string(static_cast<int>(date.year())) + ", " + two_digits(minutes / 60) + ":" +
         two_digits(minutes % 60) + " UTC";
}

std::string time_html(TimePoint at, TimePoint now) {
  return "<time" + html_attribute("datetime", to_rfc3339(at)) + ">" +
         escape_html(relative_words(at, now)) + " <span class=\"hint\">(" +
         escape_html(utc_words(at)) + ")</span></time>";
}

std::string duration_words(Duration duration) {
  const std::int64_t seconds = (duration.count() + 999) / 1000;
  if (seconds < 60) return counted(seconds, "second");
  const std::int64_t minutes = (seconds + 59) / 60;
  if (minutes < 60) return counted(minutes, "minute");
  return counted((minutes + 59) / 60, "hour");
}

std::string permission_words(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || name.find('.', dot + 1) != std::string_view::npos) {
    return std::string{name};
  }
  const std::string_view thing = name.substr(0, dot);
  const std::string_view verb = name.substr(dot + 1);
  if (verb == "Read") return "Read your " + ascii_lower(thing);
  if (verb == "Write") return "Change your " + ascii_lower(thing);
  if (verb == "ReadWrite") return "Read and change your " + ascii_lower(thing);
  return std::string{name};
}

}  // namespace curfew
