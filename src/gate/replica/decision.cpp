#include "gate/replica/decision.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
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

// Where a look at a file ends: when every word of it that counts was read.
class EndOfLook {
 public:
  // The time is known before, and the file is not asked whether it was superseded meanwhile.
  explicit EndOfLook(TimePoint now) { time_.now = now; }
  EndOfLook(const ReplicaView& view, const ReadTime& read_time)
      : view_(&view), read_time_(&read_time) {}

  TimePoint reached() {
    if (view_ != nullptr) {
      state_ = view_->state();
      time_ = (*read_time_)();  // the clock last
    }
    return time_.now;
  }
  [[nodiscard]] FileState state() const { return state_; }
  [[nodiscard]] const MachineTime& time() const { return time_; }

 private:
  const ReplicaView* view_ = nullptr;
  const ReadTime* read_time_ = nullptr;
  FileState state_ = FileState::superseded;
  MachineTime time_;
};

// `states` has a place for the watermark of each hash.
Verdict judge_with(std::span<Watermark> states, const ReplicaView& view,
                   const CredentialFacts& facts, std::span<const KeyHash> hashes, EndOfLook& end) {
  const JournalReach reach{.floor = view.floor(), .newest = view.newest_stamp()};
  for (const KeyHash& hash : hashes) view.prefetch(hash);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::construct_at(&states[i], watermark_of(view.find(hashes[i]), view.generation()));
  }
  return judge(facts, states, end.reached(), reach);
}

Verdict judge_as_access(const ReplicaView& view, const CredentialFacts& facts,
                        std::span<const KeyHash> hashes, EndOfLook& end) {
  CURFEW_CHECK(facts.credential_class == CredentialClass::access);
  CURFEW_CHECK(facts.keys.size() == hashes.size());
  if (hashes.size() <= kKeysUsual) {
    UnsetWatermarks usual;
    return judge_with(std::span{usual.states}.first(hashes.size()), view, facts, hashes, end);
  }
  std::vector<Watermark> many(hashes.size());
  return judge_with(many, view, facts, hashes, end);
}

Verdict judge_facts(const ReplicaView& view, const CredentialFacts& facts,
                    std::span<const KeyHash> hashes, EndOfLook& end) {
  if (facts.credential_class == CredentialClass::access) {
    return judge_as_access(view, facts, hashes, end);
  }
  CredentialFacts as_access = facts;
  as_access.credential_class = CredentialClass::access;
  return judge_as_access(view, as_access, hashes, end);
}

Verdict judge_facts(const ReplicaView& view, const ForeignFacts& facts,
                    std::span<const KeyHash> hashes, EndOfLook& end) {
  // The positions before the keys: what is applied in between refuses.
  const std::optional<Position> auth_as_of =
      view.position_before(facts.authenticated_at - facts.skew_max);
  const std::optional<Position> as_of = view.position_before(facts.issued_at - facts.skew_max);
  const CredentialFacts stamped{.credential_class = CredentialClass::access,
                                .stamps = {.auth_as_of = auth_as_of.value_or(Position{}),
                                           .as_of = as_of.value_or(Position{})},
                                .expires_at = facts.expires_at,
                                .keys = facts.keys};
  const Verdict verdict = judge_as_access(view, stamped, hashes, end);
  const bool is_forgotten = !facts.keys.empty() && (!auth_as_of || !as_of);
  return is_forgotten ? Verdict::below_floor : verdict;
}

template <typename Facts>
GateDecision decide_on(ReplicaFollower& follower, const Facts& facts, HashedKeys& hashed,
                       const ReadTime& read_time, LeaseNeed need) {
  const auto cannot = [&](std::string why) {
    return GateDecision{std::nullopt, std::move(why), read_time().now, {}};
  };
  bool has_looked_again = false;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const Result<const ReplicaView*> current = follower.current();
    if (!current.ok()) return cannot(current.error().message());
    const ReplicaView& view = **current;
    if (!(hashed.hash_key == view.hash_key()) || hashed.hashes.size() != facts.keys.size()) {
      hashed = hash_keys(view.hash_key(), facts.keys);
    }
    const HeldLease lease{view};
    const ReplicaLook look = view.look();
    EndOfLook end{view, read_time};
    const Verdict verdict = judge_facts(view, facts, hashed.hashes, end);
    // Whatever is applied once a file is superseded goes to the next one only.
    if (end.state() != FileState::serving) continue;
    const Position head = verdict == Verdict::live ? Position{} : view.contiguous();
    GateDecision decision{verdict, {}, end.time().now, head, look};
    if (lease_state(lease, end.time()) == LeaseState::valid) return decision;
    // Where it goes on without one, by the file that has the path: another gate's is not marked.
    const bool is_another = !has_looked_again && follower.look_again();
    if (!is_another && may_judge_by(lease, end.time(), need)) return decision;
    if (has_looked_again) return cannot("the gate's lease has ended");
    has_looked_again = true;
  }
  return cannot("the replica is being replaced");
}

}  // namespace

Verdict judge_by_replica(const ReplicaView& view, const CredentialFacts& facts,
                         std::span<const KeyHash> hashes, TimePoint now) {
  EndOfLook end{now};
  return judge_facts(view, facts, hashes, end);
}

Verdict judge_foreign_by_replica(const ReplicaView& view, const ForeignFacts& facts,
                                 std::span<const KeyHash> hashes, TimePoint now) {
  EndOfLook end{now};
  return judge_facts(view, facts, hashes, end);
}

GateDecision decide(ReplicaFollower& follower, const CredentialFacts& facts, HashedKeys& hashed,
                    const ReadTime& read_time, LeaseNeed need) {
  return decide_on(follower, facts, hashed, read_time, need);
}

GateDecision decide(ReplicaFollower& follower, const ForeignFacts& facts, HashedKeys& hashed,
                    const ReadTime& read_time, LeaseNeed need) {
  return decide_on(follower, facts, hashed, read_time, need);
}

}  // namespace curfew
