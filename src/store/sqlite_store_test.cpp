#include "store/sqlite_store.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "store/sql_text.hpp"
#include "tests/conformance/sqlite_fixture.hpp"
#include "tests/conformance/store_suite.hpp"

namespace curfew {
namespace {

using conformance::code_of;
using conformance::count;
using conformance::counter;
using conformance::counters;
using conformance::make_sqlite_store;
using conformance::open_test_store;
using conformance::query_of;
using conformance::TemporaryFolder;

TEST_SUITE("SQLite store") {
  TEST_CASE("keeps single rows") { conformance::single_rows(make_sqlite_store); }
  TEST_CASE("keeps unique indexes unique") { conformance::unique_indexes(make_sqlite_store); }
  TEST_CASE("scans in order and within bounds") { conformance::scans(make_sqlite_store); }
  TEST_CASE("gives back every value as it was") { conformance::values(make_sqlite_store); }
  TEST_CASE("refuses what does not fit") { conformance::misfits(make_sqlite_store); }
  TEST_CASE("runs each body whole or not at all") { conformance::bodies(make_sqlite_store); }
  TEST_CASE("keeps the order after a commit") { conformance::after_the_commit(make_sqlite_store); }
  TEST_CASE("counts the changes of each table") { conformance::versions(make_sqlite_store); }
  TEST_CASE("shows readers one state") { conformance::readers_beside_a_writer(make_sqlite_store); }

  TEST_CASE("rows are there after closing and opening again") {
    const TemporaryFolder folder;
    {
      auto store = open_test_store(folder.file("a.db"));
      REQUIRE(store.ok());
      conformance::put_all(**store, counters(), {counter(1, "one")});
    }
    auto store = open_test_store(folder.file("a.db"));
    REQUIRE(store.ok());
    CHECK(conformance::find(**store, counters(), {1}) == counter(1, "one"));
  }

  TEST_CASE("a second store on the same file is a conflict, until the first is closed") {
    const TemporaryFolder folder;
    auto first = open_test_store(folder.file("a.db"));
    REQUIRE(first.ok());
    const auto second = open_test_store(folder.file("a.db"));
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().code() == ErrorCode::conflict);
    (*first).reset();
    CHECK(open_test_store(folder.file("a.db")).ok());
  }

  TEST_CASE("nobody else may read the file, whatever the umask") {
    const TemporaryFolder folder;
    const mode_t before = ::umask(0);
    auto store = open_test_store(folder.file("a.db"));
    ::umask(before);
    REQUIRE(store.ok());
    conformance::put_all(**store, counters(), {counter(1)});
    for (const char* name : {"a.db", "a.db-wal", "a.db-shm", "a.db.lock"}) {
      CAPTURE(name);
      struct stat status{};
      REQUIRE(::stat(folder.file(name).c_str(), &status) == 0);
      CHECK((status.st_mode & 0777U) == 0600U);
    }
  }

  TEST_CASE("a file that is no database is corrupted") {
    const TemporaryFolder folder;
    std::ofstream{folder.file("a.db")} << std::string(8192, 'x');
    const auto store = open_test_store(folder.file("a.db"));
    REQUIRE_FALSE(store.ok());
    CHECK(store.error().code() == ErrorCode::corrupted);
  }

  TEST_CASE("a folder that does not exist is an error that names the path") {
    const TemporaryFolder folder;
    const auto store = open_test_store(folder.file("none/a.db"));
    REQUIRE_FALSE(store.ok());
    CHECK(store.error().message().find("none/a.db") != std::string::npos);
  }

  // The plan of each kind of query, from the database itself.
  std::string plan_of(SqliteConnection & connection, const std::string& sql) {
    auto statement = connection.prepare("EXPLAIN QUERY PLAN " + sql);
    REQUIRE(statement.ok());
    std::string plan;
    while ((*statement).step() == SQLITE_ROW) plan += (*statement).text(3) + "\n";
    return plan;
  }

  TEST_CASE("every scan reads in index order: nothing is sorted, nothing else is searched") {
    auto connection = SqliteConnection::open("", SqliteAccess::memory);
    REQUIRE(connection.ok());
    for (const TableSpec* table : conformance::test_tables()) {
      REQUIRE((*connection).execute(ddl_of(*table)).ok());
    }
    const TableSpec& people = conformance::people();
    for (const IndexSpec* index : {static_cast<const IndexSpec*>(nullptr), &people.indexes[0],
                                   &people.indexes[1], &people.indexes[2]}) {
      for (std::size_t prefix = 0; prefix <= 2; ++prefix) {
        for (const bool descending : {false, true}) {
          QueryShape shape;
          shape.index = index;
          shape.prefix_size = prefix;
          shape.descending = descending;
          shape.above = prefix < 2;
          const std::string plan = plan_of(*connection, scan_sql(people, shape));
          CAPTURE(plan);
          CHECK(plan.find("TEMP B-TREE") == std::string::npos);
          CHECK((plan.find("SCAN") == std::string::npos || prefix == 0));
          if (index != nullptr) CHECK(plan.find(index->name) != std::string::npos);
          if (index == nullptr) CHECK(plan.find("PRIMARY KEY") != std::string::npos);
        }
      }
    }
  }
}

}  // namespace
}  // namespace curfew
