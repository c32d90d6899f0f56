#include "store/shape.hpp"

#include <algorithm>
#include <string>

namespace curfew {

namespace {

bool fits(const ColumnSpec& column, const Value& value) {
  if (is_null(value)) return column.nullable;
  switch (column.type) {
    case ColumnType::integer: return std::holds_alternative<std::int64_t>(value);
    case ColumnType::text:
    case ColumnType::bytes: return std::holds_alternative<std::string>(value);
  }
  return false;
}

Error misfit(const TableSpec& table, std::string_view what) {
  return Error::permanent(ErrorCode::internal,
                          "table " + std::string{table.name} + ": " + std::string{what});
}

Error misfit(const TableSpec& table, const ColumnSpec& column) {
  return misfit(table, "the value of " + std::string{column.name} + " has the wrong type");
}

}  // namespace

Error taken_key(const TableSpec& table) {
  return Error::permanent(ErrorCode::conflict,
                          std::string{table.name} + ": there is one with the same key already");
}

Status check_row(const TableSpec& table, const Row& row) {
  if (row.size() != table.columns.size()) return misfit(table, "a row has the wrong length");
  for (std::size_t at = 0; at < row.size(); ++at) {
    if (!fits(table.columns[at], row[at])) return misfit(table, table.columns[at]);
  }
  return Done{};
}

Status check_key(const TableSpec& table, const std::vector<Value>& key) {
  if (key.size() != table.key_column_count) return misfit(table, "a key has the wrong length");
  for (std::size_t at = 0; at < key.size(); ++at) {
    if (!fits(table.columns[at], key[at])) return misfit(table, table.columns[at]);
  }
  return Done{};
}

const IndexSpec* index_of(const Query& query) {
  if (query.index.empty()) return nullptr;
  for (const IndexSpec& index : query.table->indexes) {
    if (index.name == query.index) return &index;
  }
  return nullptr;
}

std::optional<std::size_t> order_column(const TableSpec& table, const IndexSpec* index,
                                        std::size_t at) {
  if (index == nullptr) return at < table.key_column_count ? std::optional{at} : std::nullopt;
  if (at < index->columns.size()) return index->columns[at];
  std::size_t left = at - index->columns.size();
  for (std::size_t key = 0; key < table.key_column_count; ++key) {
    if (std::find(index->columns.begin(), index->columns.end(), key) != index->columns.end()) {
      continue;
    }
    if (left == 0) return key;
    --left;
  }
  return std::nullopt;
}

std::vector<std::size_t> order_columns(const TableSpec& table, const IndexSpec* index) {
  std::vector<std::size_t> columns;
  while (const auto column = order_column(table, index, columns.size())) {
    columns.push_back(*column);
  }
  return columns;
}

Status check_query(const Query& query) {
  if (query.table == nullptr) {
    return Error::permanent(ErrorCode::internal, "a query names no table");
  }
  const TableSpec& table = *query.table;
  const IndexSpec* index = index_of(query);
  if (index == nullptr && !query.index.empty()) {
    return misfit(table, "there is no index " + std::string{query.index});
  }
  for (std::size_t at = 0; at < query.prefix.size(); ++at) {
    const auto column = order_column(table, index, at);
    if (!column) return misfit(table, "a query's prefix is longer than its index");
    if (!fits(table.columns[*column], query.prefix[at])) {
      return misfit(table, table.columns[*column]);
    }
  }
  if (is_null(query.above) && is_null(query.below)) return Done{};
  const auto bounded = order_column(table, index, query.prefix.size());
  if (!bounded) return misfit(table, "a query bounds a column past its index");
  for (const Value* bound : {&query.above, &query.below}) {
    if (!is_null(*bound) && !fits(table.columns[*bounded], *bound)) {
      return misfit(table, table.columns[*bounded]);
    }
  }
  return Done{};
}

}  // namespace curfew
