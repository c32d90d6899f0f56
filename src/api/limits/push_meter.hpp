// api/limits/push_meter.hpp: how many of a kind of requests one application may send in a minute.
//
// Requests that are sent ahead are rows that are kept for some minutes. A public client proves
// nothing, so anybody can send them in its name: what one may fill is bounded, and nobody else's.
// Changes that a registered client makes to itself are kept for good.
//
// Thread-safe. Memory is bounded by the number of applications.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

inline constexpr std::size_t kPushesPerMinute = 6'000;  // of a client that proved itself
inline constexpr std::size_t kUnprovedPushesPerMinute = 600;
inline constexpr std::size_t kRegistrationChangesPerMinute = 10;

class PushMeter {
 public:
  [[nodiscard]] bool admit(const AppId& client, std::size_t per_minute, TimePoint now);

 private:
  std::mutex mutex_;
  TimePoint window_began_{};
  std::map<std::string, std::size_t> counts_;  // in this window
};

}  // namespace curfew
