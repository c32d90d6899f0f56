#include "store/sql_text.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "store/ddl.hpp"
#include "store/shape.hpp"

namespace curfew {

namespace {

std::string all_columns(const TableSpec& table) {
  std::string out;
  for (const ColumnSpec& column : table.columns) {
    if (!out.empty()) out += ", ";
    out += sql_name(column.name);
  }
  return out;
}

std::string key_condition(const TableSpec& table) {
  std::string out;
  for (std::size_t at = 0; at < table.key_column_count; ++at) {
    if (at != 0) out += " AND ";
    out += sql_name(table.columns[at].name) + " = ?";
  }
  return out;
}

std::string condition(const TableSpec& table, const QueryShape& shape) {
  std::string out;
  const auto append = [&](std::size_t at, const char* test) {
    out += out.empty() ? " WHERE " : " AND ";
    out += sql_name(table.columns[*order_column(table, shape.index, at)].name) + test;
  };
  for (std::size_t at = 0; at < shape.prefix_size; ++at) {
    append(at, ((shape.prefix_nulls >> at) & 1) != 0 ? " IS NULL" : " = ?");
  }
  if (shape.above) append(shape.prefix_size, " > ?");
  if (shape.below) append(shape.prefix_size, " < ?");
  return out;
}

std::string source(const TableSpec& table, const QueryShape& shape) {
  std::string out = " FROM " + sql_name(table.name);
  // Named, so that the plan never depends on the planner's guess.
  if (shape.index != nullptr) out += " INDEXED BY " + sql_name(shape.index->name);
  return out + condition(table, shape);
}

std::string ordering(const TableSpec& table, const QueryShape& shape) {
  std::string out;
  for (std::size_t at = shape.prefix_size; const auto column = order_column(table, shape.index, at);
       ++at) {
    out += out.empty() ? " ORDER BY " : ", ";
    out += sql_name(table.columns[*column].name);
    if (shape.descending) out += " DESC";
  }
  return out;
}

bool is_indexed(const TableSpec& table, std::size_t column) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const IndexSpec& index) {
    return std::find(index.columns.begin(), index.columns.end(), column) != index.columns.end();
  });
}

}  // namespace

QueryShape shape_of(const Query& query) {
  QueryShape shape;
  shape.index = index_of(query);
  shape.prefix_size = query.prefix.size();
  CURFEW_CHECK(shape.prefix_size < 64);
  for (std::size_t at = 0; at < query.prefix.size(); ++at) {
    if (is_null(query.prefix[at])) shape.prefix_nulls |= std::uint64_t{1} << at;
  }
  shape.above = !is_null(query.above);
  shape.below = !is_null(query.below);
  shape.descending = query.descending;
  return shape;
}

bool updates_in_place(const TableSpec& table) {
  if (table.indexes.empty()) return false;
  for (std::size_t at = table.key_column_count; at < table.columns.size(); ++at) {
    if (!is_indexed(table, at)) return true;
  }
  return false;
}

std::string find_sql(const TableSpec& table) {
  return "SELECT " + all_columns(table) + " FROM " + sql_name(table.name) + " WHERE " +
         key_condition(table);
}

std::string insert_sql(const TableSpec& table) {
  std::string parameters;
  for (std::size_t at = 0; at < table.columns.size(); ++at) parameters += at == 0 ? "?" : ", ?";
  return "INSERT INTO " + sql_name(table.name) + " (" + all_columns(table) + ") VALUES (" +
         parameters + ")";
}

std::string put_sql(const TableSpec& table) {
  std::string key;
  std::string changes;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    const std::string name = sql_name(table.columns[at].name);
    if (at < table.key_column_count) {
      key += (key.empty() ? "" : ", ") + name;
    } else {
      changes += (changes.empty() ? "" : ", ") + name + " = excluded." + name;
    }
  }
  // Not OR REPLACE, which would remove other rows that have the same values in a unique index.
  return insert_sql(table) + " ON CONFLICT (" + key + ") DO " +
         (changes.empty() ? "NOTHING" : "UPDATE SET " + changes);
}

std::string update_sql(const TableSpec& table) {
  std::string changes;
  std::string conditions;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    const std::string name = sql_name(table.columns[at].name);
    const std::string value = "?" + std::to_string(at + 1);
    if (at < table.key_column_count) {
      conditions += (conditions.empty() ? "" : " AND ") + name + " = " + value;
    } else if (is_indexed(table, at)) {
      conditions += " AND " + name + " IS " + value;
    } else {
      changes += (changes.empty() ? "" : ", ") + name + " = " + value;
    }
  }
  CURFEW_CHECK(!changes.empty());
  return "UPDATE " + sql_name(table.name) + " SET " + changes + " WHERE " + conditions;
}

std::string erase_sql(const TableSpec& table) {
  return "DELETE FROM " + sql_name(table.name) + " WHERE " + key_condition(table);
}

std::string scan_sql(const TableSpec& table, const QueryShape& shape) {
  return "SELECT " + all_columns(table) + source(table, shape) + ordering(table, shape) +
         " LIMIT ?";
}

std::string count_sql(const TableSpec& table, const QueryShape& shape) {
  return "SELECT count(*) FROM (SELECT 1" + source(table, shape) + " LIMIT ?)";
}

}  // namespace curfew
