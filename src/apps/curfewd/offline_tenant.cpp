#include "apps/curfewd/offline_tenant.hpp"

#include <utility>
#include <vector>

#include "apps/curfewd/witness_check.hpp"
#include "crypto/hmac.hpp"
#include "store/schema.hpp"

namespace curfew {

Result<Tenant> only_tenant(Store& store) {
  CURFEW_TRY(std::vector<Tenant> tenants, read_value<std::vector<Tenant>>(store, [](ReadTx& tx) {
               Query query;
               query.limit = 2;
               return scan_as<Tenant>(tx, query);
             }));
  if (tenants.size() != 1) {
    return Error{ErrorCode::corrupted, Retry::after_human,
                 "the database does not hold exactly one tenant: either it is not the one that was "
                 "served here (put that one back), or `curfewd init` was interrupted (then remove "
                 "the folder and run it again)"};
  }
  return std::move(tenants.front());
}

Result<std::unique_ptr<AuditLog>> make_audit_log(const TenantId& tenant_id,
                                                 const Secret& master_key) {
  CURFEW_TRY(SealKey key,
             SealKey::from(hkdf_sha256(master_key, "curfew audit persons 1", kSealKeyBytes)));
  return std::make_unique<AuditLog>(tenant_id, std::move(key));
}

Result<OfflineTenant> open_offline(const DataFolder& folder) {
  CURFEW_TRY(FileLock lock, lock_data_folder(folder));
  CURFEW_TRY(OfflineTenant tenant, open_offline_database(folder, folder.database()));
  tenant.lock.emplace(std::move(lock));
  return tenant;
}

Result<OfflineTenant> open_offline_database(const DataFolder& folder, const std::string& database) {
  CURFEW_TRY(Secret master_key, read_master_key(folder));
  CURFEW_TRY(std::unique_ptr<Store> store, open_sqlite_store({database}));
  CURFEW_TRY(Tenant tenant, only_tenant(*store));
  CURFEW_TRY(std::unique_ptr<LiveJournal> live, load_live_journal(*store, tenant.id));
  CURFEW_TRY(std::unique_ptr<AuditLog> audit, make_audit_log(tenant.id, master_key));
  auto journal = std::make_unique<Journal>(tenant.id, *live);
  return OfflineTenant{std::nullopt,    std::move(master_key), std::move(tenant), nullptr,
                       std::move(live), std::move(journal),    std::move(audit),  std::move(store)};
}

Status keep_witness_of(OfflineTenant& tenant, const DataFolder& folder, const std::string& path) {
  CURFEW_TRY(tenant.witness, open_agreeing_witness(path, folder, *tenant.store, tenant.tenant.id));
  if (tenant.witness) keep_witness(*tenant.store, *tenant.witness, *tenant.live);
  return Done{};
}

Actor local_root() {
  return {ActorKind::local_root, "local-root", "local-root", {Role::global_administrator}, "", {}};
}

AuditEvent event_by_root(std::string action, const std::string& subject_id,
                         const std::string& subject_name) {
  const Actor actor = local_root();
  AuditEvent event;
  event.action = std::move(action);
  event.actor_kind = actor.kind;
  event.actor_id = actor.id;
  event.actor_name = actor.display_name;
  event.subject_id = subject_id;
  event.subject_name = subject_name;
  return event;
}

}  // namespace curfew
