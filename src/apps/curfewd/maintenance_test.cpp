#include "apps/curfewd/maintenance.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "apps/curfewd/init.hpp"
#include "io/file.hpp"

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

TEST_CASE("a restore from a file that cannot be served leaves the database where it was") {
  const TempFolder temp;
  InitOptions init;
  init.folder.path = temp.file("data");
  init.domain = "contoso.com";
  REQUIRE(init_data_folder(init).ok());
  MaintenanceOptions options;
  options.folder = init.folder;
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

}  // namespace
}  // namespace curfew
