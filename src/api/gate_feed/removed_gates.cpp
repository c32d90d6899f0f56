#include "api/gate_feed/removed_gates.hpp"

#include <algorithm>

#include "store/schema_runs.hpp"

namespace curfew {

namespace {

constexpr std::size_t kEntriesRead = 1'000;
constexpr int kPagesRead = 20;

bool removes_gate(const AuditEntry& entry) {
  return entry.action == "gate.remove" || entry.action == "app.remove";
}

}  // namespace

Result<bool> may_have_removed_gates(ReadTx& tx, const TenantId& tenant_id, TimePoint now) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.descending = true;
  query.limit = kEntriesRead;
  for (int page = 0; page < kPagesRead; ++page) {
    CURFEW_TRY(const auto entries, scan_as<AuditEntry>(tx, query));
    if (std::ranges::any_of(entries, [&](const AuditEntry& entry) {
          return removes_gate(entry) && entry.at + kRemovedGatesLookedBack >= now;
        })) {
      return true;
    }
    const bool is_all =
        entries.size() < kEntriesRead || entries.back().at + kRemovedGatesLookedBack < now;
    if (is_all) return false;
    query.below = static_cast<std::int64_t>(entries.back().sequence);
  }
  return true;
}

}  // namespace curfew
