// store/migrations.hpp: brings a database's schema forward, and compares it with what we expect.
//
// Migrations are SQL files in store/migrations, NNNN_name.sql from 0001 on without a gap, built
// into the program. Forward only; each runs in one transaction together with its line in
// schema_version.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "store/spec.hpp"
#include "store/sqlite_connection.hpp"

namespace curfew {

struct Migration {
  int version = 0;        // counts from 1
  std::string_view name;  // "foundation"
  std::string_view sql;
};

// All that this program was built with, in order.
[[nodiscard]] std::span<const Migration> built_in_migrations();

// 0: an empty database. `corrupted`: tables, but none that says the version.
[[nodiscard]] Result<int> schema_version(SqliteConnection& connection);

// Runs those that the database does not have yet. `conflict` / after_human where the database is
// newer than the last of them.
[[nodiscard]] Status migrate(SqliteConnection& connection, std::span<const Migration> migrations);

// `corrupted`, naming table and column, where the database's tables are not those described; the
// order of columns does not count.
[[nodiscard]] Status check_schema(SqliteConnection& connection,
                                  std::span<const TableSpec* const> tables);

}  // namespace curfew
