// revocation/signals/received_queue.hpp: what sources said and nobody acted on yet; in transactions
// only.
//
// What is kept is kept before its transmitter is told that we have it, and each token once: one
// that comes again is counted and changes nothing, for longer than a token is accepted at all.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/signal_source.hpp"
#include "protocol/ssf/received_token.hpp"
#include "store/store.hpp"

namespace curfew {

// False: it was heard before. `exhausted` (later) where limits::kReceivedPendingMax wait already.
// Saves the source.
[[nodiscard]] Result<bool> keep_received(WriteTx& tx, SignalSource& source,
                                         const ReceivedToken& token, TimePoint now);

// Ends a pending one with the state, effect, person, run and error that are in `signal`, forgets
// the subject as it was sent, and saves both; what is settled already stays as it is.
Status settle_received(WriteTx& tx, SignalSource& source, ReceivedSignal signal, TimePoint now);

// In the order in which they came.
[[nodiscard]] Result<std::vector<ReceivedSignal>> pending_received(ReadTx& tx,
                                                                   const SignalSource& source,
                                                                   std::size_t limit);
// The newest first.
[[nodiscard]] Result<std::vector<ReceivedSignal>> newest_received(ReadTx& tx,
                                                                  const SignalSource& source,
                                                                  std::size_t limit);
[[nodiscard]] Result<std::vector<SignalSource>> all_sources(ReadTx& tx, const TenantId& tenant_id);

// The source and what it said that nobody acted on; what was settled stays as a record.
Status erase_source(WriteTx& tx, const SignalSource& source);
// All sources of an application that is removed.
Status erase_sources_of(WriteTx& tx, const TenantId& tenant_id, const AppId& app_id);

// Removes records that are older than limits::kReceivedKept. So many rows at the most; how many it
// was.
[[nodiscard]] Result<std::size_t> prune_received(WriteTx& tx, const TenantId& tenant_id,
                                                 TimePoint now, std::size_t limit);

}  // namespace curfew
