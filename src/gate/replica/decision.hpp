// gate/replica/decision.hpp: from keys to what judge() takes, by a replica.
//
// A replica adds up to the same verdict as the whole journal, or refuses more: what it has
// forgotten is below_floor, what is of an older generation is revoked, and a gate judges everything
// as an access token, because a pruned replica cannot judge what lives longer.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "gate/replica/lease.hpp"
#include "gate/replica/machine_time.hpp"
#include "gate/replica/reader.hpp"
#include "gate/replica/view.hpp"
#include "model/validity.hpp"

namespace curfew {

// `hashes` holds the hash of facts.keys[i] at i, made with the view's hash key; checked is only the
// number. `now` is for expiry alone.
[[nodiscard]] Verdict judge_by_replica(const ReplicaView& view, const CredentialFacts& facts,
                                       std::span<const KeyHash> hashes, TimePoint now);

// A token of another issuer: it has times instead of stamps.
struct ForeignFacts {
  TimePoint authenticated_at{};  // `auth_time`, or `iat` where there is none
  TimePoint issued_at{};         // `iat`
  TimePoint expires_at{};
  Duration skew_max{};  // how far the issuer's clock may be ahead
  std::vector<Key> keys;
};

// As if it were stamped with the last position that is certainly before its times, less the skew:
// an entry of the same millisecond or of the second around it refuses.
[[nodiscard]] Verdict judge_foreign_by_replica(const ReplicaView& view, const ForeignFacts& facts,
                                               std::span<const KeyHash> hashes, TimePoint now);

// What a reader answers. Nothing but `verdict` live lets a request through; where there is none,
// the gate itself may not judge (503).
struct GateDecision {
  std::optional<Verdict> verdict;
  std::string why_not;  // for an operator; empty where there is a verdict
  TimePoint as_of{};    // when that was so, by the wall clock
  Position head{};      // and up to which position every entry was known, where it is not live
  ReplicaLook look{};   // what it was judged by, where there is a verdict

  [[nodiscard]] bool is_live() const { return verdict == Verdict::live; }
};

// Reads the clocks: machine_time().
using ReadTime = std::function<MachineTime()>;

// Judges by the file that the path names, if the lease allows it, and again if that file was
// superseded meanwhile. `hashed` are kept by the caller beside the facts: they are made anew when
// the file has another hash key. The time is read once, last of all, for expiry and the lease: a
// decision is as of that moment.
[[nodiscard]] GateDecision decide(ReplicaFollower& follower, const CredentialFacts& facts,
                                  HashedKeys& hashed, const ReadTime& read_time,
                                  LeaseNeed need = LeaseNeed::as_the_gate);
[[nodiscard]] GateDecision decide(ReplicaFollower& follower, const ForeignFacts& facts,
                                  HashedKeys& hashed, const ReadTime& read_time,
                                  LeaseNeed need = LeaseNeed::as_the_gate);

}  // namespace curfew
