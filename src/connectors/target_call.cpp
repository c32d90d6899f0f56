#include "connectors/target_call.hpp"

#include <utility>

#include "base/target_limits.hpp"

namespace curfew {

Task<Result<OutsideAnswer>> call_target(const OutsideParts& parts, SlowReceivers& slow,
                                        std::string target, TimePoint order_deadline,
                                        OutsideCall call) {
  call.deadline = limits::kTargetCallTimeMax;
  call.not_after = order_deadline - limits::kTargetCallTimeMax;
  call.is_slow = slow.contains(target);
  const Duration began = parts.clock.since_boot();
  const Result<OutsideAnswer> answer =
      co_await call_outside(parts.post, parts.executor, std::move(call));
  slow.note(target, parts.clock.since_boot() - began);
  co_return answer;
}

}  // namespace curfew
