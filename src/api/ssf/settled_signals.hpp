// api/ssf/settled_signals.hpp: what receivers said of signals, written down; and which steps of
// runs are to look at it.
#pragma once

#include <string>
#include <vector>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/run.hpp"
#include "model/signal_stream.hpp"
#include "store/store.hpp"

namespace curfew {

struct SettledSignal {
  std::string jti;
  SignalState state = SignalState::acknowledged;
  std::string why;
};

// Of this stream, as it is there; unknown and settled ones are passed over (RFC 8936 2.4).
Status settle_signals(WriteTx& tx, const ServerContext& context, SignalStream& stream,
                      const std::vector<SettledSignal>& settled);

// Steps at streams that were settled something since then, newest last: those of runs that may have
// given up. `since` moves on. One that a person closed is not among them.
[[nodiscard]] Result<std::vector<Step>> steps_to_look_again(ReadTx& tx, const TenantId& tenant_id,
                                                            TimePoint& since);

}  // namespace curfew
