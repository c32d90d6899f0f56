// connectors/target_call.hpp: the call that a step of a run makes of its target, within the time of
// the step's order.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "connectors/outside_call.hpp"
#include "connectors/outside_parts.hpp"
#include "connectors/slow_receivers.hpp"

namespace curfew {

// Sends `call` with limits::kTargetCallTimeMax to answer, and not so late that the answer would
// come after `order_deadline`. `target`: by what `slow` knows it; how long it took is noted there.
// What `parts` and `slow` refer to outlives the task. On the executor, and resumes there.
[[nodiscard]] Task<Result<OutsideAnswer>> call_target(const OutsideParts& parts,
                                                      SlowReceivers& slow, std::string target,
                                                      TimePoint order_deadline, OutsideCall call);

}  // namespace curfew
