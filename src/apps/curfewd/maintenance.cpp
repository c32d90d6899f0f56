#include "apps/curfewd/maintenance.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "apps/curfewd/offline_tenant.hpp"
#include "base/text.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "revocation/removal.hpp"
#include "store/schema.hpp"
#include "store/witness.hpp"

namespace curfew {

namespace {

constexpr std::size_t kOneTimePasswordBytes = 15;  // 120 bits

void say(const std::string& text) { std::printf("%s\n", text.c_str()); }

Result<User> user_named(ReadTx& tx, const TenantId& tenant_id, const std::string& name) {
  Query query;
  query.index = "users_by_upn";
  query.prefix = keys_of(tenant_id, ascii_lower(name));
  query.limit = 1;
  CURFEW_TRY(auto users, scan_as<User>(tx, query));
  if (users.empty()) {
    return Error::permanent(ErrorCode::not_found, "there is no user " + escape_for_display(name));
  }
  return std::move(users.front());
}

// A new generation outdates every stamp before it; its number passes everything that the witness,
// or a credential that proved the rollback, knows.
Result<Position> start_generation(OfflineTenant& tenant, std::uint64_t known_generation,
                                  TimePoint now) {
  Position reached;
  CURFEW_TRY_STATUS(tenant.store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
    do {
      CURFEW_TRY(const JournalEntry entry, tenant.journal->start_generation(tx, "fence", now));
      reached = entry.position;
    } while (reached.generation <= known_generation);
    AuditEvent event =
        event_by_root("tenant.fence", tenant.tenant.id.str(), tenant.tenant.display_name);
    event.position = reached;
    CURFEW_TRY_STATUS(tenant.audit->append(tx, event, now));
    return Done{};
  }));
  return reached;
}

Status fence_opened(OfflineTenant& tenant, const std::string& witness_file) {
  std::unique_ptr<Witness> witness;
  if (!witness_file.empty()) {
    CURFEW_TRY(witness, Witness::open(witness_file, tenant.tenant.id));
  }
  const auto proof = tenant.live->rollback().proof();
  const std::uint64_t known = std::max(witness ? witness->current().position.generation : 0,
                                       proof ? proof->stamp.generation : 0);
  CURFEW_TRY(const Position reached, start_generation(tenant, known, SystemClock{}.now()));
  if (witness) {
    CURFEW_TRY_STATUS(witness->raise(reached, tenant.live->head().chain_hash));
  }
  say("Fenced: the journal goes on at position " + to_string(reached) +
      ". Everything that was issued before is refused; everybody signs in again.");
  if (!witness) {
    say("No witness was named. Revocations made after the backup are not in this database: compare "
        "the runs and the audit with what you know, and revoke again what is missing.");
  }
  return Done{};
}

Status move_file(const std::string& from, const std::string& to) {
  std::error_code failed;
  std::filesystem::rename(from, to, failed);
  if (!failed) return Done{};
  return Error{ErrorCode::unavailable, Retry::after_human,
               "moving " + from + " to " + to + ": " + failed.message()};
}

void remove_database(const std::string& path) {
  std::error_code ignored;
  for (const char* const suffix : {"", "-wal", "-shm", ".lock"}) {
    std::filesystem::remove(path + suffix, ignored);
  }
}

// The backup beside the database, seen to hold a tenant, so that nothing is moved aside for a file
// that cannot be served.
Status stage_backup(const std::string& backup, const std::string& staged) {
  remove_database(staged);  // of a restore that was interrupted
  Status status = restore_sqlite(backup, staged);
  if (status.ok()) {
    auto store = open_sqlite_store({staged});
    status = store.ok() ? Status{Done{}} : Status{store.error()};
    if (store.ok()) {
      const auto tenant = only_tenant(**store);
      if (!tenant.ok()) status = tenant.error().within(backup);
    }
  }
  if (!status.ok()) {
    remove_database(staged);
    return status.error().within("nothing was changed");
  }
  std::error_code ignored;
  std::filesystem::remove(staged + ".lock", ignored);
  return Done{};
}

}  // namespace

Status reset_password(const MaintenanceOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  const Secret password{random_token(kOneTimePasswordBytes)};
  Removal removal;
  removal.kind = RemovalKind::reset_password;
  CURFEW_TRY(removal.password_hash, hash_password(password));
  removal.force_change_password = true;
  const TimePoint now = SystemClock{}.now();
  CURFEW_TRY_STATUS(tenant.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY(const User user, user_named(tx, tenant.tenant.id, options.user_principal_name));
    removal.user_id = user.id;
    CURFEW_TRY(const RemovalEffect effect, remove_access(tx, *tenant.journal, removal, now));
    AuditEvent event =
        event_by_root("user.reset_password", user.id.str(), user.user_principal_name);
    event.position = effect.position;
    CURFEW_TRY_STATUS(tenant.audit->append(tx, event, now));
    return Done{};
  }));
  say("One-time password for " + options.user_principal_name + ": " +
      std::string{password.reveal()});
  say("It works once, and the next sign-in asks for a new one. Everything the account had is "
      "ended.");
  return Done{};
}

Status backup(const MaintenanceOptions& options) {
  CURFEW_TRY_STATUS(backup_sqlite(options.folder.database(), options.backup_file));
  say("Wrote " + options.backup_file + ". It holds everything but the key file, " +
      options.folder.key() + ": keep that apart.");
  return Done{};
}

Status restore(const MaintenanceOptions& options) {
  const std::string database = options.folder.database();
  {
    // The lock first: a running server must not lose its database under its feet.
    CURFEW_TRY(const FileLock lock, lock_data_folder(options.folder));
    const std::string staged = database + ".restoring";
    CURFEW_TRY_STATUS(stage_backup(options.backup_file, staged));
    const std::string aside =
        database + ".before-restore-" + std::to_string(to_unix_seconds(SystemClock{}.now()));
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      if (!std::filesystem::exists(database + suffix)) continue;
      CURFEW_TRY_STATUS(move_file(database + suffix, aside + suffix));
    }
    CURFEW_TRY_STATUS(move_file(staged, database));
    say("Put " + options.backup_file + " in place; the database before is " + aside + ".");
  }
  return fence(options);
}

Status fence(const MaintenanceOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  return fence_opened(tenant, options.witness_file);
}

}  // namespace curfew
