// apps/curfewd/offline_tenant.hpp: the data folder opened by a tool while no server runs.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/curfewd/data_folder.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/seal.hpp"
#include "io/file.hpp"
#include "model/actor.hpp"
#include "model/audit.hpp"
#include "model/directory.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"
#include "store/witness.hpp"

namespace curfew {

// The store is the last member, so it goes first: its writer refers to the others.
struct OfflineTenant {
  std::optional<FileLock> lock;  // nothing: the caller holds it
  Secret master_key;
  Tenant tenant;
  std::unique_ptr<Witness> witness;  // null until keep_witness_of() finds one
  std::unique_ptr<LiveJournal> live;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<AuditLog> audit;
  std::unique_ptr<Store> store;
};

// `conflict`: a server runs on the folder; the message says so.
[[nodiscard]] Result<OfflineTenant> open_offline(const DataFolder& folder);

// The same for a database beside the folder's own, by a caller that has locked the folder.
[[nodiscard]] Result<OfflineTenant> open_offline_database(const DataFolder& folder,
                                                          const std::string& database);

// For a command that takes access away: opens the tenant's witness, which must agree with the
// journal (open_agreeing_witness), and raises it with every commit from now on. Nothing happens for
// a tenant that has none.
[[nodiscard]] Status keep_witness_of(OfflineTenant& tenant, const DataFolder& folder,
                                     const std::string& path);

// The tenant of a store: there is exactly one.
[[nodiscard]] Result<Tenant> only_tenant(Store& store);

// The audit log with its key derived from the master key.
[[nodiscard]] Result<std::unique_ptr<AuditLog>> make_audit_log(const TenantId& tenant_id,
                                                               const Secret& master_key);

// Root of this machine, with every right; audited as "local-root".
[[nodiscard]] Actor local_root();

// What that root did to the subject; the caller adds the position.
[[nodiscard]] AuditEvent event_by_root(std::string action, const std::string& subject_id,
                                       const std::string& subject_name);

}  // namespace curfew
