// revocation/signals/received_queue.hpp: what sources said and nobody acted on yet; in transactions
// only.
//
// What is kept is kept before its transmitter is told that we have it, and each token once: one
// that comes again is counted and changes nothing, for longer than a token is accepted at all.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/signal_source.hpp"
#include "protocol/ssf/received_token.hpp"
#include "store/store.hpp"

namespace curfew {

// False: it was heard before. `exhausted` (later) where limits::kReceivedPendingMax wait already,
// or limits::kReceivedKeptMax are kept. Saves the source.
[[nodiscard]] Result<bool> keep_received(WriteTx& tx, SignalSource& source,
                                         const ReceivedToken& token, TimePoint now);

// Ends a pending one with the state, effect, person, run and error that are in `signal`, forgets
// the subject as it was sent, counts whose access it ended (source_brake.hpp), and saves both; what
// is settled already stays as it is.
Status settle_received(WriteTx& tx, SignalSource& source, ReceivedSignal signal, TimePoint now);

// Ends all that wait, so many at the most. `due_before`: those alone whose next attempt was due
// before it. How many it was; saves the source.
[[nodiscard]] Result<std::size_t> settle_waiting(WriteTx& tx, SignalSource& source,
                                                 ReceivedState state, const std::string& why,
                                                 std::optional<TimePoint> due_before,
                                                 std::size_t limit, TimePoint now);

// Whose attempt is due first, first; of those of one moment, which came first.
[[nodiscard]] Result<std::vector<ReceivedSignal>> pending_received(ReadTx& tx,
                                                                   const SignalSource& source,
                                                                   std::size_t limit);
// Settled ones about one person since then, the newest first.
[[nodiscard]] Result<std::vector<ReceivedSignal>> received_about(ReadTx& tx,
                                                                 const SignalSource& source,
                                                                 const std::string& user_id,
                                                                 TimePoint since,
                                                                 std::size_t limit);
// The newest first.
[[nodiscard]] Result<std::vector<ReceivedSignal>> newest_received(ReadTx& tx,
                                                                  const SignalSource& source,
                                                                  std::size_t limit);
[[nodiscard]] Result<std::vector<SignalSource>> all_sources(ReadTx& tx, const TenantId& tenant_id);

// The source and what it said that nobody acted on: limits::kReceivedErasedAtOnce of it now, the
// rest by prune_received(). What was settled stays as a record.
Status erase_source(WriteTx& tx, const SignalSource& source);
// All sources of an application that is removed.
Status erase_sources_of(WriteTx& tx, const TenantId& tenant_id, const AppId& app_id);

// Removes records that are older than limits::kReceivedKept, and what waits of sources that are
// gone; ends what has waited for longer than limits::kReceivedAgeMax. So many rows of each at the
// most; how many it was.
[[nodiscard]] Result<std::size_t> prune_received(WriteTx& tx, const TenantId& tenant_id,
                                                 TimePoint now, std::size_t limit);

}  // namespace curfew
