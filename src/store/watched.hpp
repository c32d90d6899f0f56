// store/watched.hpp: which tables are the directory, so that each change of their rows is logged.
//
// A Mapping with a member `watched` says so. add(), save() and remove() of store/mapping.hpp then
// write a DirectoryChange in the same transaction, and no one else has to think of it. A row that
// is stored again as it was, or in whose quiet columns alone something changed, is no change.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"

namespace curfew {

struct WatchedTable {
  std::string_view object_kind;  // Graph's name: "user"
  std::size_t id_column = 1;
  // Rows that are a link of the object, or a part of it: their name and the other end's column.
  std::string_view link = {};
  std::size_t link_column = 0;
  // Changes of these alone are not logged: what a sign-in moves.
  std::vector<std::string_view> quiet = {};
  // Lists of which each element that comes or goes is named.
  std::vector<std::string_view> spelled_out = {};
  // The objects here are gone from the directory already: only their end is logged.
  bool holds_deleted = false;
};

Status add_watched(WriteTx& tx, const TableSpec& table, const WatchedTable& watched,
                   const Row& row);
Status save_watched(WriteTx& tx, const TableSpec& table, const WatchedTable& watched,
                    const Row& row);
Result<bool> remove_watched(WriteTx& tx, const TableSpec& table, const WatchedTable& watched,
                            const std::vector<Value>& key);

}  // namespace curfew
