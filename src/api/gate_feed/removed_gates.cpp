#include "api/gate_feed/removed_gates.hpp"

#include <cstdint>

#include "model/gate.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

constexpr std::size_t kEntriesRead = 1'000;
constexpr int kPagesRead = 20;

bool removes_gate(const AuditEntry& entry) {
  return entry.action == "gate.remove" || entry.action == "app.remove";
}

// Adds the name of a gate that was best effort.
Status note_name(ReadTx& tx, const AuditLog& audit, const AuditEntry& entry, RemovedGates& out) {
  if (out.without_lease.size() >= kRemovedNamesMax) return Done{};
  CURFEW_TRY(const auto records, audit.read(tx, {.before = entry.sequence + 1, .limit = 1}));
  for (const AuditRecord& record : records) {
    if (record.detail != to_string(GateMode::best_effort)) continue;
    out.without_lease.push_back(record.subject_name.empty() ? record.subject_id
                                                            : record.subject_name);
  }
  return Done{};
}

}  // namespace

Result<RemovedGates> read_removed_gates(ReadTx& tx, const TenantId& tenant_id,
                                        const AuditLog& audit, TimePoint now) {
  RemovedGates found;
  Query query;
  query.prefix = keys_of(tenant_id);
  query.descending = true;
  query.limit = kEntriesRead;
  for (int page = 0; page < kPagesRead; ++page) {
    CURFEW_TRY(const auto entries, scan_as<AuditEntry>(tx, query));
    for (const AuditEntry& entry : entries) {
      if (!removes_gate(entry) || entry.at + kRemovedGatesLookedBack < now) continue;
      found.may_be_some = true;
      CURFEW_TRY_STATUS(note_name(tx, audit, entry, found));
    }
    const bool is_all =
        entries.size() < kEntriesRead || entries.back().at + kRemovedGatesLookedBack < now;
    if (is_all) return found;
    query.below = static_cast<std::int64_t>(entries.back().sequence);
  }
  found.may_be_some = true;
  return found;
}

}  // namespace curfew
