// revocation/crash_points.hpp: the named places at which a killed server must be able to go on.
//
// Only a build that was configured with CURFEW_CRASH_POINTS can be told to die at one; in any other
// build crash_point() does nothing. A test asks the binary for the list, kills at each, restarts.
#pragma once

#include <span>
#include <string_view>

namespace curfew {

enum class CrashPoint {
  before_cut,             // the request is read and guarded, nothing is written
  inside_cut,             // the body has run, the commit has not
  after_cut,              // durable; the caller has not been told and nothing is driven
  before_save,            // an answer has come, its state is not stored
  after_save,             // stored, its effects have not begun
  before_order,           // the connector is about to be called
  after_order,            // the target has done it, the answer is not processed
  before_restore_commit,  // the undo has run, the commit has not
  after_restore,          // undone and durable, the caller has not been told
};

// The words of the enumeration, in its order; empty unless configured with CURFEW_CRASH_POINTS.
[[nodiscard]] std::span<const std::string_view> crash_points();
[[nodiscard]] std::string_view to_string(CrashPoint point);

// Makes the process die at the `nth` passing of the point (from 1). False: there is no such point.
bool arm_crash_point(std::string_view name, unsigned nth);

// Ends the process as kill -9 does, if this is what was asked.
void crash_point(CrashPoint point);

}  // namespace curfew
