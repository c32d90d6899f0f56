// Runs that wait for gates. Each waits for one gate at a time, the first that it lacks: an
// acknowledgement of any other one costs it one comparison, whatever the number of gates, and each
// gate is passed once. All of them together wake it once.
#include <algorithm>
#include <set>
#include <utility>

#include "api/gate_feed/gate_hub.hpp"

namespace curfew {

// Under waiters_mutex_, but for `position`.
struct GateHub::Waiter {
  const Position position;
  std::optional<AppId> held_up_by;  // every gate before it, in the order of ids, is complete
  bool is_held_up_by_unknown = false;
  std::optional<Duration> due;  // since boot
  bool is_woken = false;
  std::function<void(bool)> deliver;

  // What is to be called without the lock.
  std::function<void(bool)> wake() {
    is_woken = true;
    return std::exchange(deliver, nullptr);
  }
};

// Under the lock by which whoever has news finds the waiter: what it does not see yet, it is told.
bool GateHub::holds_up(Waiter& waiter, const AppId& from) {
  waiter.held_up_by = room_.first_open(from, waiter.position, context_.clock.since_boot());
  return waiter.held_up_by || waiter.is_held_up_by_unknown;
}

Task<GatesAt> GateHub::await_gates(Position position, TimePoint deadline, Executor& executor) {
  const auto self = shared_from_this();
  // A lease bounds how long a gate that needs one is waited for, and so any other.
  const Duration answered_by =
      context_.clock.since_boot() + settings_.ledger.lease + settings_.ledger.drift;
  for (;;) {
    const Duration boot_now = context_.clock.since_boot();
    const GatesOutlook outlook = outlook_of_run(position, boot_now);
    const Duration left = deadline - context_.clock.now();
    const bool may_be_answered = outlook.may_be_answered && boot_now < answered_by;
    const bool is_over = outlook.is_complete() || (outlook.is_settled() && !may_be_answered);
    if (is_over || left <= Duration{0}) co_return gates_of_run(position);
    std::optional<Duration> due = outlook.next_end;
    if (may_be_answered) due = std::min(due.value_or(answered_by), answered_by);
    const auto waiter = std::make_shared<Waiter>(
        Waiter{position, {}, outlook.unknown_until.has_value(), due, false, nullptr});
    const Duration until_end = waiter->due.value_or(boot_now + left) - boot_now;
    const Timer timer =
        call_after(context_.runtime, executor, std::min(left, until_end), [self, waiter] {
          std::function<void(bool)> deliver;
          {
            const std::lock_guard lock{self->waiters_mutex_};
            deliver = waiter->wake();
          }
          if (deliver) deliver(true);
        });
    std::function<void(std::function<void(bool)>)> begin =
        [self, waiter](std::function<void(bool)> deliver) {
          {
            const std::lock_guard lock{self->waiters_mutex_};
            if (!waiter->is_woken && self->holds_up(*waiter, {})) {
              waiter->deliver = std::move(deliver);
              self->waiters_.insert(waiter);
              return;
            }
          }
          deliver(true);
        };
    co_await await_callback<bool>(executor, std::move(begin));
    const std::lock_guard lock{waiters_mutex_};
    waiters_.erase(waiter);
  }
}

void GateHub::progressed(const AppId& gate) {
  std::vector<std::function<void(bool)>> woken;
  {
    const std::lock_guard lock{waiters_mutex_};
    for (const auto& waiter : waiters_) {
      if (waiter->held_up_by == gate && !holds_up(*waiter, gate)) woken.push_back(waiter->wake());
    }
  }
  for (const auto& deliver : woken) {
    if (deliver) deliver(true);
  }
}

void GateHub::wake_due(Duration now) {
  std::vector<std::function<void(bool)>> woken;
  {
    const std::lock_guard lock{waiters_mutex_};
    for (const auto& waiter : waiters_) {
      if (waiter->due && *waiter->due <= now) woken.push_back(waiter->wake());
    }
  }
  for (const auto& deliver : woken) {
    if (deliver) deliver(true);
  }
}

}  // namespace curfew
