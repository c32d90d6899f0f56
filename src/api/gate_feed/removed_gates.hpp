// api/gate_feed/removed_gates.hpp: whether a gate that is not there any more may still have leases
// of an earlier life of this server.
//
// A row of a gate goes with the gate, and what the server remembers of its leases goes with the
// process. The audit has the removal in the same transaction, and keeps it: so a server that starts
// reads there whether it has to wait for gates that it does not know.
#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace curfew {

// Far longer than any lease: a clock that was set while the server was down must not hide one.
// What it costs is that a run which is made right after a start waits for what may have been.
inline constexpr Duration kRemovedGatesLookedBack = std::chrono::hours{24};

// Whether a gate was removed, or an application that may have been one, within that time before
// `now`, or after it. True as well where the audit has more of that time than is read.
[[nodiscard]] Result<bool> may_have_removed_gates(ReadTx& tx, const TenantId& tenant_id,
                                                  TimePoint now);

}  // namespace curfew
