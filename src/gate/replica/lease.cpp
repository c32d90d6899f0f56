#include "gate/replica/lease.hpp"

namespace curfew {

LeaseState lease_state(const ReplicaView& view, const MachineTime& time) {
  if (view.fixed().boot_id != time.boot_id.words) return LeaseState::another_boot;
  // In this order: with this end by boot time goes its end by the wall clock, or a later lease's.
  const std::uint64_t boot_end = view.lease_boot_end_ns();
  const std::int64_t wall_end = view.lease_wall_end_ms();
  const bool is_before_boot_end = time.since_boot.count() >= 0 &&
                                  static_cast<std::uint64_t>(time.since_boot.count()) < boot_end;
  const bool is_before_wall_end = to_unix_millis(time.now) < wall_end;
  return is_before_boot_end && is_before_wall_end ? LeaseState::valid : LeaseState::ended;
}

bool may_judge_by(const ReplicaView& view, const MachineTime& time) {
  switch (lease_state(view, time)) {
    case LeaseState::valid: return true;
    case LeaseState::ended: return !view.is_strict();
    case LeaseState::another_boot: return false;
  }
  return false;
}

}  // namespace curfew
