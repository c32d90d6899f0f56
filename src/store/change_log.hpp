// store/change_log.hpp: reads the log of directory changes, and drops what is old.
//
// Rows are written by store/watched.hpp, and by the journal where it is a person's sessions that
// end. A reader keeps a place: the sequence of the last row that it knows of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/directory_change.hpp"
#include "store/store.hpp"

namespace curfew {

// Appends one row; `change.sequence` is given here.
Status log_change(WriteTx& tx, DirectoryChange change);

// The place after everything that this transaction sees; 0: nothing has ever changed.
[[nodiscard]] Result<std::int64_t> newest_change(ReadTx& tx, const TenantId& tenant_id);

// Whether a reader who is at `place` can go on: nothing after it was dropped, and it is no place of
// a history that is not ours.
[[nodiscard]] Result<bool> can_go_on_from(ReadTx& tx, const TenantId& tenant_id,
                                          std::int64_t place);

// The next rows after `place`, in order.
[[nodiscard]] Result<std::vector<DirectoryChange>> changes_after(ReadTx& tx,
                                                                 const TenantId& tenant_id,
                                                                 std::int64_t place,
                                                                 std::size_t limit);

// Notes where the log is now, once an hour, and drops up to `limit` rows that were there
// kDirectoryChangesKept ago; never the newest row, which says how far the log is. How many.
[[nodiscard]] Result<std::size_t> prune_changes(WriteTx& tx, const TenantId& tenant_id,
                                                TimePoint now, std::size_t limit);

}  // namespace curfew
