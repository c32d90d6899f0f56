#include "api/token_status/status_lists.hpp"

#include <algorithm>
#include <utility>

namespace curfew {

namespace {

using Turn = StatusLists::Turn;
using Next = StatusLists::Next;

// Not if the clock was set back meanwhile.
bool is_younger(TimePoint at, Duration age, TimePoint now) { return at <= now && now - at < age; }

bool is_signed(const StatusListCopy& copy, const StatusLists::Asked& asked) {
  return copy.key == asked.key && is_younger(copy.signed_at, kStatusListRenewal, asked.now);
}

bool is_new_enough(const StatusListCopy& copy, const StatusLists::Asked& asked) {
  return copy.head >= asked.head;
}

bool is_computed(const StatusListCopy& copy, const StatusLists::Asked& asked) {
  return is_new_enough(copy, asked) &&
         is_younger(copy.computed_at, kStatusListComputedFor, asked.now);
}

}  // namespace

// A request that has waited, and finds nothing that is new enough, is the first one since: what
// another one computed meanwhile would do for it as well.
Turn StatusLists::begin(const StatusListName& name, const Asked& asked, bool has_waited) {
  const std::lock_guard lock{mutex_};
  if (!entries_.contains(name)) make_room();
  Entry& entry = entries_[name];
  const bool is_true = entry.copy && is_computed(*entry.copy, asked);
  if (is_true && is_signed(*entry.copy, asked)) return {Next::serve, entry.copy, {}, false};
  if (entry.is_busy) return {Next::wait, nullptr, kStatusListLookAgain, false};
  if (is_true) {
    entry.is_busy = true;
    return {Next::sign, entry.copy, {}, false};
  }
  const Duration since = asked.since_boot - entry.computed_at;
  if (entry.was_computed && since < kStatusListEvery && !has_waited) {
    return {Next::wait, nullptr, kStatusListEvery - since, true};
  }
  entry.is_busy = entry.was_computed = true;
  entry.computed_at = asked.since_boot;
  ++computed_count_;
  return {Next::compute, nullptr, {}, false};
}

void StatusLists::finish(const StatusListName& name, Copy copy) {
  const std::lock_guard lock{mutex_};
  Entry& entry = entries_[name];
  entry.is_busy = false;
  if (copy) entry.copy = std::move(copy);
}

std::size_t StatusLists::computed_count() const {
  const std::lock_guard lock{mutex_};
  return computed_count_;
}

void StatusLists::make_room() {
  if (entries_.size() < kStatusListsKept) return;
  const auto idle =
      std::ranges::find_if(entries_, [](const auto& entry) { return !entry.second.is_busy; });
  if (idle != entries_.end()) entries_.erase(idle);
}

}  // namespace curfew
