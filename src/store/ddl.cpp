#include "store/ddl.hpp"

#include <sqlite3.h>

#include "base/check.hpp"

namespace curfew {

namespace {

std::string_view sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::text: return "TEXT";
    case ColumnType::integer: return "INTEGER";
    case ColumnType::bytes: return "BLOB";
  }
  CURFEW_CHECK(false);
}

template <typename Positions>
std::string name_list(const TableSpec& table, const Positions& positions) {
  std::string out;
  for (const std::size_t at : positions) {
    if (!out.empty()) out += ", ";
    out += sql_name(table.columns[at].name);
  }
  return out;
}

}  // namespace

std::string sql_name(std::string_view name) {
  // Names are literals of ours; a quote inside of one would be a mistake.
  CURFEW_CHECK(!name.empty() && name.find('"') == std::string_view::npos);
  if (sqlite3_keyword_check(name.data(), static_cast<int>(name.size())) == 0) {
    return std::string{name};
  }
  return '"' + std::string{name} + '"';
}

std::string ddl_of(const TableSpec& table) {
  std::string sql = "CREATE TABLE " + sql_name(table.name) + " (\n";
  for (const ColumnSpec& column : table.columns) {
    sql += "  " + sql_name(column.name) + " " + std::string{sql_type(column.type)};
    sql += column.nullable ? ",\n" : " NOT NULL,\n";
  }
  std::vector<std::size_t> key;
  for (std::size_t at = 0; at < table.key_column_count; ++at) key.push_back(at);
  sql += "  PRIMARY KEY (" + name_list(table, key) + ")\n) STRICT, WITHOUT ROWID;\n";
  for (const IndexSpec& index : table.indexes) {
    sql += index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
    sql += sql_name(index.name) + " ON " + sql_name(table.name) + " (";
    sql += name_list(table, index.columns) + ");\n";
  }
  return sql;
}

}  // namespace curfew
