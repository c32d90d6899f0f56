// Runs that wait for gates. Each waits for one gate at a time, the first that it lacks: an
// acknowledgement of any other one costs it one comparison, whatever the number of gates, and each
// gate is passed once. All of them together wake it once.
#include <algorithm>
#include <utility>

#include "api/gate_feed/gate_hub.hpp"

namespace curfew {

// Under waiters_mutex_, but for `position`.
struct GateHub::Waiter {
  const Position position;
  const bool may_be_answered;       // a word may still end it
  std::optional<AppId> held_up_by;  // every gate before it, in the order of ids, is complete
  bool is_held_up_by_unknown = false;
  const Duration due;  // since boot
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
  const auto open =
      room_.first_open(from, waiter.position, context_.clock.since_boot(), waiter.may_be_answered);
  waiter.held_up_by = open ? std::optional{open->gate} : std::nullopt;
  return open || waiter.is_held_up_by_unknown;
}

Task<GatesAt> GateHub::await_gates(Position position, TimePoint deadline, Executor& executor) {
  const auto self = shared_from_this();
  // A lease bounds how long a gate that needs one is waited for, and so any other.
  const Duration answered_by =
      context_.clock.since_boot() + settings_.ledger.lease + settings_.ledger.drift;
  for (;;) {
    const Duration boot_now = context_.clock.since_boot();
    const bool may_be_answered = boot_now < answered_by;
    const auto open = room_.first_open({}, position, boot_now, may_be_answered);
    const auto unknown_until = room_.unknown_until(boot_now);
    const Duration left = deadline - context_.clock.now();
    const bool is_over = !open && !unknown_until;
    if (is_over || left <= Duration{0}) co_return gates_of_run(position);
    // Nothing ends before the first of them is done, or what is unknown.
    const Duration due = open ? open->until.value_or(answered_by) : *unknown_until;
    const auto waiter = std::make_shared<Waiter>(
        Waiter{position, may_be_answered, {}, unknown_until.has_value(), due, false, nullptr});
    const Duration until_end = due - boot_now;
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
      if (waiter->due <= now) woken.push_back(waiter->wake());
    }
  }
  for (const auto& deliver : woken) {
    if (deliver) deliver(true);
  }
}

}  // namespace curfew
