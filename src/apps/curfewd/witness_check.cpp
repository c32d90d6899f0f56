#include "apps/curfewd/witness_check.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/check.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

Result<WitnessVerdict> compare(Store& store, const TenantId& tenant_id, const WitnessMark& mark) {
  return read_value<WitnessVerdict>(store, [&](ReadTx& tx) -> Result<WitnessVerdict> {
    CURFEW_TRY(const JournalHead head, journal_head(tx, tenant_id));
    CURFEW_TRY(const auto entry, load<JournalEntry>(tx, tenant_id, mark.position));
    const std::optional<std::string> hash = entry ? std::optional{entry->chain_hash} : std::nullopt;
    return judge_journal(mark, head.position, hash);
  });
}

Error rolled_back(const std::string& path, const WitnessMark& mark, std::string_view how) {
  return Error{
      ErrorCode::conflict, Retry::after_human,
      "the database was rolled back: the witness " + path + " knows the journal up to position " +
          to_string(mark.position) + ", and the database " + std::string{how} +
          ". Credentials revoked since then could come back to life, so nothing is served. "
          "Put the newest database back, or start a new generation, in which everybody has "
          "to sign in again: curfewd fence --data DIR --witness " +
          path};
}

}  // namespace

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

Result<std::unique_ptr<Witness>> open_witness(const std::string& path, Store& store,
                                              const TenantId& tenant_id) {
  CURFEW_TRY(std::unique_ptr<Witness> witness, Witness::open(path, tenant_id));
  const WitnessMark mark = witness->current();
  CURFEW_TRY(const WitnessVerdict verdict, compare(store, tenant_id, mark));
  switch (verdict) {
    case WitnessVerdict::consistent: return witness;
    case WitnessVerdict::behind: return rolled_back(path, mark, "ends before it");
    case WitnessVerdict::other_chain: return rolled_back(path, mark, "has another entry there");
  }
  CURFEW_CHECK(false);
}

void keep_witness(Store& store, Witness& witness, const LiveJournal& live) {
  store.set_group_hook([&witness, &live]() -> Status {
    const JournalHead head = live.head();
    return witness.raise(head.position, head.chain_hash);
  });
}

}  // namespace curfew
