#include "gate/replica/decision.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <vector>

#include "base/check.hpp"

namespace curfew {

using namespace replica;

namespace {

constexpr std::size_t kKeysUsual = 16;  // more of them cost an allocation
constexpr int kTriesMax = 4;

Watermark watermark_of(const KeyMarks& state, std::uint64_t generation) {
  // Sequence 0 is older than every stamp of this generation, and newer than any before.
  return Watermark{Position{generation, state.reauth_sequence},
                   {},
                   Position{generation, state.reevaluate_sequence},
                   {},
                   state.is_blocked ? 1U : 0U};
}

// Not cleared: that would take as long as looking the keys up.
union UnsetWatermarks {
  UnsetWatermarks() {}
  std::array<Watermark, kKeysUsual> states;
};
static_assert(std::is_trivially_destructible_v<Watermark>);

// Calls `use` with the watermark of each hash.
template <typename Use>
auto with_watermarks(const ReplicaView& view, std::span<const KeyHash> hashes, Use use) {
  for (const KeyHash& hash : hashes) view.prefetch(hash);
  const auto look_up = [&](std::span<Watermark> states) {
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      std::construct_at(&states[i], watermark_of(view.find(hashes[i]), view.generation()));
    }
    return use(std::span<const Watermark>{states});
  };
  if (hashes.size() <= kKeysUsual) {
    UnsetWatermarks usual;
    return look_up(std::span{usual.states}.first(hashes.size()));
  }
  std::vector<Watermark> many(hashes.size());
  return look_up(many);
}

Verdict judge_as_access(const ReplicaView& view, const CredentialFacts& facts,
                        std::span<const KeyHash> hashes, TimePoint now) {
  CURFEW_CHECK(facts.credential_class == CredentialClass::access);
  const JournalReach reach{.floor = view.floor(), .newest = view.newest_stamp()};
  return with_watermarks(view, hashes, [&](std::span<const Watermark> states) {
    return judge(facts, states, now, reach);
  });
}

// `judge_with` judges by one view and the time.
template <typename JudgeWith>
GateDecision decide_with(ReplicaFollower& follower, const std::vector<Key>& keys,
                         HashedKeys& hashed, const ReadTime& read_time, LeaseNeed need,
                         JudgeWith judge_with) {
  bool has_looked_again = false;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const Result<const ReplicaView*> current = follower.current();
    if (!current.ok()) return {std::nullopt, current.error().message()};
    const ReplicaView& view = **current;
    if (!(hashed.hash_key == view.hash_key()) || hashed.hashes.size() != keys.size()) {
      hashed = hash_keys(view.hash_key(), keys);
    }
    const HeldLease lease{view};
    const Verdict verdict =
        judge_with(view, std::span<const KeyHash>{hashed.hashes}, read_time().now);
    // Whatever is applied once a file is superseded goes to the next one only.
    if (view.state() != FileState::serving) continue;
    if (may_judge_by(lease, read_time(), need)) return {verdict, {}};
    if (has_looked_again) return {std::nullopt, "the gate's lease has ended"};
    follower.look_again();
    has_looked_again = true;
  }
  return {std::nullopt, "the replica is being replaced"};
}

}  // namespace

Verdict judge_by_replica(const ReplicaView& view, const CredentialFacts& facts,
                         std::span<const KeyHash> hashes, TimePoint now) {
  CURFEW_CHECK(facts.keys.size() == hashes.size());
  if (facts.credential_class == CredentialClass::access) {
    return judge_as_access(view, facts, hashes, now);
  }
  CredentialFacts as_access = facts;
  as_access.credential_class = CredentialClass::access;
  return judge_as_access(view, as_access, hashes, now);
}

Verdict judge_foreign_by_replica(const ReplicaView& view, const ForeignFacts& facts,
                                 std::span<const KeyHash> hashes, TimePoint now) {
  CURFEW_CHECK(facts.keys.size() == hashes.size());
  // The positions before the keys: what is applied in between refuses.
  const std::optional<Position> auth_as_of =
      view.position_before(facts.authenticated_at - facts.skew_max);
  const std::optional<Position> as_of = view.position_before(facts.issued_at - facts.skew_max);
  if (facts.keys.empty()) return Verdict::unstamped;
  if (!auth_as_of || !as_of) return Verdict::below_floor;
  const CredentialFacts stamped{.credential_class = CredentialClass::access,
                                .stamps = {.auth_as_of = *auth_as_of, .as_of = *as_of},
                                .expires_at = facts.expires_at,
                                .keys = facts.keys};
  return judge_as_access(view, stamped, hashes, now);
}

GateDecision decide(ReplicaFollower& follower, const CredentialFacts& facts, HashedKeys& hashed,
                    const ReadTime& read_time, LeaseNeed need) {
  return decide_with(follower, facts.keys, hashed, read_time, need,
                     [&](const ReplicaView& view, std::span<const KeyHash> hashes, TimePoint now) {
                       return judge_by_replica(view, facts, hashes, now);
                     });
}

GateDecision decide(ReplicaFollower& follower, const ForeignFacts& facts, HashedKeys& hashed,
                    const ReadTime& read_time, LeaseNeed need) {
  return decide_with(follower, facts.keys, hashed, read_time, need,
                     [&](const ReplicaView& view, std::span<const KeyHash> hashes, TimePoint now) {
                       return judge_foreign_by_replica(view, facts, hashes, now);
                     });
}

}  // namespace curfew
