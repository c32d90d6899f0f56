// api/ssf/settled_signals.hpp: what receivers said of signals, written down; and which steps of
// runs are to look at it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
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

// How far what was settled has been looked at: all of before that moment, and these of it.
struct SettledMark {
  TimePoint at{};
  std::set<std::pair<std::string, std::int64_t>> seen;  // stream and sequence
};

struct StepsToWake {
  std::vector<Step> steps;
  bool has_more = false;  // of what was settled: to be asked for again
};

// Steps at streams that were settled something after the mark: those of runs that may have given
// up. Each settled signal is looked at once, however many there are of one moment; the mark moves
// on where this succeeds. A step that a person closed is not among them.
[[nodiscard]] Result<StepsToWake> steps_to_look_again(ReadTx& tx, const TenantId& tenant_id,
                                                      SettledMark& mark);

}  // namespace curfew
