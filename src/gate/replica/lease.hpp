// gate/replica/lease.hpp: whether a replica may still be believed; pure, clocks are arguments.
//
// A lease ends by CLOCK_BOOTTIME, which nobody can set back and which counts a suspended machine,
// and by the wall clock, for a virtual machine that was stopped without knowing. It is of one start
// of the machine.
#pragma once

#include <cstdint>

#include "gate/replica/machine_time.hpp"
#include "gate/replica/view.hpp"

namespace curfew {

// The lease as the file has it. Read before the keys are looked up, and held against a clock that
// is read after that: else somebody who was paused in between judges by words of before an entry
// and a lease, or a time, of another moment (docs/gate-protocol.md, Readers).
struct HeldLease {
  explicit HeldLease(const ReplicaView& view);

  BootId boot_id;
  std::uint64_t boot_end_ns = 0;
  std::int64_t wall_end_ms = 0;
  bool is_strict = true;
};

enum class LeaseState : std::uint8_t {
  valid,
  ended,         // or none was given
  another_boot,  // the file is of another start of the machine
};

[[nodiscard]] LeaseState lease_state(const HeldLease& lease, const MachineTime& time);

// What whoever asks makes of the gate's mode: as it is, or strict at a best-effort gate too. There
// is no third: a reader never makes a strict gate looser (docs/decisions/0021).
enum class LeaseNeed : std::uint8_t { as_the_gate, always };

// Whether the file may be judged by at all: a valid lease, or best effort on the machine's own
// file, where that is enough.
[[nodiscard]] bool may_judge_by(const HeldLease& lease, const MachineTime& time,
                                LeaseNeed need = LeaseNeed::as_the_gate);

}  // namespace curfew
