#include "api/limits/refusal_meter.hpp"

#include "base/log.hpp"

namespace curfew {

bool RefusalMeter::admit(const std::string& actor_id, TimePoint now) {
  const std::lock_guard lock{mutex_};
  const bool is_over = now < window_began_ || now >= window_began_ + std::chrono::minutes{1};
  if (is_over) {
    if (left_out_ != 0) {
      log(LogLevel::warning, "audit.refusals_left_out",
          {{"count", static_cast<std::uint64_t>(left_out_)}});
    }
    window_began_ = now;
    counts_.clear();
    left_out_ = 0;
  }
  const bool is_known = counts_.contains(actor_id);
  if (is_known || counts_.size() < kRefusedCallersPerMinute) {
    if (++counts_[actor_id] <= kRefusalsAuditedPerMinute) return true;
  }
  ++left_out_;
  return false;
}

}  // namespace curfew
