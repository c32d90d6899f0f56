// api/gate_feed/journal_pages.hpp: the journal as gates are told it, out of the store.
//
// What an entry says of its key's holds is what the transaction sees of them: at the entry or
// later, never earlier. Whatever ended them meanwhile is an entry that comes after.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "gate/replica/entry.hpp"
#include "model/chain_mark.hpp"
#include "model/journal_entry.hpp"
#include "store/store.hpp"

namespace curfew {

// Entries of one message: some milliseconds of an I/O thread.
inline constexpr std::size_t kFeedPageEntries = 1024;
// A clock of ours may have been set back by so much without anybody being let in by it.
inline constexpr Duration kClockSetBackMax = std::chrono::hours{1};

// `state`: of its key, after it.
[[nodiscard]] ReplicaEntry to_replica_entry(const JournalEntry& entry, const Watermark& state);

// An entry of before a snapshot's `position` as the snapshot tells it, by its key's present state:
// nothing where a newer one up to there takes its place.
[[nodiscard]] std::optional<ReplicaEntry> as_told_by_snapshot(ReplicaEntry entry,
                                                              const Watermark& state,
                                                              Position position);

struct JournalPage {
  std::vector<ReplicaEntry> entries;    // the next ones, without a gap
  ChainMark end;                        // of the last; not set where there is none
  bool is_of_newer_generation = false;  // none, because the next one is
};

// At most kFeedPageEntries after `after`, all of its generation.
[[nodiscard]] Result<JournalPage> read_journal_after(ReadTx& tx, const TenantId& tenant_id,
                                                     Position after);

// Up to where a gate may forget what is not blocked: no access token that is older is alive, and
// everything up to `position` was written at `at` or before.
struct JournalFloor {
  Position position;
  TimePoint at{};
};

// Of the generation of `head`. Looks up as many entries as their number has binary digits.
[[nodiscard]] Result<JournalFloor> journal_floor(ReadTx& tx, const TenantId& tenant_id,
                                                 Position head, TimePoint now);

}  // namespace curfew
