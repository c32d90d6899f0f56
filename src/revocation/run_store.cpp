#include "revocation/run_store.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "store/schema_runs.hpp"

namespace curfew {

namespace {

// Writes the rows that are new or differ.
template <typename T>
Status save_rows(WriteTx& tx, const std::vector<std::type_identity_t<T>>& stored,
                 const std::vector<T>& now) {
  for (std::size_t at = 0; at < now.size(); ++at) {
    const Row row = to_row(now[at]);
    if (at < stored.size() && to_row(stored[at]) == row) continue;
    CURFEW_TRY_STATUS(tx.put(table_of<T>(), row));
  }
  return Done{};
}

template <typename T>
Result<std::vector<T>> rows_of(ReadTx& tx, const TenantId& tenant_id, const RunId& id) {
  Query query;
  query.prefix = keys_of(tenant_id, id);
  return scan_as<T>(tx, query);  // no limit: a plan is bounded by revocation/facts.hpp
}

}  // namespace

Status save_run(WriteTx& tx, const RunData& data) {
  CURFEW_TRY_STATUS(save(tx, data.run));
  CURFEW_TRY_STATUS(save_rows(tx, {}, data.steps));
  return save_rows(tx, {}, data.paths);
}

Status save_changes(WriteTx& tx, const RunData& stored, const RunData& data) {
  CURFEW_TRY(const Run now, require<Run>(tx, "such run", stored.run.tenant_id, stored.run.id));
  if (now.change != stored.run.change) {
    return Error::transient(ErrorCode::conflict, "the run has been changed meanwhile");
  }
  CURFEW_TRY_STATUS(save(tx, data.run));
  CURFEW_TRY_STATUS(save_rows(tx, stored.steps, data.steps));
  return save_rows(tx, stored.paths, data.paths);
}

Result<RunData> load_run(ReadTx& tx, const TenantId& tenant_id, const RunId& id) {
  RunData data;
  CURFEW_TRY(data.run, require<Run>(tx, "such run", tenant_id, id));
  CURFEW_TRY(data.steps, rows_of<Step>(tx, tenant_id, id));
  CURFEW_TRY(data.paths, rows_of<AccessPath>(tx, tenant_id, id));
  return data;
}

Result<std::vector<Run>> list_runs(ReadTx& tx, const TenantId& tenant_id, const RunQuery& query) {
  Query rows;
  if (query.subject_id) {
    rows.index = "runs_by_subject";
    rows.prefix = keys_of(tenant_id, *query.subject_id);
  } else if (query.state) {
    rows.index = "runs_by_state";
    rows.prefix = keys_of(tenant_id, *query.state);
  } else {
    rows.index = "runs_by_time";
    rows.prefix = keys_of(tenant_id);
  }
  rows.limit = query.limit;
  CURFEW_TRY(auto runs, scan_newest_first<Run>(tx, rows, query.before));
  if (query.subject_id && query.state) {
    std::erase_if(runs, [&](const Run& run) { return run.state != *query.state; });
  }
  return runs;
}

Result<std::vector<RunId>> runs_to_drive(ReadTx& tx, const TenantId& tenant_id) {
  std::vector<RunId> ids;
  for (const RunState state : {RunState::driving, RunState::restoring}) {
    Query query;
    query.index = "runs_by_state";
    query.prefix = keys_of(tenant_id, state);
    CURFEW_TRY(const auto runs, scan_as<Run>(tx, query));  // no limit: none may be forgotten
    for (const Run& run : runs) ids.push_back(run.id);
  }
  return ids;
}

Result<DueObservations> due_observations(ReadTx& tx, const TenantId& tenant_id, TimePoint now) {
  Query query;
  query.index = "runs_by_observation";
  query.prefix = keys_of(tenant_id);
  query.above = std::int64_t{0};  // not the runs that have none
  query.limit = kSweepMax + 1;
  CURFEW_TRY(const auto runs, scan_as<Run>(tx, query));
  DueObservations found;
  for (const Run& run : runs) {
    if (*run.observe_again_at > now || found.due.size() == kSweepMax) {
      found.next = std::max(now, *run.observe_again_at);
      break;
    }
    found.due.push_back(run.id);
  }
  return found;
}

Result<std::optional<Run>> run_by_idempotency_key(ReadTx& tx, const TenantId& tenant_id,
                                                  const std::string& key) {
  Query query;
  query.index = "runs_by_idempotency_key";
  query.prefix = keys_of(tenant_id, key);
  query.limit = 1;
  CURFEW_TRY(auto runs, scan_as<Run>(tx, query));
  if (runs.empty()) return std::optional<Run>{};
  return std::optional{std::move(runs.front())};
}

}  // namespace curfew
