// store/ddl.hpp: the SQL that makes a table and its indexes, from its description.
//
// The migrations in store/migrations are written by hand and are what runs; this is what they are
// compared with, and what a developer copies a new table from.
#pragma once

#include <string>
#include <string_view>

#include "store/spec.hpp"

namespace curfew {

// The name as SQL takes it: in double quotes where SQL has the word for itself.
[[nodiscard]] std::string sql_name(std::string_view name);

// CREATE TABLE and one CREATE INDEX for each index, each ending in ";\n". The table is STRICT, and
// WITHOUT ROWID: rows lie in the order of the key, so a look-up by key is one search.
[[nodiscard]] std::string ddl_of(const TableSpec& table);

}  // namespace curfew
