#include "base/clock.hpp"

#include <ctime>

#include <array>
#include <charconv>
#include <cstdio>

namespace curfew {

namespace {

Duration read_clock(clockid_t id) {
  timespec spec{};
  ::clock_gettime(id, &spec);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds{spec.tv_sec} +
                                              std::chrono::nanoseconds{spec.tv_nsec});
}

using namespace std::chrono_literals;
constexpr TimePoint kFirstTime{std::chrono::sys_days{std::chrono::year{0} / 1 / 1}};
constexpr TimePoint kLastTime{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + 24h - 1ms};

// Reads exactly `count` digits from the front of `rest`; nothing if they are not there.
std::optional<int> take_digits(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) return std::nullopt;
  int value = 0;
  const char* const end = rest.data() + count;
  const auto [stop, error] = std::from_chars(rest.data(), end, value);
  if (error != std::errc{} || stop != end || rest.front() == '-') return std::nullopt;
  rest.remove_prefix(count);
  return value;
}

bool take(std::string_view& rest, char expected) {
  if (rest.empty() || rest.front() != expected) return false;
  rest.remove_prefix(1);
  return true;
}

// ".123456" -> 123 ms, digits past the third dropped; no fraction is zero.
std::optional<Duration> take_fraction(std::string_view& rest) {
  if (!take(rest, '.')) return Duration{0};
  int millis = 0;
  std::size_t digits = 0;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    if (digits < 3) millis = millis * 10 + (rest.front() - '0');
    ++digits;
    rest.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (std::size_t i = digits; i < 3; ++i) millis *= 10;
  return Duration{millis};
}

std::optional<Duration> take_offset(std::string_view& rest) {
  if (take(rest, 'Z') || take(rest, 'z')) return Duration{0};
  const bool behind = take(rest, '-');
  if (!behind && !take(rest, '+')) return std::nullopt;
  const auto hours = take_digits(rest, 2);
  if (!hours || !take(rest, ':')) return std::nullopt;
  const auto minutes = take_digits(rest, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const Duration size = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return behind ? -size : size;
}

}  // namespace

TimePoint SystemClock::now() const { return TimePoint{read_clock(CLOCK_REALTIME)}; }
Duration SystemClock::since_boot() const { return read_clock(CLOCK_BOOTTIME); }

std::int64_t to_unix_seconds(TimePoint at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}
TimePoint from_unix_seconds(std::int64_t seconds) {
  return TimePoint{std::chrono::seconds{seconds}};
}
std::int64_t to_unix_millis(TimePoint at) { return at.time_since_epoch().count(); }
TimePoint from_unix_millis(std::int64_t millis) { return TimePoint{Duration{millis}}; }

std::string to_rfc3339(TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  std::string_view rest = text;
  const auto year = take_digits(rest, 4);
  if (!year || !take(rest, '-')) return std::nullopt;
  const auto month = take_digits(rest, 2);
  if (!month || !take(rest, '-')) return std::nullopt;
  const auto day = take_digits(rest, 2);
  if (!day || !(take(rest, 'T') || take(rest, 't'))) return std::nullopt;
  const auto hour = take_digits(rest, 2);
  if (!hour || !take(rest, ':')) return std::nullopt;
  const auto minute = take_digits(rest, 2);
  if (!minute || !take(rest, ':')) return std::nullopt;
  const auto second = take_digits(rest, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto fraction = take_fraction(rest);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(rest);
  if (!offset || !rest.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const Duration time_of_day = std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                               std::chrono::seconds{*second} + *fraction;
  const TimePoint at = TimePoint{std::chrono::sys_days{date}} + time_of_day - *offset;
  // An offset can lead out of the years that four digits can write.
  if (at < kFirstTime || at > kLastTime) return std::nullopt;
  return at;
}

}  // namespace curfew
