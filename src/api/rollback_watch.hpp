// api/rollback_watch.hpp: what the server does about a credential that is ahead of its journal.
//
// The credential itself is refused by the validity rule, at once. Then, on an I/O thread: the head
// is read again in the store; if the journal really ends before the stamp, the alarm is raised
// (store/rollback_alarm.hpp), so that nothing is issued any more, and is logged and stored with an
// audit entry, so that the next start knows it. Taking access away goes on working. Only `curfewd
// fence` ends it; docs/decisions/0007-a-stamp-above-the-head.md says why.
#pragma once

#include "api/context.hpp"

namespace curfew {

// From now on suspicions are looked into. `context` outlives the runtime's threads and the store's
// writer. Before the first request.
void watch_for_rollback(const ServerContext& context);

// One line in the log; at start too, while the proof stands.
void log_rollback(const RollbackProof& proof);

}  // namespace curfew
