#include "store/sqlite_offline.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "io/file.hpp"
#include "store/schema.hpp"
#include "tests/conformance/sqlite_fixture.hpp"

namespace curfew {
namespace {

using conformance::TemporaryFolder;

const TenantId kTenant{"t"};

Group group_called(const std::string& name) {
  Group group;
  group.tenant_id = kTenant;
  group.id = GroupId{"g"};
  group.display_name = name;
  return group;
}

Result<std::string> name_in(const std::string& path) {
  std::string name;
  const Status status = read_sqlite(path, [&](ReadTx& tx) -> Status {
    CURFEW_TRY(const Group group, require<Group>(tx, "group", kTenant, GroupId{"g"}));
    name = group.display_name;
    return Done{};
  });
  if (!status.ok()) return status.error();
  return name;
}

TEST_CASE("a file is read while a store has it open, and after") {
  const TemporaryFolder folder;
  const std::string path = folder.file("beside.db");
  auto store = open_sqlite_store({path}).value();
  const auto put = [&](const std::string& name) {
    REQUIRE(store
                ->write_and_wait(Urgency::normal,
                                 [&](WriteTx& tx) { return save(tx, group_called(name)); })
                .ok());
  };
  put("first");
  CHECK(name_in(path).value() == "first");
  put("second");
  CHECK(name_in(path).value() == "second");
  store.reset();
  CHECK(name_in(path).value() == "second");
  CHECK(name_in(folder.file("none.db")).error().message().find("none.db") != std::string::npos);
}

TEST_CASE("a body's error is told, with the file's name") {
  const TemporaryFolder folder;
  const std::string path = folder.file("empty.db");
  open_sqlite_store({path}).value().reset();
  const auto missing = name_in(path);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code() == ErrorCode::not_found);
  CHECK(missing.error().message().find(path) != std::string::npos);
}

TEST_CASE("a compacted file has nothing of what was removed, and is refused while it is open") {
  const TemporaryFolder folder;
  const std::string path = folder.file("compact.db");
  auto store = open_sqlite_store({path}).value();
  const std::string secret(20'000, 'q');
  REQUIRE(store
              ->write_and_wait(Urgency::normal,
                               [&](WriteTx& tx) { return save(tx, group_called(secret)); })
              .ok());
  REQUIRE(store
              ->write_and_wait(Urgency::normal,
                               [&](WriteTx& tx) -> Status {
                                 CURFEW_TRY_STATUS(remove<Group>(tx, kTenant, GroupId{"g"}));
                                 return Done{};
                               })
              .ok());
  CHECK(compact_sqlite(path).error().code() == ErrorCode::conflict);
  store.reset();
  const auto holds_it = [&] {
    const auto content = read_file(path, 64U << 20U);
    REQUIRE(content.ok());
    return content->find(std::string(1000, 'q')) != std::string::npos;
  };
  CHECK(holds_it());
  REQUIRE(compact_sqlite(path).ok());
  CHECK_FALSE(holds_it());
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
  CHECK(open_sqlite_store({path}).ok());
}

}  // namespace
}  // namespace curfew
