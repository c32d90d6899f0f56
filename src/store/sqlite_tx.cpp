#include "store/sqlite_tx.hpp"

#include <utility>

#include "base/check.hpp"
#include "store/shape.hpp"

namespace curfew {

namespace {

using Operation = SqliteSession::Operation;

std::string sql_of(Operation operation, const TableSpec& table, const QueryShape& shape) {
  switch (operation) {
    case Operation::find: return find_sql(table);
    case Operation::insert: return insert_sql(table);
    case Operation::put: return put_sql(table);
    case Operation::update: return update_sql(table);
    case Operation::erase: return erase_sql(table);
    case Operation::scan: return scan_sql(table, shape);
    case Operation::count: return count_sql(table, shape);
  }
  CURFEW_CHECK(false);
}

Row current_row(const SqliteStatement& statement, const TableSpec& table) {
  Row row;
  row.reserve(table.columns.size());
  int at = 0;
  for (const ColumnSpec& column : table.columns) {
    row.push_back(statement.column(at++, column.type));
  }
  return row;
}

// Values for the first so many columns, bound from the first parameter on.
void bind_leading(SqliteStatement& statement, const TableSpec& table,
                  const std::vector<Value>& values) {
  int at = 1;
  for (std::size_t column = 0; column < values.size(); ++column) {
    statement.bind(at++, values[column], table.columns[column].type);
  }
}

}  // namespace

std::size_t SqliteSession::KeyHash::operator()(const Key& key) const noexcept {
  const auto mix = [](std::size_t seed, std::size_t value) {
    return (seed ^ value) * 0x9E3779B97F4A7C15ULL;
  };
  std::size_t hash =
      mix(static_cast<std::size_t>(key.operation), std::hash<const void*>{}(key.table));
  hash = mix(hash, std::hash<const void*>{}(key.shape.index));
  hash = mix(hash, key.shape.prefix_size * 8 + (key.shape.above ? 4U : 0U) +
                       (key.shape.below ? 2U : 0U) + (key.shape.descending ? 1U : 0U));
  return mix(hash, key.shape.prefix_nulls);
}

Result<SqliteStatement*> SqliteSession::statement(Operation operation, const TableSpec& table,
                                                  const QueryShape& shape) {
  const Key key{operation, &table, shape};
  const auto known = statements_.find(key);
  if (known != statements_.end()) return &known->second;
  CURFEW_TRY(SqliteStatement fresh, connection_.prepare(sql_of(operation, table, shape)));
  return &statements_.emplace(key, std::move(fresh)).first->second;
}

Status SqliteSession::run(const char* command) {
  auto known = commands_.find(command);
  if (known == commands_.end()) {
    CURFEW_TRY(SqliteStatement fresh, connection_.prepare(command));
    known = commands_.emplace(command, std::move(fresh)).first;
  }
  const SqliteUse use{known->second};
  const int code = known->second.step();
  if (code != SQLITE_DONE) return sqlite_error(code, std::string{"database: "} + command);
  return Done{};
}

Error SqliteTx::failed(int code, const TableSpec& table) {
  const bool taken = code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE;
  if (taken) return taken_key(table);
  Error error = sqlite_error(code, "table " + std::string{table.name});
  if (!failure_) failure_ = error;
  return error;
}

Result<SqliteStatement*> SqliteTx::prepared(Operation operation, const TableSpec& table,
                                            const QueryShape& shape) {
  Result<SqliteStatement*> statement = session_.statement(operation, table, shape);
  if (!statement.ok() && !failure_) failure_ = statement.error();
  return statement;
}

Result<SqliteStatement*> SqliteTx::prepared_for(Operation operation, const Query& query) {
  CURFEW_TRY_STATUS(check_query(query));
  const TableSpec& table = *query.table;
  const QueryShape shape = shape_of(query);
  CURFEW_TRY(SqliteStatement * statement, prepared(operation, table, shape));
  int at = 1;
  for (std::size_t place = 0; place < query.prefix.size(); ++place) {
    if (is_null(query.prefix[place])) continue;  // it is in the text, as IS NULL
    const std::size_t column = *order_column(table, shape.index, place);
    statement->bind(at++, query.prefix[place], table.columns[column].type);
  }
  for (const Value* bound : {&query.above, &query.below}) {
    if (is_null(*bound)) continue;
    const std::size_t column = *order_column(table, shape.index, query.prefix.size());
    statement->bind(at++, *bound, table.columns[column].type);
  }
  statement->bind_integer(at, query.limit == 0 ? -1 : static_cast<std::int64_t>(query.limit));
  return statement;
}

Result<std::optional<Row>> SqliteTx::find(const TableSpec& table, const std::vector<Value>& key) {
  CURFEW_TRY_STATUS(check_key(table, key));
  CURFEW_TRY(SqliteStatement * statement, prepared(Operation::find, table));
  const SqliteUse use{*statement};
  bind_leading(*statement, table, key);
  const int code = statement->step();
  if (code == SQLITE_DONE) return std::optional<Row>{};
  if (code != SQLITE_ROW) return failed(code, table);
  return std::optional{current_row(*statement, table)};
}

Result<std::vector<Row>> SqliteTx::scan(const Query& query) {
  CURFEW_TRY(SqliteStatement * statement, prepared_for(Operation::scan, query));
  const SqliteUse use{*statement};
  std::vector<Row> rows;
  int code = statement->step();
  for (; code == SQLITE_ROW; code = statement->step()) {
    rows.push_back(current_row(*statement, *query.table));
  }
  if (code != SQLITE_DONE) return failed(code, *query.table);
  return rows;
}

Result<std::uint64_t> SqliteTx::count(const Query& query) {
  CURFEW_TRY(SqliteStatement * statement, prepared_for(Operation::count, query));
  const SqliteUse use{*statement};
  const int code = statement->step();
  if (code != SQLITE_ROW) return failed(code, *query.table);
  return static_cast<std::uint64_t>(statement->integer(0));
}

Status SqliteTx::store_row(Operation operation, const TableSpec& table, const Row& row) {
  CURFEW_TRY_STATUS(check_row(table, row));
  CURFEW_TRY(SqliteStatement * statement, prepared(operation, table));
  note_change(table);
  const SqliteUse use{*statement};
  bind_leading(*statement, table, row);
  const int code = statement->step();
  if (code != SQLITE_DONE) return failed(code, table);
  return Done{};
}

Status SqliteTx::insert(const TableSpec& table, const Row& row) {
  return store_row(Operation::insert, table, row);
}

// Most of what is put is stored already, and changes nothing that an index holds: then one page is
// written instead of one for each index. Whether it was so.
Result<bool> SqliteTx::update_in_place(const TableSpec& table, const Row& row) {
  if (!updates_in_place(table)) return false;
  CURFEW_TRY_STATUS(store_row(Operation::update, table, row));
  return sqlite3_changes(session_.connection().handle()) != 0;
}

Status SqliteTx::put(const TableSpec& table, const Row& row) {
  CURFEW_TRY(const bool updated, update_in_place(table, row));
  return updated ? Status{Done{}} : store_row(Operation::put, table, row);
}

Result<bool> SqliteTx::erase(const TableSpec& table, const std::vector<Value>& key) {
  CURFEW_TRY_STATUS(check_key(table, key));
  CURFEW_TRY(SqliteStatement * statement, prepared(Operation::erase, table));
  note_change(table);
  const SqliteUse use{*statement};
  bind_leading(*statement, table, key);
  const int code = statement->step();
  if (code != SQLITE_DONE) return failed(code, table);
  return sqlite3_changes(session_.connection().handle()) != 0;
}

}  // namespace curfew
