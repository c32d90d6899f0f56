// store/newest_first.hpp: pages of what is listed by time, the newest first.
//
// A page goes on from a place, not from a time: several rows may have the same millisecond, and a
// page may end between them.
#pragma once

#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "store/mapping.hpp"

namespace curfew {

// Of a row in such a list.
struct TimePlace {
  TimePoint at{};
  std::string id;
  friend bool operator==(const TimePlace&, const TimePlace&) = default;
};

// Up to query.limit rows that come after `before`, or the first ones; with `before` the limit is
// not 0. The query names an index, and a prefix that leaves its last column, a time; the primary
// key adds the id alone.
template <typename T>
[[nodiscard]] Result<std::vector<T>> scan_newest_first(ReadTx& tx, Query query,
                                                       const std::optional<TimePlace>& before) {
  query.descending = true;
  if (!before) return scan_as<T>(tx, query);
  const Value at = to_unix_millis(before->at);
  Query same_time = query;
  same_time.prefix.push_back(at);
  same_time.below = before->id;
  CURFEW_TRY(std::vector<T> rows, scan_as<T>(tx, same_time));
  if (rows.size() == query.limit) return rows;
  query.below = at;
  query.limit -= rows.size();
  CURFEW_TRY(std::vector<T> earlier, scan_as<T>(tx, query));
  rows.insert(rows.end(), std::make_move_iterator(earlier.begin()),
              std::make_move_iterator(earlier.end()));
  return rows;
}

}  // namespace curfew
