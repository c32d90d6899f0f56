#include "revocation/signals/own_txn.hpp"

#include <string_view>

#include "model/journal_entry.hpp"
#include "model/run.hpp"
#include "store/schema.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

std::string prefix_of(const TenantId& tenant_id) { return "journal:" + tenant_id.str() + ":"; }

std::optional<OwnIncident> incident_of(const Run& run, const UserId& user_id) {
  if (run.subject_id != user_id) return std::nullopt;
  return OwnIncident{
      run.mode == RunMode::revoke ? SignalEffect::disable : SignalEffect::revoke_sessions,
      run.id.str()};
}

std::optional<OwnIncident> incident_of(const JournalEntry& entry, const UserId& user_id) {
  const bool is_of_person = entry.key_kind == KeyKind::user;
  if (is_of_person && entry.key_id != user_id.str()) return std::nullopt;
  const bool disables = is_of_person && entry.effect == Effect::block;
  return OwnIncident{disables ? SignalEffect::disable : SignalEffect::revoke_sessions, ""};
}

}  // namespace

std::string txn_of_act(const TenantId& tenant_id, Position position) {
  return prefix_of(tenant_id) + to_string(position);
}

Result<std::optional<OwnIncident>> own_incident(ReadTx& tx, const TenantId& tenant_id,
                                                const std::string& txn, const UserId& user_id) {
  if (txn.empty()) return std::optional<OwnIncident>{};
  CURFEW_TRY(const auto run, load<Run>(tx, tenant_id, RunId{txn}));
  if (run) return incident_of(*run, user_id);
  const std::string prefix = prefix_of(tenant_id);
  if (!txn.starts_with(prefix)) return std::optional<OwnIncident>{};
  const auto position = parse_position(std::string_view{txn}.substr(prefix.size()));
  if (!position) return std::optional<OwnIncident>{};
  CURFEW_TRY(const auto entry, load<JournalEntry>(tx, tenant_id, *position));
  if (entry) return incident_of(*entry, user_id);
  return std::optional<OwnIncident>{};
}

}  // namespace curfew
