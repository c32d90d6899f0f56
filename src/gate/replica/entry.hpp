// gate/replica/entry.hpp: what a gate is told of the journal, and keeps in its replica.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "model/key.hpp"
#include "model/position.hpp"
#include "model/validity.hpp"

namespace curfew {

// One entry of the journal, or of a snapshot of what it adds up to. Applying is taking the maximum:
// any order, any number of times.
struct ReplicaEntry {
  Key key;
  Effect effect = Effect::reauth;
  Position position;
  TimePoint at{};  // the journal's time
  // Of an unblock: whether another hold is left on the key, which only the server counts. A block
  // always blocks.
  bool is_blocked_after = false;
};

// What a snapshot says of itself. `floor` and before are not in it, and were written at `floor_at`
// or earlier; {generation, 0} with the generation's beginning where it is complete.
struct SnapshotStart {
  Position position;  // everything up to it is in the snapshot
  Position floor;
  TimePoint floor_at{};
  Position newest_stamp;  // as set_newest_stamp() takes it
};

// How long readers may go on. It does not count before the gate has applied `position`, the
// journal's head when it was granted.
struct ReplicaLease {
  Position position;
  std::chrono::nanoseconds boot_end{};  // CLOCK_BOOTTIME: when the request was *sent*, and L
  TimePoint wall_end{};                 // the same moment by the wall clock
};

}  // namespace curfew
