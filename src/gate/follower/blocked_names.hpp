// gate/follower/blocked_names.hpp: what a gate has as blocked, by name.
//
// A replica has hashes only. A restored server does not know what was blocked after its backup:
// when it was fenced it asks gates for that, else those accounts could sign in anew. Of more than
// the bound the newest stay, for a backup has the old ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "gate/feed/gate_limits.hpp"
#include "gate/feed/message.hpp"
#include "gate/replica/entry.hpp"

namespace curfew {

class BlockedNames {
 public:
  // `most` of 0: none is kept.
  explicit BlockedNames(std::size_t most = gate_limits::kBlocksKeptMax) : most_(most) {}

  // What an earlier process had.
  void restore(std::span<const GateBlock> blocks);
  // Entries that the replica has applied and did not have before. An unblock is never ahead of its
  // turn.
  void apply(std::span<const ReplicaEntry> entries);

  // In step with the replica's own snapshot. Beginning one drops another.
  void begin_snapshot() { building_.clear(); }
  void continue_snapshot(std::span<const ReplicaEntry> part);
  // What is known beyond it, in its generation, stays.
  void finish_snapshot(Position position);

  [[nodiscard]] std::vector<GateBlock> all() const;  // ascending by position
  [[nodiscard]] std::size_t size() const { return blocks_.positions.size(); }
  // Another number after each change: whoever stores all() does so when it has changed.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  // An entry mostly is newer than all: it goes to the end, and no key is there twice.
  struct Blocks {
    std::unordered_map<Key, Position> positions;
    std::map<Position, const Key*> by_position;  // keys in `positions`, which stay where they are

    Blocks() = default;
    Blocks(Blocks&&) = default;
    Blocks& operator=(Blocks&&) = default;
    ~Blocks() = default;
    bool add(const Key& key, Position position, std::size_t most);
    bool remove(const Key& key, Position before);
    void clear();
  };

  std::size_t most_;
  Blocks blocks_;
  Blocks building_;
  std::uint64_t changes_ = 0;
};

}  // namespace curfew
