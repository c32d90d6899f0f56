#include "apps/curfewd/maintenance.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/curfewd/init.hpp"
#include "apps/curfewd/offline_tenant.hpp"
#include "apps/curfewd/signing_keys.hpp"
#include "io/file.hpp"
#include "store/schema.hpp"
#include "store/witness.hpp"

namespace curfew {
namespace {

// An empty private folder, removed with all that is in it.
struct TempFolder {
  std::string path = (std::filesystem::temp_directory_path() / "curfewd-test-XXXXXX").string();
  TempFolder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file(const std::string& name) const { return path + "/" + name; }
};

bool has_database_aside(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("curfew.db.")) {
      if (entry.path().extension() != ".lock") return true;
    }
  }
  return false;
}

MaintenanceOptions made_in(const TempFolder& temp, const std::string& name = "data") {
  InitOptions init;
  init.folder.path = temp.file(name);
  init.domain = "contoso.com";
  REQUIRE(init_data_folder(init).ok());
  MaintenanceOptions options;
  options.folder = init.folder;
  options.backup_file = temp.file(name + ".backup");
  options.user_principal_name = "admin@contoso.com";
  return options;
}

Position head_in(const MaintenanceOptions& options) {
  const auto tenant = open_offline(options.folder);
  REQUIRE(tenant.ok());
  return tenant->live->head().position;
}

// The witness's mark, opened as anybody else would.
Position mark_in(const MaintenanceOptions& options, const std::string& path) {
  const auto tenant = open_offline(options.folder);
  REQUIRE(tenant.ok());
  const auto witness = Witness::open(path, tenant->tenant.id);
  REQUIRE(witness.ok());
  return (*witness)->current().position;
}

KeyId any_signing_key(const MaintenanceOptions& options) {
  const auto tenant = open_offline(options.folder);
  REQUIRE(tenant.ok());
  Query query;
  query.prefix = keys_of(tenant->tenant.id);
  query.limit = 1;
  const auto keys = read_value<std::vector<StoredSigningKey>>(
      *tenant->store, [&](ReadTx& tx) { return scan_as<StoredSigningKey>(tx, query); });
  REQUIRE(keys.ok());
  REQUIRE(keys->size() == 1);
  return keys->front().id;
}

TEST_CASE("a restore from a file that cannot be served leaves the database where it was") {
  const TempFolder temp;
  MaintenanceOptions options = made_in(temp);
  const auto before = read_file(options.folder.database());
  REQUIRE(before.ok());
  REQUIRE(write_file_atomic(temp.file("junk"), "junk", 0600).ok());

  for (const char* const name : {"missing", "junk"}) {
    CAPTURE(name);
    options.backup_file = temp.file(name);
    CHECK_FALSE(restore(options).ok());
    const auto after = read_file(options.folder.database());
    REQUIRE(after.ok());
    CHECK(*after == *before);
    CHECK_FALSE(has_database_aside(options.folder.path));
  }

  options.backup_file = temp.file("good");
  REQUIRE(backup(options).ok());
  CHECK(restore(options).ok());
  CHECK(has_database_aside(options.folder.path));
}

TEST_CASE("a restore that cannot be fenced puts nothing in place") {
  const TempFolder temp;
  MaintenanceOptions options = made_in(temp);
  REQUIRE(backup(options).ok());
  const auto before = read_file(options.folder.database());
  REQUIRE(before.ok());
  const MaintenanceOptions other = made_in(temp, "other");

  const DataFolder own = options.folder;
  for (const std::string& key_file : {temp.file("no-key"), other.folder.key()}) {
    CAPTURE(key_file);
    options.folder.key_file = key_file;
    const Status refused = restore(options);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message().starts_with("nothing was changed"));
    const auto after = read_file(own.database());
    REQUIRE(after.ok());
    CHECK(*after == *before);
    CHECK_FALSE(has_database_aside(own.path));
  }
}

TEST_CASE("a restore never gives out a generation again that the replaced database was in") {
  const TempFolder temp;
  const MaintenanceOptions options = made_in(temp);
  REQUIRE(backup(options).ok());
  REQUIRE(fence(options).ok());
  REQUIRE(fence(options).ok());
  const Position replaced = head_in(options);

  REQUIRE(restore(options).ok());
  const Position first = head_in(options);
  CHECK(first.generation > replaced.generation);
  REQUIRE(restore(options).ok());
  CHECK(head_in(options).generation > first.generation);
}

TEST_CASE("a restore leaves generations out where the database before cannot tell of its own") {
  const TempFolder temp;
  const MaintenanceOptions options = made_in(temp);
  REQUIRE(backup(options).ok());
  REQUIRE(fence(options).ok());
  REQUIRE(fence(options).ok());
  const Position lost = head_in(options);

  REQUIRE(write_file_atomic(options.folder.database(), "a torn page", 0600).ok());
  REQUIRE(restore(options).ok());
  const Position first = head_in(options);
  CHECK(first.generation > lost.generation);

  std::filesystem::remove(options.folder.database());
  REQUIRE(restore(options).ok());
  CHECK(head_in(options).generation > lost.generation);
}

TEST_CASE("a command that takes access away raises the tenant's witness before it is done") {
  const TempFolder temp;
  MaintenanceOptions options = made_in(temp);
  const std::string path = temp.file("witness");
  options.witness_file = path;
  REQUIRE(new_witness(options).ok());
  REQUIRE(backup(options).ok());
  SigningKeyOptions signing_key{options.folder, any_signing_key(options).str(), ""};
  const Position before = head_in(options);

  options.witness_file = "";
  for (const Status& refused : {reset_password(options), withdraw_key(signing_key)}) {
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message().find("--witness " + path) != std::string::npos);
  }
  CHECK(head_in(options) == before);

  options.witness_file = path;
  REQUIRE(reset_password(options).ok());
  const Position reset = head_in(options);
  CHECK(reset > before);
  CHECK(mark_in(options, path) == reset);
  signing_key.witness_file = path;
  REQUIRE(withdraw_key(signing_key).ok());
  const Position withdrawn = head_in(options);
  CHECK(withdrawn > reset);
  CHECK(mark_in(options, path) == withdrawn);

  // Nor does it write on where the database is older than the witness, which would then agree.
  std::filesystem::copy_file(options.backup_file, options.folder.database(),
                             std::filesystem::copy_options::overwrite_existing);
  for (const Status& refused : {reset_password(options), withdraw_key(signing_key)}) {
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message().find("rolled back") != std::string::npos);
  }
  CHECK(head_in(options) == before);
  CHECK(mark_in(options, path) == withdrawn);
}

}  // namespace
}  // namespace curfew
