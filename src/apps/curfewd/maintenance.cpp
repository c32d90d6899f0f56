#include "apps/curfewd/maintenance.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "apps/curfewd/offline_tenant.hpp"
#include "apps/curfewd/witness_check.hpp"
#include "base/text.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "revocation/removal.hpp"
#include "store/schema.hpp"
#include "store/schema_rollback.hpp"
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
// The database takes the witness for its own: a backup may be older than it.
Result<Position> start_generation(OfflineTenant& tenant, std::uint64_t known_generation,
                                  const std::optional<TenantWitness>& witness, TimePoint now) {
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
    if (!witness) return Done{};
    return save(tx, *witness);
  }));
  return reached;
}

Status fence_opened(OfflineTenant& tenant, const std::unique_ptr<Witness>& witness,
                    const std::string& path) {
  const auto proof = tenant.live->rollback().proof();
  const std::uint64_t known = std::max(witness ? witness->current().position.generation : 0,
                                       proof ? proof->stamp.generation : 0);
  const TimePoint now = SystemClock{}.now();
  std::optional<TenantWitness> row;
  if (witness) row = TenantWitness{tenant.tenant.id, witness->id(), path_to_remember(path), now};
  CURFEW_TRY(const Position reached, start_generation(tenant, known, row, now));
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
  return Done{};
}

struct KnownWitness {
  TenantId tenant_id;
  std::optional<TenantWitness> witness;
};

Result<KnownWitness> witness_known_to(const std::string& database) {
  CURFEW_TRY(const std::unique_ptr<Store> store, open_sqlite_store({database}));
  CURFEW_TRY(const Tenant tenant, only_tenant(*store));
  CURFEW_TRY(std::optional<TenantWitness> witness, known_witness(*store, tenant.id));
  return KnownWitness{tenant.id, std::move(witness)};
}

// The database that is replaced knows best which witness is the tenant's; where it cannot be read,
// the backup is asked.
Status check_witness_of_restore(const MaintenanceOptions& options, const std::string& staged) {
  const std::string database = options.folder.database();
  Result<KnownWitness> known =
      std::filesystem::exists(database) ? witness_known_to(database) : witness_known_to(staged);
  if (!known.ok()) known = witness_known_to(staged);
  if (!known.ok()) return known.error();
  const auto witness =
      open_named_witness(options.witness_file, options.folder, known->tenant_id, known->witness);
  return witness.ok() ? Status{Done{}} : witness.error().within("nothing was changed");
}

Status replace_database(const MaintenanceOptions& options, const std::string& staged) {
  const std::string database = options.folder.database();
  const std::string aside =
      database + ".before-restore-" + std::to_string(to_unix_seconds(SystemClock{}.now()));
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    if (!std::filesystem::exists(database + suffix)) continue;
    CURFEW_TRY_STATUS(move_file(database + suffix, aside + suffix));
  }
  CURFEW_TRY_STATUS(move_file(staged, database));
  std::error_code ignored;
  std::filesystem::remove(staged + ".lock", ignored);
  say("Put " + options.backup_file + " in place; the database before is " + aside + ".");
  return Done{};
}

}  // namespace

Status reset_password(const MaintenanceOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  CURFEW_TRY_STATUS(keep_witness_of(tenant, options.folder, options.witness_file));
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
  {
    // The lock first: a running server must not lose its database under its feet.
    CURFEW_TRY(const FileLock lock, lock_data_folder(options.folder));
    const std::string staged = options.folder.database() + ".restoring";
    CURFEW_TRY_STATUS(stage_backup(options.backup_file, staged));
    const Status agreed = check_witness_of_restore(options, staged);
    if (!agreed.ok()) {
      remove_database(staged);
      return agreed;
    }
    CURFEW_TRY_STATUS(replace_database(options, staged));
  }
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  std::unique_ptr<Witness> witness;
  if (!options.witness_file.empty()) {
    CURFEW_TRY(witness, Witness::open(options.witness_file, tenant.tenant.id));
  }
  return fence_opened(tenant, witness, options.witness_file);
}

Status fence(const MaintenanceOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  CURFEW_TRY(const auto known, known_witness(*tenant.store, tenant.tenant.id));
  CURFEW_TRY(const std::unique_ptr<Witness> witness,
             open_named_witness(options.witness_file, options.folder, tenant.tenant.id, known));
  return fence_opened(tenant, witness, options.witness_file);
}

Status new_witness(const MaintenanceOptions& options) {
  const std::string& path = options.witness_file;
  CURFEW_TRY_STATUS(check_witness_place(path, options.folder.path));
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  CURFEW_TRY(const auto known, known_witness(*tenant.store, tenant.tenant.id));
  if (known) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "this tenant has a witness, last seen at " + known->path +
                     ". To move it, move the file, leave no copy, and name its new place. If it "
                     "is lost: curfewd drop-witness " +
                     options.folder.options() + ", then this command again"};
  }
  const TimePoint now = SystemClock{}.now();
  const TenantWitness made{tenant.tenant.id, new_guid(), path_to_remember(path), now};
  const JournalHead head = tenant.live->head();
  CURFEW_TRY_STATUS(
      Witness::create(path, made.tenant_id, made.witness_id, {head.position, head.chain_hash}));
  const Status written = tenant.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(add(tx, made));
    AuditEvent event = event_by_root("tenant.new_witness", made.witness_id, path);
    CURFEW_TRY_STATUS(tenant.audit->append(tx, event, now));
    return Done{};
  });
  if (!written.ok()) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return written;
  }
  say("Made the witness " + path + ". Start the server with it, now and always:");
  say("  curfewd serve " + options.folder.options() + " --witness " + path);
  return Done{};
}

Status drop_witness(const MaintenanceOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  CURFEW_TRY(const auto known, known_witness(*tenant.store, tenant.tenant.id));
  if (!known) return Error::permanent(ErrorCode::not_found, "this tenant has no witness");
  const TimePoint now = SystemClock{}.now();
  CURFEW_TRY_STATUS(tenant.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<TenantWitness>(tx, known->tenant_id));
    AuditEvent event = event_by_root("tenant.drop_witness", known->witness_id, known->path);
    CURFEW_TRY_STATUS(tenant.audit->append(tx, event, now));
    return Done{};
  }));
  say("Given up: the witness that was last seen at " + known->path +
      ". The server starts without one, and nobody notices a database that was put back from a "
      "backup. Make another: curfewd new-witness " +
      options.folder.options() + " --witness FILE");
  return Done{};
}

}  // namespace curfew
