#include "store/migrations.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "store/ddl.hpp"

namespace curfew {

namespace {

constexpr const char* kVersionTable =
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT";

Result<std::vector<std::string>> lines_of(SqliteConnection& connection, std::string_view sql) {
  CURFEW_TRY(SqliteStatement statement, connection.prepare(sql));
  std::vector<std::string> lines;
  int code = statement.step();
  for (; code == SQLITE_ROW; code = statement.step()) lines.push_back(statement.text(0));
  if (code != SQLITE_DONE) return sqlite_error(code, "reading the schema");
  return lines;
}

Result<int> number_of(SqliteConnection& connection, std::string_view sql) {
  CURFEW_TRY(SqliteStatement statement, connection.prepare(sql));
  const int code = statement.step();
  if (code != SQLITE_ROW) return sqlite_error(code, "reading the schema");
  return static_cast<int>(statement.integer(0));
}

Status record(SqliteConnection& connection, const Migration& migration) {
  CURFEW_TRY(SqliteStatement statement,
             connection.prepare("INSERT INTO schema_version (version, name) VALUES (?, ?)"));
  const Value name{std::string{migration.name}};
  statement.bind_integer(1, migration.version);
  statement.bind(2, name, ColumnType::text);
  const int code = statement.step();
  if (code != SQLITE_DONE) return sqlite_error(code, "recording a migration");
  return Done{};
}

Status apply(SqliteConnection& connection, const Migration& migration) {
  CURFEW_TRY_STATUS(connection.execute("BEGIN IMMEDIATE"));
  Status status = migration.version == 1 ? connection.execute(kVersionTable) : Status{Done{}};
  if (status.ok()) status = connection.execute(std::string{migration.sql});
  if (status.ok()) status = record(connection, migration);
  if (status.ok()) status = connection.execute("COMMIT");
  if (status.ok()) return Done{};
  if (!connection.idle()) static_cast<void>(connection.execute("ROLLBACK"));
  return status.error().within("migration " + std::to_string(migration.version) + " " +
                               std::string{migration.name});
}

// One line for each fact about the schema that we rely on, in words that can be shown; sorted.
Result<std::vector<std::string>> facts_of(SqliteConnection& connection) {
  constexpr std::string_view kTables =
      " FROM pragma_table_list AS t WHERE t.schema = 'main' AND t.type = 'table'"
      " AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name <> 'schema_version'";
  const std::string tables =
      "SELECT 'table ' || t.name || iif(t.strict, ', strict', '') || iif(t.wr, '', ', with "
      "rowid')" +
      std::string{kTables};
  const std::string columns =
      "SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type || "
      "iif(c.\"notnull\", ' NOT NULL', '') || iif(c.pk, ', key column ' || c.pk, '')"
      " FROM pragma_table_list AS t, pragma_table_info(t.name) AS c" +
      std::string{kTables.substr(kTables.find(" WHERE"))};
  const std::string indexes =
      "SELECT iif(i.\"unique\", 'unique index ', 'index ') || i.name || ' on ' || t.name || ' (' "
      "|| "
      "(SELECT group_concat(x.name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) "
      "ORDER BY seqno) AS x) || ')' || iif(i.partial, ' where some condition holds', '')"
      " FROM pragma_table_list AS t, pragma_index_list(t.name) AS i" +
      std::string{kTables.substr(kTables.find(" WHERE"))} + " AND i.origin = 'c'";
  std::vector<std::string> facts;
  for (const std::string& sql : {tables, columns, indexes}) {
    CURFEW_TRY(std::vector<std::string> lines, lines_of(connection, sql));
    facts.insert(facts.end(), std::make_move_iterator(lines.begin()),
                 std::make_move_iterator(lines.end()));
  }
  std::sort(facts.begin(), facts.end());
  return facts;
}

// What is in `from` and not in `without`, joined.
std::string difference(const std::vector<std::string>& from,
                       const std::vector<std::string>& without) {
  std::vector<std::string> extra;
  std::set_difference(from.begin(), from.end(), without.begin(), without.end(),
                      std::back_inserter(extra));
  std::string out;
  for (const std::string& fact : extra) out += (out.empty() ? "" : "; ") + fact;
  return out;
}

}  // namespace

Result<int> schema_version(SqliteConnection& connection) {
  CURFEW_TRY(const int tables, number_of(connection, "SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) return 0;
  CURFEW_TRY(
      const int known,
      number_of(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'"));
  if (known == 0) {
    return Error{ErrorCode::corrupted, Retry::after_human,
                 "the database has tables but no schema_version: it is not one of ours"};
  }
  return number_of(connection, "SELECT coalesce(max(version), 0) FROM schema_version");
}

Status migrate(SqliteConnection& connection, std::span<const Migration> migrations) {
  CURFEW_TRY(const int current, schema_version(connection));
  const int newest = migrations.empty() ? 0 : migrations.back().version;
  if (current > newest) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "the database has schema version " + std::to_string(current) +
                     ", which is newer than this program's " + std::to_string(newest)};
  }
  for (const Migration& migration : migrations) {
    if (migration.version <= current) continue;
    CURFEW_TRY_STATUS(apply(connection, migration));
  }
  return Done{};
}

Status check_schema(SqliteConnection& connection, std::span<const TableSpec* const> tables) {
  CURFEW_TRY(SqliteConnection model, SqliteConnection::open("", SqliteAccess::memory));
  for (const TableSpec* table : tables) {
    CURFEW_TRY_STATUS(model.execute(ddl_of(*table)));
  }
  CURFEW_TRY(const std::vector<std::string> expected, facts_of(model));
  CURFEW_TRY(const std::vector<std::string> found, facts_of(connection));
  if (expected == found) return Done{};
  const std::string missing = difference(expected, found);
  const std::string extra = difference(found, expected);
  std::string message = "the database's schema is not the one of this program";
  if (!missing.empty()) message += "; missing: " + missing;
  if (!extra.empty()) message += "; not expected: " + extra;
  return Error{ErrorCode::corrupted, Retry::after_human, message};
}

}  // namespace curfew
