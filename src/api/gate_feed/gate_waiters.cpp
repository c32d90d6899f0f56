// Runs that wait for gates. Each knows which gates it lacks, so that an acknowledgement costs it
// one look, and all of them together wake it once.
#include <algorithm>
#include <set>
#include <utility>

#include "api/gate_feed/gate_hub.hpp"

namespace curfew {

// Under waiters_mutex_, but for `position`.
struct GateHub::Waiter {
  const Position position;
  std::optional<std::set<AppId>> open;  // nothing: not known yet, so that anything counts
  std::optional<Duration> due;          // since boot
  bool is_woken = false;
  std::function<void(bool)> deliver;

  // What is to be called without the lock.
  std::function<void(bool)> wake() {
    is_woken = true;
    return std::exchange(deliver, nullptr);
  }
};

Task<GatesAt> GateHub::await_gates(Position position, TimePoint deadline, Executor& executor) {
  const auto self = shared_from_this();
  for (;;) {
    const auto waiter = std::make_shared<Waiter>(Waiter{position, {}, {}, false, nullptr});
    {
      const std::lock_guard lock{waiters_mutex_};
      waiters_.insert(waiter);
    }
    // Looked at after whoever has news knows of the waiter.
    const Duration boot_now = context_.clock.since_boot();
    const GatesAt at = room_.gates_at(position, boot_now);
    const Duration left = deadline - context_.clock.now();
    const bool is_over = at.is_settled() || left <= Duration{0};
    if (!is_over) {
      const Duration until_end = at.next_end().value_or(boot_now + left) - boot_now;
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
          [self, waiter, &at](std::function<void(bool)> deliver) {
            {
              const std::lock_guard lock{self->waiters_mutex_};
              std::set<AppId>& open = waiter->open.emplace();
              for (const OpenGate& gate : at.open) open.insert(gate.gate);
              waiter->due = at.next_end();
              if (!waiter->is_woken) {
                waiter->deliver = std::move(deliver);
                return;
              }
            }
            deliver(true);
          };
      co_await await_callback<bool>(executor, std::move(begin));
    }
    {
      const std::lock_guard lock{waiters_mutex_};
      waiters_.erase(waiter);
    }
    if (is_over) co_return at;
  }
}

void GateHub::progressed(const AppId& gate) {
  const Duration now = context_.clock.since_boot();
  std::vector<std::function<void(bool)>> woken;
  {
    const std::lock_guard lock{waiters_mutex_};
    for (const auto& waiter : waiters_) {
      if (waiter->open) {
        const auto found = waiter->open->find(gate);
        if (found == waiter->open->end()) continue;
        if (!room_.completeness(gate, waiter->position, now).is_complete) continue;
        waiter->open->erase(found);
        if (!waiter->open->empty()) continue;
      }
      woken.push_back(waiter->wake());
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
