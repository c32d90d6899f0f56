// api/push_meter.hpp: how many requests one application may send ahead in a minute.
//
// Each is a row that is kept for some minutes. A public client proves nothing, so anybody can send
// them in its name: what one may fill is bounded, and nobody else's.
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

class PushMeter {
 public:
  [[nodiscard]] bool admit(const AppId& client, bool is_proved, TimePoint now);

 private:
  std::mutex mutex_;
  TimePoint window_began_{};
  std::map<std::string, std::size_t> counts_;  // in this window
};

}  // namespace curfew
