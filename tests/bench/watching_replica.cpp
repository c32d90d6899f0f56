#include "tests/bench/watching_replica.hpp"

#include <algorithm>
#include <utility>

namespace curfew::bench {

Status WatchingReplica::apply(std::span<const ReplicaEntry> entries) {
  for (const ReplicaEntry& entry : entries) {
    const auto place = watch_.place_of(entry.key);
    if (!place) continue;
    Watermark& known = words_[*place];
    known = applied(known, entry.effect, entry.position, entry.at);
    if (entry.effect == Effect::block) known.hold_count = 1;
    if (entry.effect == Effect::unblock) known.hold_count = entry.is_blocked_after ? 1 : 0;
    const auto names = watch_.named_by(*place);
    named_.insert(named_.end(), names.begin(), names.end());
  }
  return Done{};
}

Status WatchingReplica::advance(Position position) {
  contiguous_ = std::max(contiguous_, position);
  return Done{};
}

Status WatchingReplica::begin_snapshot(const SnapshotStart& start) {
  building_ = start;
  return Done{};
}

Status WatchingReplica::finish_snapshot() {
  set_floor(building_.floor);
  return advance(building_.position);
}

bool WatchingReplica::set_lease(const ReplicaLease& lease, Position /*closed_through*/) {
  lease_ = lease;
  return true;
}

void WatchingReplica::set_floor(Position floor) { floor_ = std::max(floor_, floor); }

bool WatchingReplica::has_lease(GateTime now) const {
  return lease_ && std::chrono::nanoseconds{now.boot} < lease_->boot_end &&
         now.wall < lease_->wall_end;
}

Verdict WatchingReplica::verdict(std::size_t credential, TimePoint now) const {
  std::vector<Watermark> states;
  for (const std::size_t place : watch_.places_of(credential)) states.push_back(words_[place]);
  return judge(watch_.credential(credential), states, now, {.floor = floor_});
}

Position WatchingReplica::newest_of(std::size_t credential) const {
  Position newest;
  for (const std::size_t place : watch_.places_of(credential)) {
    newest = std::max({newest, words_[place].reauth, words_[place].reevaluate});
  }
  return newest;
}

std::vector<std::size_t> WatchingReplica::take_named() { return std::exchange(named_, {}); }

}  // namespace curfew::bench
