// api/gate_feed/removed_gates.hpp: whether a gate that is not there any more may still have leases
// of an earlier life of this server.
//
// A row of a gate goes with the gate, and what the server remembers of its leases goes with the
// process. The audit has the removal in the same transaction, and keeps it: so a server that starts
// reads there whether it has to wait for gates that it does not know.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "store/audit.hpp"
#include "store/store.hpp"

namespace curfew {

// Far longer than any lease: a clock that was set while the server was down must not hide one.
// What it costs is that a run which is made right after a start waits for what may have been.
inline constexpr Duration kRemovedGatesLookedBack = std::chrono::hours{24};

struct RemovedGates {
  // Whether a gate was removed, or an application that may have been one, within that time before
  // `now`, or after it. True as well where the audit has more of that time than is read.
  bool may_be_some = false;
  // Display names of those that need no lease (best_effort): where such a one still runs, it goes
  // on until the tokens end, and nobody can reach it. At most kRemovedNamesMax.
  std::vector<std::string> without_lease;
};
inline constexpr std::size_t kRemovedNamesMax = 100;
[[nodiscard]] Result<RemovedGates> read_removed_gates(ReadTx& tx, const TenantId& tenant_id,
                                                      const AuditLog& audit, TimePoint now);

}  // namespace curfew
