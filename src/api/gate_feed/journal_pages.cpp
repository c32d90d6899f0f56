#include "api/gate_feed/journal_pages.hpp"

#include <utility>

#include "model/lifetime_in_force.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

Result<TimePoint> time_at(ReadTx& tx, const TenantId& tenant_id, Position position) {
  CURFEW_TRY(const JournalEntry entry,
             require<JournalEntry>(tx, "journal entry", tenant_id, position));
  return entry.at;
}

// Only of an unblock the state says something that the entry does not.
Result<Watermark> state_after(ReadTx& tx, const TenantId& tenant_id, const JournalEntry& entry) {
  if (entry.effect != Effect::unblock) return Watermark{};
  const Key keys[] = {entry.key()};
  CURFEW_TRY(const std::vector<Watermark> states, key_states(tx, tenant_id, keys));
  return states.front();
}

}  // namespace

ReplicaEntry to_replica_entry(const JournalEntry& entry, const Watermark& state) {
  const bool is_blocked_after = entry.effect == Effect::unblock && state.hold_count != 0;
  return {entry.key(), entry.effect, entry.position, entry.at, is_blocked_after};
}

std::optional<ReplicaEntry> as_told_by_snapshot(ReplicaEntry entry, const Watermark& state,
                                                Position position) {
  const bool is_reevaluate = entry.effect == Effect::reevaluate;
  const Position newest = is_reevaluate ? state.reevaluate : state.reauth;
  const bool is_replaced = entry.position < newest && newest <= position;
  if (is_replaced || entry.effect == Effect::unblock) return std::nullopt;
  if (!is_reevaluate) entry.effect = state.hold_count != 0 ? Effect::block : Effect::reauth;
  return entry;
}

Result<JournalPage> read_journal_after(ReadTx& tx, const TenantId& tenant_id, Position after) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.above = pack(after);
  query.limit = kFeedPageEntries;
  CURFEW_TRY(const auto entries, scan_as<JournalEntry>(tx, query));
  JournalPage page;
  for (const JournalEntry& entry : entries) {
    if (entry.position.generation != after.generation) {
      page.is_of_newer_generation = page.entries.empty();
      break;
    }
    CURFEW_TRY(const Watermark state, state_after(tx, tenant_id, entry));
    page.entries.push_back(to_replica_entry(entry, state));
    page.end = {entry.position, entry.chain_hash};
  }
  return page;
}

Result<JournalFloor> journal_floor(ReadTx& tx, const TenantId& tenant_id, Position head,
                                   TimePoint now) {
  const TimePoint latest = now - kLifetimeInForceMax;
  const TimePoint cut = latest - kClockSetBackMax;
  JournalFloor floor{{head.generation, 0}, {}};
  if (head.sequence == 0) return floor;
  CURFEW_TRY(const TimePoint began, time_at(tx, tenant_id, {head.generation, 1}));
  if (began > cut) {
    // Of the first generation nothing is missing.
    if (head.generation > 1) floor.at = began;
    return floor;
  }
  std::uint64_t low = 1;  // written at the cut or before
  std::uint64_t high = head.sequence + 1;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    CURFEW_TRY(const TimePoint at, time_at(tx, tenant_id, {head.generation, middle}));
    (at <= cut ? low : high) = middle;
  }
  return JournalFloor{{head.generation, low}, latest};
}

}  // namespace curfew
