// api/housekeeping.hpp: removes, a little at a time, rows that nothing asks for any more.
//
// The sign-in log grows with every attempt, also a stranger's, and each sign-in leaves a code. What
// the validity rule or the detection of a replay may still need is never removed: the journal, its
// watermarks and holds, the audit, sessions and grants stay, and a redeemed code stays for as long
// as what was made from it can live, because its second use ends that.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "access/lifetime.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/runtime.hpp"
#include "store/store.hpp"

namespace curfew {

inline constexpr std::size_t kPrunedAtOnce = 200;  // rows of a kind in one body: bounds its time
inline constexpr Duration kPruneEvery = std::chrono::minutes{1};
inline constexpr Duration kPruneAgainAfter = std::chrono::seconds{1};  // while there is more
// Longer than any access token lives, so also where a code's redemption left no grant.
inline constexpr Duration kCodeKeptAfterExpiry = std::chrono::hours{48};
static_assert(kCodeKeptAfterExpiry > kAccessTokenLifetimeMax);

struct PrunePolicy {
  Duration sign_ins_kept = std::chrono::hours{24 * 90};
};

struct Pruned {
  std::size_t sign_ins = 0;
  std::size_t codes = 0;
  // Where to go on among the codes: those that stay must not hide those behind them. Nothing: from
  // the first.
  std::optional<TimePoint> codes_after;
  bool has_more = false;
};

// One bounded part. `codes_after`: of the part before.
[[nodiscard]] Result<Pruned> prune_some(WriteTx& tx, const TenantId& tenant_id,
                                        const PrunePolicy& policy,
                                        std::optional<TimePoint> codes_after, TimePoint now);

struct HousekeepingParts {
  TenantId tenant_id;
  Store& store;
  const Clock& clock;
  Runtime& runtime;
  PrunePolicy policy;
};

// From now on, part after part, each a normal write that waits its turn; ends with the runtime. The
// parts outlive the runtime's threads and the store's writer.
void start_housekeeping(const HousekeepingParts& parts);

}  // namespace curfew
