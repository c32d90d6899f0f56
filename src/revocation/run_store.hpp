// revocation/run_store.hpp: a run with its steps and paths, to and from rows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "revocation/run_machine.hpp"
#include "store/newest_first.hpp"
#include "store/store.hpp"

namespace curfew {

// Writes everything, and Run::change with it.
Status save_run(WriteTx& tx, const RunData& data);
// Writes only what differs from `stored`. `conflict`: the store holds another change of the run.
Status save_changes(WriteTx& tx, const RunData& stored, const RunData& data);

// `not_found`.
[[nodiscard]] Result<RunData> load_run(ReadTx& tx, const TenantId& tenant_id, const RunId& id);

struct RunQuery {
  std::optional<UserId> subject_id;
  std::optional<RunState> state;
  std::optional<TimePlace> before;  // of the last run of the page before: requested_at and id
  std::size_t limit = 100;
};
// The newest first.
[[nodiscard]] Result<std::vector<Run>> list_runs(ReadTx& tx, const TenantId& tenant_id,
                                                 const RunQuery& query);

// Runs that a start has to go on with: driving or restoring, the oldest first.
[[nodiscard]] Result<std::vector<RunId>> runs_to_drive(ReadTx& tx, const TenantId& tenant_id);

struct DueObservations {
  std::vector<RunId> due;         // at most kSweepMax
  std::optional<TimePoint> next;  // when the next one is due, or now if more are
};
inline constexpr std::size_t kSweepMax = 256;
// Runs with an observation to repeat.
[[nodiscard]] Result<DueObservations> due_observations(ReadTx& tx, const TenantId& tenant_id,
                                                       TimePoint now);

[[nodiscard]] Result<std::optional<Run>> run_by_idempotency_key(ReadTx& tx,
                                                                const TenantId& tenant_id,
                                                                const std::string& key);

}  // namespace curfew
