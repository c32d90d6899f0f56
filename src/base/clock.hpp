// base/clock.hpp: time as a value; the only place that asks the machine what time it is.
//
// Decisions take a TimePoint as an argument. Only edges hold a Clock. Wall time is milliseconds
// since 1970 UTC; at a wire border a field keeps its specified unit and says so.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace curfew {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time. May jump; never used to order credentials against revocations.
  [[nodiscard]] virtual TimePoint now() const = 0;
  // Time since boot, suspended time included (CLOCK_BOOTTIME). Never jumps back. For leases,
  // deadlines and measured durations.
  [[nodiscard]] virtual Duration since_boot() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] Duration since_boot() const override;
};

// For tests and simulation: moves only when told. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start) : now_(start.time_since_epoch().count()) {}
  [[nodiscard]] TimePoint now() const override { return TimePoint{Duration{now_.load()}}; }
  [[nodiscard]] Duration since_boot() const override { return Duration{boot_.load()}; }
  void advance(Duration by) {
    now_ += by.count();
    boot_ += by.count();
  }
  // The wall clock is set, the boot clock goes on: what an administrator or NTP does.
  void jump(Duration by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_;
  std::atomic<std::int64_t> boot_{0};
};

// Seconds since 1970 (NumericDate of RFC 7519 2), rounded down.
[[nodiscard]] std::int64_t to_unix_seconds(TimePoint at);
[[nodiscard]] TimePoint from_unix_seconds(std::int64_t seconds);
[[nodiscard]] std::int64_t to_unix_millis(TimePoint at);
[[nodiscard]] TimePoint from_unix_millis(std::int64_t millis);

// RFC 3339 in UTC with milliseconds: "2026-11-23T14:05:00.123Z".
[[nodiscard]] std::string to_rfc3339(TimePoint at);
// Accepts "Z" or a numeric offset, with or without fraction; nothing for anything else.
[[nodiscard]] std::optional<TimePoint> parse_rfc3339(std::string_view text);

}  // namespace curfew
