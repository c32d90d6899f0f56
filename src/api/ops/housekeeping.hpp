// api/ops/housekeeping.hpp: removes, a little at a time, rows that nothing asks for any more.
//
// The sign-in log grows with every attempt, also a stranger's, and each sign-in leaves a code, a
// session and a grant. What the validity rule or the detection of a replay may still need is never
// removed: the journal, its watermarks and holds and the audit stay; a redeemed code, a device's
// too, stays for as
// long as what was made from it can live, because its second use ends that; a grant for as long as
// an access token of it can live, and the newest of an application that may keep a session of its
// own for as long as that can go on, because reports name it; a session for as long as a grant of
// it is there, because ending the session must end the grant too; a place in a status list for as
// long as anybody may look it up (model/token_status.hpp).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "access/lifetime.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "io/runtime.hpp"
#include "store/store.hpp"

namespace curfew {

// Rows of a kind looked at in one body: bounds its time.
inline constexpr std::size_t kPrunedAtOnce = 200;
inline constexpr Duration kPruneEvery = std::chrono::minutes{1};
inline constexpr Duration kPruneAgainAfter = std::chrono::seconds{1};  // while there is more
// Longer than any access token lives, so also where a code's redemption left no grant.
inline constexpr Duration kCodeKeptAfterExpiry = std::chrono::hours{48};
static_assert(kCodeKeptAfterExpiry > kAccessTokenLifetimeMax);
// A device that goes on asking is told that its code expired; anybody may begin such sign-ins.
inline constexpr Duration kDeviceCodeKeptAfterExpiry = std::chrono::minutes{15};
// Sessions and grants that are over stay for whoever asks what there was.
inline constexpr Duration kEndedKept = std::chrono::hours{24 * 30};

struct PrunePolicy {
  Duration sign_ins_kept = std::chrono::hours{24 * 90};
};

// Where to go on: rows that stay must not hide those behind them. Nothing: from the first.
struct PruneCursor {
  std::optional<TimePoint> codes_after;
  std::optional<TimePoint> device_codes_after;
  std::optional<GrantId> grants_after;
  std::optional<SessionId> sessions_after;
};

struct Pruned {
  std::size_t sign_ins = 0;
  std::size_t codes = 0;
  std::size_t assertions = 0;
  std::size_t pushed = 0;
  std::size_t device_codes = 0;
  std::size_t grants = 0;
  std::size_t sessions = 0;
  std::size_t deleted_users = 0;  // that nobody restored in time
  std::size_t changes = 0;        // of the directory, that were kept long enough
  std::size_t status_places = 0;  // in status lists, of tokens that have expired
  PruneCursor next;
  bool has_more = false;
};

// One bounded part. `cursor`: `next` of the part before.
[[nodiscard]] Result<Pruned> prune_some(WriteTx& tx, const TenantId& tenant_id,
                                        const PrunePolicy& policy, const PruneCursor& cursor,
                                        TimePoint now);

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
