#include "gate/replica/lease.hpp"

namespace curfew {

// In the order of the members: with this end by boot time goes its end by the wall clock, or a
// later lease's.
HeldLease::HeldLease(const ReplicaView& view)
    : boot_id{view.fixed().boot_id},
      boot_end_ns{view.lease_boot_end_ns()},
      wall_end_ms{view.lease_wall_end_ms()},
      is_strict{view.is_strict()} {}

LeaseState lease_state(const HeldLease& lease, const MachineTime& time) {
  if (lease.boot_id != time.boot_id) return LeaseState::another_boot;
  const bool is_before_boot_end =
      time.since_boot.count() >= 0 &&
      static_cast<std::uint64_t>(time.since_boot.count()) < lease.boot_end_ns;
  const bool is_before_wall_end = to_unix_millis(time.now) < lease.wall_end_ms;
  return is_before_boot_end && is_before_wall_end ? LeaseState::valid : LeaseState::ended;
}

bool may_judge_by(const HeldLease& lease, const MachineTime& time, LeaseNeed need) {
  switch (lease_state(lease, time)) {
    case LeaseState::valid: return true;
    case LeaseState::ended: return !lease.is_strict && need != LeaseNeed::always;
    case LeaseState::another_boot: return false;
  }
  return false;
}

}  // namespace curfew
