// store/spec.hpp: the shape of stored rows: tables, columns, keys, indexes and the queries on them.
//
// Every store keeps the same tables. A table is described once, as data; a store implements find,
// scan, put and erase over descriptions, so that adding an entity adds no code to any store. Every
// table's first key column is the tenant, so that tenants can be spread over several databases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace curfew {

// What a cell holds: nothing (NULL), a whole number, or text or bytes. Booleans are 0 and 1, times
// milliseconds since 1970, positions pack()ed.
using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Row = std::vector<Value>;  // in the order of TableSpec::columns

enum class ColumnType { text, integer, bytes };

struct ColumnSpec {
  std::string_view name;
  ColumnType type = ColumnType::text;
  bool nullable = false;
};

struct IndexSpec {
  std::string_view name;
  std::vector<std::size_t> columns;  // positions in TableSpec::columns
  bool unique = false;               // a row with NULL in any of the columns does not take part
};

// Lives as long as the program.
struct TableSpec {
  std::string_view name;
  std::vector<ColumnSpec> columns;
  std::size_t key_column_count = 1;  // the primary key is the first so many columns
  std::vector<IndexSpec> indexes;
};

// Rows of one table in the order of an index (or of the primary key), ties in key order. Reads like
// an index is read: the first columns fixed, the next one bounded. Past its own columns an index
// goes on with those of the primary key that it lacks, so that prefix and bounds can page through
// ties. A NULL in the prefix finds NULL; a NULL in the bounded column is outside of every bound.
// Text and bytes are any bytes, ordered by them; NULL comes before everything.
struct Query {
  const TableSpec* table = nullptr;
  std::string_view index = {};     // empty: the primary key
  std::vector<Value> prefix = {};  // the first so many columns of the index equal these
  Value above = {};                // the next column is greater than this; NULL: no lower bound
  Value below = {};                // the next column is less than this; NULL: no upper bound
  bool descending = false;
  std::size_t limit = 0;  // 0: no limit; say why where it is used
};

}  // namespace curfew
