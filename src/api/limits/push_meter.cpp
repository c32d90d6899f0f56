#include "api/limits/push_meter.hpp"

namespace curfew {

bool PushMeter::admit(const AppId& client, std::size_t per_minute, TimePoint now) {
  const std::lock_guard lock{mutex_};
  if (now < window_began_ || now >= window_began_ + std::chrono::minutes{1}) {
    window_began_ = now;
    counts_.clear();
  }
  std::size_t& count = counts_[client.str()];
  if (count >= per_minute) return false;
  ++count;
  return true;
}

}  // namespace curfew
