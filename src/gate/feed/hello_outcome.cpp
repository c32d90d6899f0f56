#include "gate/feed/hello_outcome.hpp"

#include <cstdint>

namespace curfew {

namespace {

constexpr std::uint64_t kFirstGeneration = 1;  // there was no fence

bool goes_on(const ChainMark& has, const JournalBesideHello& journal) {
  return has.position.is_set() && has.position.generation == journal.head.generation &&
         has.position >= journal.floor &&
         judge_mark(has, journal.head, journal.hash_at_has) == MarkVerdict::consistent;
}

}  // namespace

HelloOutcome judge_hello(const ChainMark& has, const std::optional<ChainMark>& shown,
                         const JournalBesideHello& journal) {
  if (shown && proves_rollback(*shown, journal.head, journal.hash_at_shown)) {
    return {FeedStart::rollback_proved, false};
  }
  // Whatever it was shown of this generation: it may have been killed before the snapshot came.
  const bool is_of_now = has.position.generation == journal.head.generation;
  return {goes_on(has, journal) ? FeedStart::position : FeedStart::snapshot,
          journal.head.generation > kFirstGeneration && !is_of_now};
}

bool is_lost(const GateBlock& block, const std::optional<ReplicaEntry>& at_position) {
  if (!at_position || at_position->key != block.key) return true;
  const bool was_told_as_block =
      at_position->effect == Effect::reauth && at_position->is_blocked_after;
  return at_position->effect != Effect::block && !was_told_as_block;
}

}  // namespace curfew
