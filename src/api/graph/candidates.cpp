#include "api/graph/candidates.hpp"

#include <algorithm>

namespace curfew {

namespace {

std::string text_of(const Row& row, std::size_t column) {
  const auto* text = std::get_if<std::string>(&row[column]);
  return text != nullptr ? *text : std::string{};
}

// Appends the rows of one query that are within the range; false once one is not.
Result<bool> append_rows(ReadTx& tx, const IndexPlace& index, const ValueRange& range, Query query,
                         std::size_t limit, std::vector<PagePlace>& places) {
  query.table = index.table;
  query.index = index.table_index;
  query.descending = range.descending;
  query.limit = limit - places.size();
  CURFEW_TRY(const std::vector<Row> rows, tx.scan(query));
  for (const Row& row : rows) {
    PagePlace place{text_of(row, index.value_column), text_of(row, index.id_column)};
    if (!range.holds(place.value)) return false;
    places.push_back(std::move(place));
  }
  return true;
}

std::vector<Value> with_value(std::vector<Value> prefix, const std::string& value) {
  prefix.emplace_back(value);
  return prefix;
}

}  // namespace

ValueRange ValueRange::starting_with(std::string_view prefix, bool descending) {
  ValueRange range{std::string{prefix}, std::string{prefix}, descending};
  // The next text that does not begin with it: the last byte that can grow does.
  while (!range.upper.empty() && range.upper.back() == '\xFF') range.upper.pop_back();
  if (!range.upper.empty()) {
    range.upper.back() = static_cast<char>(static_cast<unsigned char>(range.upper.back()) + 1);
  }
  return range;
}

Result<std::vector<PagePlace>> read_index(ReadTx& tx, const IndexPlace& index,
                                          const ValueRange& range,
                                          const std::optional<PagePlace>& after,
                                          std::size_t limit) {
  std::vector<PagePlace> places;
  // What is left of the rows with the very value that the page before ended in; or, at the
  // beginning, those with the lowest value: a bound of a query leaves its own value out.
  const bool from_lowest = !after && !range.descending && !range.lower.empty();
  const bool has_ties = index.value_column != index.id_column;  // else each value is there once
  if ((after && has_ties) || from_lowest) {
    Query ties;
    ties.prefix = with_value(index.prefix, after ? after->value : range.lower);
    if (after) (range.descending ? ties.below : ties.above) = after->id;
    CURFEW_TRY(const bool goes_on, append_rows(tx, index, range, ties, limit, places));
    if (!goes_on) return places;
  }
  if (places.size() >= limit) return places;
  Query rest;
  rest.prefix = index.prefix;
  if (!range.descending) {
    if (after || from_lowest) rest.above = after ? after->value : range.lower;
  } else if (after) {
    rest.below = after->value;
  } else if (!range.upper.empty()) {
    rest.below = range.upper;
  }
  CURFEW_TRY([[maybe_unused]] const bool goes_on,
             append_rows(tx, index, range, rest, limit, places));
  return places;
}

}  // namespace curfew
