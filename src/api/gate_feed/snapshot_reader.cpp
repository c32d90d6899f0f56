#include "api/gate_feed/snapshot_reader.hpp"

#include <algorithm>
#include <utility>

#include "store/journal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// A page of holds never ends among those of one key.
Result<std::vector<Hold>> holds_after(ReadTx& tx, const TenantId& tenant_id, KeyKind kind,
                                      const std::string& after_id, bool& is_last) {
  Query query;
  query.prefix = keys_of(tenant_id, kind);
  query.above = after_id;
  query.limit = kFeedPageEntries;
  CURFEW_TRY(auto holds, scan_as<Hold>(tx, query));
  is_last = holds.size() < kFeedPageEntries;
  if (is_last) return holds;
  const Key cut{kind, holds.back().key_id};
  std::erase_if(holds, [&](const Hold& hold) { return hold.key_id == cut.id; });
  CURFEW_TRY(const auto whole, holds_on(tx, tenant_id, cut));
  holds.insert(holds.end(), whole.begin(), whole.end());
  return holds;
}

}  // namespace

SnapshotReader::SnapshotReader(Store& store, TenantId tenant_id, ChainMark head, JournalFloor floor)
    : store_(store),
      tenant_id_(std::move(tenant_id)),
      head_(std::move(head)),
      floor_(floor),
      told_(floor.position) {}

Result<std::vector<ReplicaEntry>> SnapshotReader::step() {
  return read_value<std::vector<ReplicaEntry>>(store_, [&](ReadTx& tx) { return step_in(tx); });
}

Result<std::vector<ReplicaEntry>> SnapshotReader::step_in(ReadTx& tx) {
  switch (stage_) {
    case Stage::find_old_blocks: {
      CURFEW_TRY_STATUS(find_old_blocks(tx));
      return std::vector<ReplicaEntry>{};
    }
    case Stage::tell_old_blocks: return tell_old_blocks(tx);
    case Stage::tell_entries: return tell_entries(tx);
    case Stage::done: break;
  }
  return std::vector<ReplicaEntry>{};
}

Status SnapshotReader::find_old_blocks(ReadTx& tx) {
  bool is_last = false;
  CURFEW_TRY(const auto holds, holds_after(tx, tenant_id_, kKeyKinds[kind_], after_id_, is_last));
  for (const Hold& hold : holds) {
    if (hold.position <= floor_.position) old_blocks_.push_back(pack(hold.position));
  }
  if (!is_last) {
    after_id_ = holds.back().key_id;
    return Done{};
  }
  after_id_.clear();
  if (++kind_ < kKeyKinds.size()) return Done{};
  std::ranges::sort(old_blocks_);
  stage_ = Stage::tell_old_blocks;
  return Done{};
}

Result<std::vector<ReplicaEntry>> SnapshotReader::tell_old_blocks(ReadTx& tx) {
  std::vector<ReplicaEntry> told;
  const std::size_t end = std::min(told_blocks_ + kFeedPageEntries, old_blocks_.size());
  for (; told_blocks_ < end; ++told_blocks_) {
    const Position position = unpack_position(old_blocks_[told_blocks_]);
    CURFEW_TRY(const auto entry,
               require<JournalEntry>(tx, "journal entry of a hold", tenant_id_, position));
    told.push_back(to_replica_entry(entry, {}));  // a block, as it was written
  }
  if (told_blocks_ == old_blocks_.size()) {
    old_blocks_ = {};
    stage_ = Stage::tell_entries;
  }
  return told;
}

Result<std::vector<ReplicaEntry>> SnapshotReader::tell_entries(ReadTx& tx) {
  CURFEW_TRY(const JournalPage page, read_journal_after(tx, tenant_id_, told_));
  std::vector<Key> keys;
  for (const ReplicaEntry& entry : page.entries) keys.push_back(entry.key);
  CURFEW_TRY(const auto states, key_states(tx, tenant_id_, keys));
  std::vector<ReplicaEntry> told;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const ReplicaEntry& entry = page.entries[i];
    if (entry.position > head_.position) break;
    told_ = entry.position;
    if (auto shown = as_told_by_snapshot(entry, states[i], head_.position)) {
      told.push_back(*std::move(shown));
    }
  }
  if (page.entries.empty() || told_ >= head_.position) stage_ = Stage::done;
  return told;
}

}  // namespace curfew
