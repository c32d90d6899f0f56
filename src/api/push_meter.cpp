#include "api/push_meter.hpp"

namespace curfew {

bool PushMeter::admit(const AppId& client, bool is_proved, TimePoint now) {
  const std::lock_guard lock{mutex_};
  if (now < window_began_ || now >= window_began_ + std::chrono::minutes{1}) {
    window_began_ = now;
    counts_.clear();
  }
  std::size_t& count = counts_[client.str()];
  if (count >= (is_proved ? kPushesPerMinute : kUnprovedPushesPerMinute)) return false;
  ++count;
  return true;
}

}  // namespace curfew
