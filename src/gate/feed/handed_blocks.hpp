// gate/feed/handed_blocks.hpp: what a gate hands over to a server of a newer generation, and what
// of it is believed; pure.
//
// The server has the gate's word, and one thing that it signed itself: a head of the journal that
// was lost. So the gate was there, and at most so far. Which keys were blocked on the way nobody
// signed: what is believed is bounded here by positions, and by whoever writes it in number and in
// what it can do (docs/decisions/0019-what-a-gate-may-block-at-a-fence.md).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/result.hpp"
#include "gate/feed/message.hpp"
#include "gate/replica/entry.hpp"
#include "model/chain_mark.hpp"
#include "model/position.hpp"

namespace curfew {

// The parts as they come.
class HandedBlocks {
 public:
  // The next part, of a gate of before `generation`. Error: protocol, of what no honest gate sends:
  // parts that do not follow each other or are too many, positions that do not ascend, are not set,
  // or are of `generation` or later; a key that was named before.
  Status add(const GateBlocks& part, std::uint64_t generation);
  [[nodiscard]] bool is_whole() const { return is_whole_; }
  [[nodiscard]] const std::vector<GateBlock>& all() const { return blocks_; }
  // The same, and nothing is kept.
  [[nodiscard]] std::vector<GateBlock> take();

 private:
  std::vector<GateBlock> blocks_;
  std::set<Key> keys_;
  std::uint32_t next_part_ = 0;
  bool is_whole_ = false;
};

// Whether the head that a gate shows, which our own key signed, is of a journal that a fence has
// left behind: of an earlier generation, and no place of ours.
[[nodiscard]] bool proves_lost_journal(const ChainMark& shown, Position head,
                                       const std::optional<std::string>& hash_at_shown);

// What is proved of the journal that was lost.
struct LostJournal {
  Position shown;          // it went so far, and the gate was there; a few urgent entries further
  Position restored_head;  // where the older database ended when it was fenced
  // The server ran on it first: below restored_head entries of its own may stand where others were
  // lost.
  bool was_written_on = false;
};

enum class BlockClaim {
  known,     // the journal has this very block, or the two journals were one up to there
  lost,      // it is of the journal that was lost
  unproved,  // nothing that we signed says that there was such an entry
};

// `at_position`: the journal's entry there; nothing: there is none. `lost`: nothing where the gate
// has proved nothing.
[[nodiscard]] BlockClaim judge_claim(const GateBlock& block,
                                     const std::optional<ReplicaEntry>& at_position,
                                     const std::optional<LostJournal>& lost);

}  // namespace curfew
