#include "base/duration.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace curfew {

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::uint64_t kSecondsMax = 10ULL * 365 * 24 * 3600;
  const auto refused = Error::permanent(ErrorCode::invalid_argument,
                                        "a time is a number with s, m, h or d, such as \"90m\"");
  if (text.size() < 2) return refused;
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end || count > kSecondsMax) return refused;
  std::uint64_t seconds = 0;
  switch (text.back()) {
    case 's': seconds = count; break;
    case 'm': seconds = count * 60; break;
    case 'h': seconds = count * 3600; break;
    case 'd': seconds = count * 24 * 3600; break;
    default: return refused;
  }
  if (seconds > kSecondsMax) return refused;
  return Duration{std::chrono::seconds{seconds}};
}

Duration doubled(Duration first, std::uint32_t times, Duration most) {
  constexpr std::uint32_t kDoublingsMax = 10;
  return std::min<Duration>(most, first * (1LL << std::min(times, kDoublingsMax)));
}

}  // namespace curfew
