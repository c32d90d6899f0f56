#include "store/migrations.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "store/ddl.hpp"
#include "store/schema.hpp"
#include "tests/conformance/sqlite_fixture.hpp"

namespace curfew {
namespace {

using conformance::counters;
using conformance::people;

SqliteConnection empty_database() {
  auto connection = SqliteConnection::open("", SqliteAccess::memory);
  REQUIRE(connection.ok());
  return std::move(connection).value();
}

std::string message_of(const Status& status, ErrorCode expected) {
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code() == expected);
  return status.error().message();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("migrations") {
  TEST_CASE("the migrations lead to the tables that the model types describe") {
    SqliteConnection database = empty_database();
    const Status migrated = migrate(database, built_in_migrations());
    if (!migrated.ok()) FAIL(migrated.error().message());
    const Status checked = check_schema(database, all_tables());
    if (!checked.ok()) {
      std::string expected;
      for (const TableSpec* table : all_tables()) expected += ddl_of(*table) + "\n";
      FAIL(checked.error().message() << "\n\nSQL of the described tables:\n\n" << expected);
    }
  }

  TEST_CASE("key columns are never NULL, and the first one is the tenant") {
    for (const TableSpec* table : all_tables()) {
      CAPTURE(table->name);
      CHECK(table->columns.front().name == "tenant_id");
      REQUIRE(table->key_column_count <= table->columns.size());
      for (std::size_t at = 0; at < table->key_column_count; ++at) {
        CHECK_FALSE(table->columns[at].nullable);
      }
      for (const IndexSpec& index : table->indexes) {
        CAPTURE(index.name);
        CHECK(index.name.substr(0, table->name.size()) == table->name);
        for (const std::size_t column : index.columns) CHECK(column < table->columns.size());
        CHECK((index.columns.empty() || index.columns.front() == 0));
      }
    }
  }

  TEST_CASE("only what is missing runs, in order, once") {
    SqliteConnection database = empty_database();
    CHECK(schema_version(database).value() == 0);
    const std::array both{Migration{1, "one", "CREATE TABLE a (x INTEGER NOT NULL) STRICT;"},
                          Migration{2, "two",
                                    "ALTER TABLE a ADD COLUMN y TEXT; "
                                    "INSERT INTO a (x, y) VALUES (1, 'two')"}};
    CHECK(migrate(database, std::span{both}.first(1)).ok());
    CHECK(schema_version(database).value() == 1);
    CHECK(migrate(database, both).ok());
    CHECK(migrate(database, both).ok());
    CHECK(schema_version(database).value() == 2);
    auto rows = database.prepare("SELECT count(*), max(y) FROM a");
    REQUIRE((*rows).step() == SQLITE_ROW);
    CHECK((*rows).integer(0) == 1);
    CHECK((*rows).text(1) == "two");
  }

  TEST_CASE("a migration that fails leaves nothing of itself") {
    SqliteConnection database = empty_database();
    const std::array broken{Migration{1, "one", "CREATE TABLE a (x INTEGER NOT NULL) STRICT;"},
                            Migration{2, "two", "CREATE TABLE b (x INTEGER) STRICT; nonsense"}};
    const Status status = migrate(database, broken);
    CHECK(contains(message_of(status, ErrorCode::internal), "migration 2 two"));
    CHECK(schema_version(database).value() == 1);
    CHECK_FALSE(database.prepare("SELECT * FROM b").ok());
  }

  TEST_CASE("a newer database is refused and left as it is") {
    SqliteConnection database = empty_database();
    const std::array both{Migration{1, "one", "CREATE TABLE a (x INTEGER NOT NULL) STRICT;"},
                          Migration{2, "two", "CREATE TABLE b (x INTEGER NOT NULL) STRICT;"}};
    REQUIRE(migrate(database, both).ok());
    const Status status = migrate(database, std::span{both}.first(1));
    CHECK(contains(message_of(status, ErrorCode::conflict), "schema version 2"));
    CHECK(schema_version(database).value() == 2);
  }

  TEST_CASE("another program's database is refused") {
    SqliteConnection database = empty_database();
    REQUIRE(database.execute("CREATE TABLE theirs (x)").ok());
    CHECK(contains(message_of(migrate(database, built_in_migrations()), ErrorCode::corrupted),
                   "not one of ours"));
  }

  TEST_CASE("a schema that differs is named by table and column") {
    SqliteConnection database = empty_database();
    for (const TableSpec* table : conformance::test_tables()) {
      REQUIRE(database.execute(ddl_of(*table)).ok());
    }
    const auto complaint_after = [&](const std::string& change) {
      REQUIRE(database.execute(change).ok());
      return message_of(check_schema(database, conformance::test_tables()), ErrorCode::corrupted);
    };
    REQUIRE(check_schema(database, conformance::test_tables()).ok());
    SUBCASE("a column is missing") {
      CHECK(contains(complaint_after("ALTER TABLE people DROP COLUMN photo"),
                     "missing: column people.photo BLOB"));
    }
    SUBCASE("a column is not expected") {
      CHECK(contains(complaint_after("ALTER TABLE people ADD COLUMN shoe INTEGER"),
                     "not expected: column people.shoe INTEGER"));
    }
    SUBCASE("an index is missing") {
      CHECK(contains(complaint_after("DROP INDEX people_by_age"),
                     "missing: index people_by_age on people (tenant_id, age)"));
    }
    SUBCASE("an index is not unique") {
      CHECK(contains(complaint_after("DROP INDEX people_by_name; CREATE INDEX people_by_name ON "
                                     "people (tenant_id, name)"),
                     "missing: unique index people_by_name"));
    }
    SUBCASE("an index has other columns, or a condition") {
      CHECK(contains(complaint_after("DROP INDEX people_by_age; CREATE INDEX people_by_age ON "
                                     "people (age, tenant_id)"),
                     "not expected: index people_by_age on people (age, tenant_id)"));
      CHECK(contains(complaint_after("DROP INDEX people_by_age; CREATE INDEX people_by_age ON "
                                     "people (tenant_id, age) WHERE age > 3"),
                     "where some condition holds"));
    }
    SUBCASE("a table is missing, or too many") {
      CHECK(contains(complaint_after("DROP TABLE counters"), "missing: column counters.number"));
      CHECK(contains(complaint_after("CREATE TABLE x (y TEXT) STRICT"),
                     "not expected: column x.y TEXT; table x"));
    }
    SUBCASE("a key has other columns, a type or NULL differs, a table is not strict") {
      const std::string complaint = complaint_after(
          "DROP TABLE counters; CREATE TABLE counters (number TEXT NOT NULL, payload BLOB, "
          "PRIMARY KEY (number, payload))");
      CHECK(contains(complaint, "missing: column counters.number INTEGER NOT NULL, key column 1"));
      CHECK(contains(complaint, "column counters.number TEXT NOT NULL, key column 1"));
      CHECK(contains(complaint, "column counters.payload BLOB, key column 2"));
      CHECK(contains(complaint, "table counters, with rowid"));
    }
  }

  TEST_CASE("the SQL of a table is written from its description") {
    CHECK(ddl_of(conformance::members()) ==
          "CREATE TABLE \"group\" (\n"
          "  tenant_id TEXT NOT NULL,\n"
          "  \"order\" TEXT NOT NULL,\n"
          "  number INTEGER NOT NULL,\n"
          "  note TEXT,\n"
          "  PRIMARY KEY (tenant_id, \"order\", number)\n"
          ") STRICT, WITHOUT ROWID;\n"
          "CREATE INDEX group_by_number ON \"group\" (tenant_id, number);\n");
  }
}

}  // namespace
}  // namespace curfew
