#include "gate/feed/handed_blocks.hpp"

#include <string>
#include <utility>

#include "base/fence_limits.hpp"
#include "gate/feed/gate_limits.hpp"
#include "gate/feed/hello_outcome.hpp"

namespace curfew {

namespace {

Error broke(std::string message) {
  return Error::permanent(ErrorCode::protocol, std::move(message));
}

// What was urgent came before the head that would prove it.
Position reach_of(Position shown) {
  return {shown.generation, shown.sequence + gate_limits::kUrgentAheadMax};
}

// Positions compare over generations, and a fence of the lost journal hides how long the one before
// it was: in between any number could be named.
bool is_within_reach(Position position, const LostJournal& lost) {
  if (position > reach_of(lost.shown)) return false;
  const Position& restored = lost.restored_head;
  const bool is_bounded = position.generation == lost.shown.generation || position <= restored;
  if (is_bounded || !restored.is_set()) return true;
  return position.generation == restored.generation &&
         position.sequence <= restored.sequence + limits::kLostEntriesMax;
}

}  // namespace

Status HandedBlocks::add(const GateBlocks& part, std::uint64_t generation) {
  if (is_whole_ || part.part != next_part_ || part.part >= gate_limits::kBlockPartsMax) {
    return broke("a part of the gate's blocks is missing, or too many come");
  }
  for (const GateBlock& block : part.blocks) {
    const Position before = blocks_.empty() ? Position{} : blocks_.back().position;
    if (block.position <= before) return broke("the gate's blocks are not in their order");
    if (block.position.generation >= generation) {
      return broke("the gate hands over blocks that this journal told it");
    }
    if (!keys_.insert(block.key).second) return broke("the gate hands over a key twice");
    blocks_.push_back(block);
  }
  ++next_part_;
  is_whole_ = part.is_last;
  return Done{};
}

std::vector<GateBlock> HandedBlocks::take() {
  keys_.clear();
  return std::exchange(blocks_, {});
}

bool proves_lost_journal(const ChainMark& shown, Position head,
                         const std::optional<std::string>& hash_at_shown) {
  return shown.position.is_set() && shown.position.generation < head.generation &&
         judge_mark(shown, head, hash_at_shown) != MarkVerdict::consistent;
}

BlockClaim judge_claim(const GateBlock& block, const std::optional<ReplicaEntry>& at_position,
                       const std::optional<LostJournal>& lost) {
  if (!is_lost(block, at_position)) return BlockClaim::known;
  if (!lost) return BlockClaim::unproved;
  const bool is_beyond = block.position > lost->restored_head;
  if (!is_beyond && !lost->was_written_on) return BlockClaim::known;
  return is_within_reach(block.position, *lost) ? BlockClaim::lost : BlockClaim::unproved;
}

}  // namespace curfew
