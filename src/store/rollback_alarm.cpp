#include "store/rollback_alarm.hpp"

#include <utility>

namespace curfew {

void RollbackAlarm::suspect(RollbackSuspicion suspicion) {
  if (!handler_ || is_busy_.exchange(true)) return;
  handler_(std::move(suspicion));
}

void RollbackAlarm::dismiss() { is_busy_.store(false); }

void RollbackAlarm::raise(RollbackProof proof) {
  const std::lock_guard lock{mutex_};
  if (proof_) return;
  proof_ = std::move(proof);
  is_raised_.store(true, std::memory_order_release);
}

void RollbackAlarm::settle() { is_busy_.store(true); }

std::optional<RollbackProof> RollbackAlarm::proof() const {
  const std::lock_guard lock{mutex_};
  return proof_;
}

}  // namespace curfew
