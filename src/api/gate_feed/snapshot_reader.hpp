// api/gate_feed/snapshot_reader.hpp: all that a gate's replica needs, in parts, without ever being
// in memory at once.
//
// The position is read first. Then, ascending by position: the blocks that stand from before the
// floor; every entry between floor and position that no newer one of its key and effect, up to the
// position, takes the place of. Of a key that was written about after the position all of its
// entries are told, because which one was the newest then is not known any more. A reauth of a key
// that is blocked at the moment of reading is told as a block: what changes that later is an entry
// after the position.
//
// Memory: eight bytes for each old block, and one part. One thread at a time; each step is a short
// read of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "api/gate_feed/journal_pages.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "gate/replica/entry.hpp"
#include "model/chain_mark.hpp"
#include "store/store.hpp"

namespace curfew {

class SnapshotReader {
 public:
  // `head`: of a commit that the store has. Its position is set.
  SnapshotReader(Store& store, TenantId tenant_id, ChainMark head, JournalFloor floor);

  [[nodiscard]] const ChainMark& head() const { return head_; }

  // The next entries; possibly none although more follow.
  [[nodiscard]] Result<std::vector<ReplicaEntry>> step();
  // Everything was told.
  [[nodiscard]] bool is_done() const { return stage_ == Stage::done; }

 private:
  enum class Stage { find_old_blocks, tell_old_blocks, tell_entries, done };

  Result<std::vector<ReplicaEntry>> step_in(ReadTx& tx);
  Status find_old_blocks(ReadTx& tx);
  Result<std::vector<ReplicaEntry>> tell_old_blocks(ReadTx& tx);
  Result<std::vector<ReplicaEntry>> tell_entries(ReadTx& tx);

  Store& store_;
  TenantId tenant_id_;
  ChainMark head_;
  JournalFloor floor_;
  Stage stage_ = Stage::find_old_blocks;
  std::size_t kind_ = 0;                  // of kKeyKinds: whose holds are read
  std::string after_id_;                  // of that kind
  std::vector<std::int64_t> old_blocks_;  // packed positions
  std::size_t told_blocks_ = 0;
  Position told_;
};

}  // namespace curfew
