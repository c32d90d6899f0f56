// revocation/signal_steps.hpp: the steps of a plan at the receivers of shared signals.
//
// No access path: what a receiver lets go on is its own to know, and a fact that it was told ends
// nothing by itself. The cut queues (revocation/access_signals.hpp); whether it arrived is what the
// step finds out, by a connector of this name.
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "revocation/plan.hpp"
#include "store/store.hpp"

namespace curfew {

inline constexpr std::string_view kSignalsConnector = "signals.stream";

// One for each stream that will hear of it, after the plan's own steps.
Status add_signal_steps(ReadTx& tx, const TenantId& tenant_id, const RunId& run_id, Plan& plan);

}  // namespace curfew
