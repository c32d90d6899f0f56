#include "gate/session/logout_watch.hpp"

#include <algorithm>
#include <cstdint>

#include "gate/feed/gate_limits.hpp"
#include "gate/replica/lease.hpp"
#include "gate/session/session_limits.hpp"
#include "model/key.hpp"

namespace curfew {

using namespace std::chrono_literals;

namespace {

bool session_has_ended(const ReplicaView& view, const std::string& sid) {
  if (sid.empty()) return false;
  // A session's id is used once: whatever ended it ended this one.
  const KeyMarks marks = view.find(Key{KeyKind::session, sid});
  return marks.is_blocked || marks.reauth_sequence != 0;
}

// A person's key may have been ended at any time before; one long ago says nothing of today.
bool person_has_ended(const ReplicaView& view, const LogoutToken& token) {
  if (token.sub.empty()) return false;
  const KeyMarks marks = view.find(Key{KeyKind::user, token.sub});
  if (marks.is_blocked) return true;
  const auto before = view.position_before(token.issued_at - session_limits::kLogoutEndedBeforeMax);
  return marks.reauth_sequence > (before ? before->sequence : 0);
}

}  // namespace

// Not at every call: many may look while it is full.
void LogoutWatch::forget_old(std::chrono::nanoseconds now) {
  if (now < none_is_old_before_) return;
  none_is_old_before_ = now + session_limits::kLogoutRememberedFor;
  std::erase_if(first_heard_, [&](const auto& heard) {
    const std::chrono::nanoseconds until = heard.second + session_limits::kLogoutRememberedFor;
    if (until > now) none_is_old_before_ = std::min(none_is_old_before_, until);
    return until <= now;
  });
}

// Nothing: there are too many to remember this one.
std::optional<std::chrono::nanoseconds> LogoutWatch::first_heard(const std::string& name,
                                                                 std::chrono::nanoseconds now) {
  forget_old(now);
  const auto known = first_heard_.find(name);
  if (known != first_heard_.end()) return known->second;
  if (first_heard_.size() >= session_limits::kLogoutsRemembered) return std::nullopt;
  first_heard_.emplace(name, now);
  return now;
}

bool LogoutWatch::is_settled(const ReplicaView& view, const LogoutToken& token,
                             const MachineTime& time) {
  const std::string name = token.sub + "\n" + token.sid;
  const auto heard = first_heard(name, time.since_boot);
  const HeldLease lease{view};
  const std::chrono::nanoseconds newer = heard.value_or(0ns) + gate_limits::kLeaseTimeMax;
  const bool is_current = heard && lease_state(lease, time) == LeaseState::valid &&
                          lease.boot_end_ns > static_cast<std::uint64_t>(newer.count());
  const bool is_settled =
      is_current || session_has_ended(view, token.sid) || person_has_ended(view, token);
  if (is_settled) first_heard_.erase(name);
  return is_settled;
}

}  // namespace curfew
