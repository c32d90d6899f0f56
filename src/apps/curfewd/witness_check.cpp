#include "apps/curfewd/witness_check.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/check.hpp"
#include "store/schema_rollback.hpp"

namespace curfew {

namespace {

Result<MarkVerdict> compare(Store& store, const TenantId& tenant_id, const ChainMark& mark) {
  return read_value<MarkVerdict>(store, [&](ReadTx& tx) -> Result<MarkVerdict> {
    CURFEW_TRY(const JournalHead head, journal_head(tx, tenant_id));
    CURFEW_TRY(const auto hash, chain_hash_at(tx, tenant_id, mark.position));
    return judge_mark(mark, head.position, hash);
  });
}

std::string command(std::string_view verb, const DataFolder& folder, const std::string& path = "") {
  return "curfewd " + std::string{verb} + " " + folder.options() +
         (path.empty() ? "" : " --witness " + path);
}

Error refused(std::string message) {
  return Error{ErrorCode::conflict, Retry::after_human, std::move(message)};
}

Error rolled_back(const std::string& path, const DataFolder& folder, const std::string& how) {
  return refused("the database was rolled back: " + how +
                 ". Credentials revoked since then could come back to life, so nothing is served. "
                 "Put the newest database back, or start a new generation, in which everybody has "
                 "to sign in again: " +
                 command("fence", folder, path));
}

std::string to_give_up(const DataFolder& folder) {
  return "If it is lost, nothing proves any more that this database is the newest: " +
         command("drop-witness", folder) + " says that you know, " + command("fence", folder) +
         " if the database may have been put back, and then " +
         command("new-witness", folder, "FILE") + " makes another";
}

Error left_out(const TenantWitness& known, const DataFolder& folder) {
  return refused("this tenant has a witness, last seen at " + known.path +
                 ", and none was named. Without it nobody would notice a database that was put "
                 "back from a backup. If it was not moved since, name it: --witness " +
                 known.path + ". " + to_give_up(folder));
}

Error missing(const std::string& path, const std::optional<TenantWitness>& known,
              const DataFolder& folder) {
  if (!known) {
    return Error{ErrorCode::not_found, Retry::after_human,
                 "there is no witness at " + path + ", and this tenant has none yet. Make it: " +
                     command("new-witness", folder, path)};
  }
  return Error{ErrorCode::not_found, Retry::after_human,
               "there is no witness at " + path + "; this tenant's was last seen at " +
                   known->path +
                   ". Name the file where it is now, never an old copy, or make its disk "
                   "available. " +
                   to_give_up(folder)};
}

Error foreign(const std::string& path, const TenantWitness& known, const DataFolder& folder) {
  return refused("the witness " + path +
                 " is not the one that the database knows, which was last seen at " + known.path +
                 ". Name that one. " + to_give_up(folder));
}

Status judge(Store& store, const TenantId& tenant_id, const Witness& witness,
             const std::string& path, const DataFolder& folder) {
  const ChainMark mark = witness.current();
  CURFEW_TRY(const MarkVerdict verdict, compare(store, tenant_id, mark));
  const std::string known = "the witness " + path + " knows the journal up to position " +
                            to_string(mark.position) + ", and the database ";
  switch (verdict) {
    case MarkVerdict::consistent: return Done{};
    case MarkVerdict::behind: return rolled_back(path, folder, known + "ends before it");
    case MarkVerdict::other_chain:
      return rolled_back(path, folder, known + "has another entry there");
  }
  CURFEW_CHECK(false);
}

// What a message names is then the newest place that anybody knows, and not one where an old copy
// may lie.
Status remember_path(Store& store, TenantWitness known, const std::string& path) {
  std::string seen_at = path_to_remember(path);
  if (seen_at == known.path) return Done{};
  known.path = std::move(seen_at);
  return store.write_and_wait(Urgency::normal, [&](WriteTx& tx) { return save(tx, known); });
}

}  // namespace

std::string path_to_remember(const std::string& path) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  return failed ? path : absolute.lexically_normal().string();
}

Status check_witness_place(const std::string& path, const std::string& data_folder) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path witness = fs::weakly_canonical(path, failed);
  if (failed) return Done{};  // opening it will say what is wrong
  fs::path folder = fs::weakly_canonical(data_folder, failed);
  if (!folder.has_filename()) folder = folder.parent_path();  // "DIR/"
  const auto [in_folder, in_witness] = std::ranges::mismatch(folder, witness);
  if (failed || in_folder != folder.end()) return Done{};
  return Error::permanent(ErrorCode::invalid_argument,
                          "the witness " + path + " lies in the data folder " + data_folder +
                              ", so a backup of the folder would hold it too; put it on another "
                              "disk, and in no backup");
}

Result<std::optional<TenantWitness>> known_witness(Store& store, const TenantId& tenant_id) {
  return read_value<std::optional<TenantWitness>>(
      store, [&](ReadTx& tx) { return load<TenantWitness>(tx, tenant_id); });
}

Result<std::unique_ptr<Witness>> open_named_witness(const std::string& path,
                                                    const DataFolder& folder,
                                                    const TenantId& tenant_id,
                                                    const std::optional<TenantWitness>& known) {
  if (path.empty()) {
    if (known) return left_out(*known, folder);
    return std::unique_ptr<Witness>{};
  }
  Result<std::unique_ptr<Witness>> witness = Witness::open(path, tenant_id);
  if (!witness.ok()) {
    if (witness.error().code() != ErrorCode::not_found) return witness;
    return missing(path, known, folder);
  }
  if (known && (*witness)->id() != known->witness_id) return foreign(path, *known, folder);
  return witness;
}

Result<std::unique_ptr<Witness>> open_agreeing_witness(const std::string& path,
                                                       const DataFolder& folder, Store& store,
                                                       const TenantId& tenant_id) {
  if (!path.empty()) {
    CURFEW_TRY_STATUS(check_witness_place(path, folder.path));
  }
  CURFEW_TRY(const auto known, known_witness(store, tenant_id));
  CURFEW_TRY(std::unique_ptr<Witness> witness, open_named_witness(path, folder, tenant_id, known));
  if (!witness) return witness;
  CURFEW_TRY_STATUS(judge(store, tenant_id, *witness, path, folder));
  if (!known) {
    return rolled_back(path, folder,
                       "the witness " + path +
                           " was made for this tenant, and the database does not know of it: it "
                           "is from before, or has given the witness up");
  }
  CURFEW_TRY_STATUS(remember_path(store, *known, path));
  return witness;
}

void keep_witness(Store& store, Witness& witness, const LiveJournal& live) {
  store.set_group_hook([&witness, &live]() -> Status {
    const JournalHead head = live.head();
    return witness.raise(head.position, head.chain_hash);
  });
}

}  // namespace curfew
