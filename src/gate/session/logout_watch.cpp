#include "gate/session/logout_watch.hpp"

#include <cstdint>

#include "gate/feed/gate_limits.hpp"
#include "gate/replica/lease.hpp"
#include "gate/session/session_limits.hpp"
#include "model/key.hpp"

namespace curfew {

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

bool LogoutWatch::is_settled(const ReplicaView& view, const LogoutToken& token,
                             const MachineTime& time) {
  const std::string name = token.sub + "\n" + token.sid;
  if (first_heard_.size() >= session_limits::kLogoutsRemembered && !first_heard_.contains(name)) {
    first_heard_.clear();  // whoever is forgotten is asked for once more
  }
  const auto heard = first_heard_.try_emplace(name, time.since_boot).first->second;
  const HeldLease lease{view};
  const std::chrono::nanoseconds newer = heard + gate_limits::kLeaseTimeMax;
  const bool is_current = lease_state(lease, time) == LeaseState::valid &&
                          lease.boot_end_ns > static_cast<std::uint64_t>(newer.count());
  const bool is_settled =
      is_current || session_has_ended(view, token.sid) || person_has_ended(view, token);
  if (is_settled) first_heard_.erase(name);
  return is_settled;
}

}  // namespace curfew
