// store/shape.hpp: do rows, keys and queries fit the description of their table; for every store.
//
// A misfit is our own mistake and never the user's: `internal`. It is an error and not a failed
// check, so that one wrong query ends one request and not the server. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "store/spec.hpp"

namespace curfew {

// Number, types and NULLs of a whole row.
[[nodiscard]] Status check_row(const TableSpec& table, const Row& row);

// Number and types of a primary key's values.
[[nodiscard]] Status check_key(const TableSpec& table, const std::vector<Value>& key);

// The query's table is there, its index known, its prefix and bounds of the right number and types.
[[nodiscard]] Status check_query(const Query& query);

// `conflict`: a row with this key, or the same unique value, is there. Told to whoever asked for
// it, so in words that need no knowledge of the database; who knows more of it asks before.
[[nodiscard]] Error taken_key(const TableSpec& table);

// The index that the query names; null for the primary key (or an index that check_query refuses).
[[nodiscard]] const IndexSpec* index_of(const Query& query);

// The columns that a scan is ordered by: those of the index (null: of the primary key), then those
// of the primary key that the index does not have. Positions in table.columns; `at` counts from 0;
// nothing past the last.
[[nodiscard]] std::optional<std::size_t> order_column(const TableSpec& table,
                                                      const IndexSpec* index, std::size_t at);
[[nodiscard]] std::vector<std::size_t> order_columns(const TableSpec& table,
                                                     const IndexSpec* index);

[[nodiscard]] inline bool is_null(const Value& value) {
  return std::holds_alternative<std::monostate>(value);
}

}  // namespace curfew
