#include "apps/curfewd/maintenance.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "api/token_keys.hpp"
#include "apps/curfewd/offline_tenant.hpp"
#include "apps/curfewd/witness_check.hpp"
#include "base/text.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "io/file.hpp"
#include "revocation/removal.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_rollback.hpp"
#include "store/witness.hpp"

namespace curfew {

namespace {

constexpr std::size_t kOneTimePasswordBytes = 15;  // 120 bits
// Where nobody can say how often the lost database was fenced after the backup: more than that, and
// another number for the next one that is lost.
constexpr std::uint64_t kGenerationsSkippedMin = 1000;

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
Status start_generation(OfflineTenant& tenant, std::uint64_t known_generation,
                        const std::optional<TenantWitness>& witness, TimePoint now) {
  return tenant.store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
    CURFEW_TRY(const JournalHead restored, journal_head(tx, tenant.tenant.id));
    Position reached;
    do {
      CURFEW_TRY(const JournalEntry entry, tenant.journal->start_generation(tx, "fence", now));
      reached = entry.position;
    } while (reached.generation <= known_generation);
    // What a gate had as blocked beyond is asked of it when it comes.
    CURFEW_TRY_STATUS(save(tx, Fence{tenant.tenant.id, reached.generation, now, restored.position,
                                     tenant.live->rollback().is_raised()}));
    AuditEvent event =
        event_by_root("tenant.fence", tenant.tenant.id.str(), tenant.tenant.display_name);
    event.position = reached;
    CURFEW_TRY_STATUS(tenant.audit->append(tx, event, now));
    if (!witness) return Done{};
    return save(tx, *witness);
  });
}

std::uint64_t newest_generation(const LiveJournal& live) {
  const auto proof = live.rollback().proof();
  return std::max(live.head().position.generation, proof ? proof->stamp.generation : 0);
}

// The head that the witness is to be raised to. `known_generation`: of others than these two.
Result<JournalHead> fence_opened(OfflineTenant& tenant, const Witness* witness,
                                 const std::string& path, std::uint64_t known_generation) {
  const std::uint64_t known =
      std::max({known_generation, newest_generation(*tenant.live),
                witness != nullptr ? witness->current().position.generation : 0});
  const TimePoint now = SystemClock{}.now();
  std::optional<TenantWitness> row;
  if (witness != nullptr) {
    row = TenantWitness{tenant.tenant.id, witness->id(), path_to_remember(path), now};
  }
  CURFEW_TRY_STATUS(start_generation(tenant, known, row, now));
  return tenant.live->head();
}

Result<std::size_t> count_gates(Store& store, const TenantId& tenant_id) {
  return read_value<std::size_t>(store, [&](ReadTx& tx) -> Result<std::size_t> {
    Query query;
    query.prefix = keys_of(tenant_id);  // no limit: there are at most some thousands
    CURFEW_TRY(const auto gates, scan_as<Gate>(tx, query));
    return static_cast<std::size_t>(std::ranges::count_if(
        gates, [](const Gate& gate) { return gate.enrolled_at.has_value(); }));
  });
}

// A gate that has a lease of before may let in what the fence outdates, until that ends.
void say_gates(std::size_t gates) {
  if (gates == 0) return;
  say(std::to_string(gates) + (gates == 1 ? " gate follows" : " gates follow") +
      " this server. Start it, and let `curfew fence show` say when none of them acts on what was "
      "before. What they have as blocked and this database does not is blocked again: look at it "
      "with `curfew fence review`. Passwords that were reset, roles and assignments that were "
      "taken "
      "after the backup are as they were before: do that again.");
}

void say_fenced(Position reached, bool has_witness, std::size_t gates) {
  say("Fenced: the journal goes on at position " + to_string(reached) +
      ". Everything that was issued before is refused; everybody signs in again.");
  say_gates(gates);
  if (has_witness) return;
  say("No witness was named. Revocations made after the backup are not in this database: compare "
      "the runs and the audit with what you know, and revoke again what is missing.");
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

struct Known {
  TenantId tenant_id;
  std::optional<TenantWitness> witness;
  std::uint64_t generation = 0;
};

Result<Known> knowledge_in(Store& store, const LiveJournal& live, const TenantId& tenant_id) {
  CURFEW_TRY(std::optional<TenantWitness> witness, known_witness(store, tenant_id));
  return Known{tenant_id, std::move(witness), newest_generation(live)};
}

Result<Known> knowledge_of(const std::string& database) {
  CURFEW_TRY(const std::unique_ptr<Store> store, open_sqlite_store({database}));
  CURFEW_TRY(const Tenant tenant, only_tenant(*store));
  CURFEW_TRY(const std::unique_ptr<LiveJournal> live, load_live_journal(*store, tenant.id));
  return knowledge_in(*store, *live, tenant.id);
}

// The database that is replaced knows best which witness is the tenant's, and which generations
// there were. Where it is gone, cannot be read, or was another tenant's, the backup is asked, and
// generations are left out: one that was in use since must not be given out again.
Result<Known> knowledge_before(const DataFolder& folder, const OfflineTenant& staged) {
  std::string why = "there is none";
  if (std::filesystem::exists(folder.database())) {
    Result<Known> known = knowledge_of(folder.database());
    if (known.ok() && known->tenant_id == staged.tenant.id) return known;
    why = known.ok() ? "it is another tenant's" : known.error().message();
  }
  const std::uint64_t skipped = kGenerationsSkippedMin + random_u64() % kGenerationsSkippedMin;
  say("The database before cannot be asked (" + why +
      "): its generations, and whether the tenant " +
      "has a witness, are taken from the backup, and " + std::to_string(skipped) +
      " generations are left out.");
  CURFEW_TRY(Known known, knowledge_in(*staged.store, *staged.live, staged.tenant.id));
  known.generation += skipped;
  return known;
}

Status check_key_file(const OfflineTenant& tenant, const std::string& backup) {
  const auto keys = TokenKeys::load(*tenant.store, tenant.tenant.id, tenant.master_key);
  return keys.ok() ? Status{Done{}} : Status{keys.error().within(backup)};
}

struct FencedBackup {
  JournalHead head;
  std::unique_ptr<Witness> witness;
  std::size_t gates = 0;
};

// The backup beside the database, in a new generation and seen to be what can be served.
Result<FencedBackup> fence_staged(const MaintenanceOptions& options, const std::string& staged) {
  remove_database(staged);  // of a restore that was interrupted
  CURFEW_TRY_STATUS(restore_sqlite(options.backup_file, staged));
  CURFEW_TRY(OfflineTenant tenant, open_offline_database(options.folder, staged));
  CURFEW_TRY_STATUS(check_key_file(tenant, options.backup_file));
  CURFEW_TRY(const Known known, knowledge_before(options.folder, tenant));
  FencedBackup fenced;
  CURFEW_TRY(fenced.witness, open_named_witness(options.witness_file, options.folder,
                                                tenant.tenant.id, known.witness));
  CURFEW_TRY(fenced.head,
             fence_opened(tenant, fenced.witness.get(), options.witness_file, known.generation));
  CURFEW_TRY(fenced.gates, count_gates(*tenant.store, tenant.tenant.id));
  tenant.store.reset();
  // What is only in the log would stay behind.
  if (std::filesystem::exists(staged + "-wal")) {
    return Error{ErrorCode::unavailable, Retry::after_human,
                 staged + " could not be written as one file; is the disk full?"};
  }
  return fenced;
}

std::string free_name_aside(const std::string& database) {
  const std::string base =
      database + ".before-restore-" + std::to_string(to_unix_seconds(SystemClock{}.now()));
  std::string name = base;
  for (int n = 2; std::filesystem::exists(name); ++n) name = base + "-" + std::to_string(n);
  return name;
}

// A second name for it, so that there is a database at every moment. One that could not be opened
// has its log beside it, which must not meet the new file: that one is moved.
Status keep_aside(const std::string& database, const std::string& aside) {
  if (std::filesystem::exists(database + "-wal")) {
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      if (!std::filesystem::exists(database + suffix)) continue;
      CURFEW_TRY_STATUS(move_file(database + suffix, aside + suffix));
    }
    return Done{};
  }
  if (!std::filesystem::exists(database)) return Done{};
  std::error_code failed;
  std::filesystem::create_hard_link(database, aside, failed);
  if (!failed) return Done{};
  return Error{ErrorCode::unavailable, Retry::after_human,
               "keeping " + database + " as " + aside + ": " + failed.message()};
}

Status replace_database(const MaintenanceOptions& options, const std::string& staged) {
  const std::string database = options.folder.database();
  const std::string aside = free_name_aside(database);
  CURFEW_TRY_STATUS(keep_aside(database, aside));
  CURFEW_TRY_STATUS(move_file(staged, database));
  CURFEW_TRY_STATUS(sync_directory(options.folder.path));
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
  removal.made_by = "an administrator at the server itself";
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
  // The lock first: a running server must not lose its database under its feet.
  CURFEW_TRY(const FileLock lock, lock_data_folder(options.folder));
  const std::string staged = options.folder.database() + ".restoring";
  const Result<FencedBackup> fenced = fence_staged(options, staged);
  if (!fenced.ok()) {
    remove_database(staged);
    return fenced.error().within("nothing was changed");
  }
  CURFEW_TRY_STATUS(replace_database(options, staged));
  if (fenced->witness) {
    const Status raised = fenced->witness->raise(fenced->head.position, fenced->head.chain_hash);
    if (!raised.ok()) {
      return raised.error().within(
          "the backup is in place and fenced, but the witness does not know it; when it can be "
          "written, run curfewd fence " +
          options.folder.options() + " --witness " + options.witness_file);
    }
  }
  say_fenced(fenced->head.position, fenced->witness != nullptr, fenced->gates);
  return Done{};
}

Status fence(const MaintenanceOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  CURFEW_TRY(const auto known, known_witness(*tenant.store, tenant.tenant.id));
  CURFEW_TRY(const std::unique_ptr<Witness> witness,
             open_named_witness(options.witness_file, options.folder, tenant.tenant.id, known));
  CURFEW_TRY(const JournalHead head, fence_opened(tenant, witness.get(), options.witness_file, 0));
  if (witness) {
    CURFEW_TRY_STATUS(witness->raise(head.position, head.chain_hash));
  }
  CURFEW_TRY(const std::size_t gates, count_gates(*tenant.store, tenant.tenant.id));
  say_fenced(head.position, witness != nullptr, gates);
  return Done{};
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
