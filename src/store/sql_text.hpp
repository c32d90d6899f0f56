// store/sql_text.hpp: the SQL of each operation on a described table, for SQLite.
//
// Parameters are anonymous and bound in the order in which each function says. Columns are always
// named, so their order in the file does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "store/spec.hpp"

namespace curfew {

// What the text of a scan or count depends on, beside the table: everything but the values.
struct QueryShape {
  const IndexSpec* index = nullptr;  // null: the primary key
  std::size_t prefix_size = 0;
  std::uint64_t prefix_nulls = 0;  // bit i: the i-th value of the prefix is NULL
  bool above = false;
  bool below = false;
  bool descending = false;

  friend bool operator==(const QueryShape&, const QueryShape&) = default;
};

// Precondition: check_query(query).
[[nodiscard]] QueryShape shape_of(const Query& query);

[[nodiscard]] std::string find_sql(const TableSpec& table);    // the key
[[nodiscard]] std::string insert_sql(const TableSpec& table);  // the row
[[nodiscard]] std::string put_sql(const TableSpec& table);     // the row
// Whether update_sql() can do anything, and anything that put_sql() would not do as well.
[[nodiscard]] bool updates_in_place(const TableSpec& table);
// The row: changes one that is stored with the same key and the same values in every index, and
// leaves the indexes alone. Precondition: updates_in_place().
[[nodiscard]] std::string update_sql(const TableSpec& table);
[[nodiscard]] std::string erase_sql(const TableSpec& table);  // the key
// The prefix without its NULLs, above, below (those that are there), the limit (-1: none).
[[nodiscard]] std::string scan_sql(const TableSpec& table, const QueryShape& shape);
[[nodiscard]] std::string count_sql(const TableSpec& table, const QueryShape& shape);

}  // namespace curfew
