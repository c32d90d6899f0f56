// api/graph/graph_list.hpp: from the candidates of a list to the page that was asked for: filter,
// search, order, count, page.
//
// Reading is done in slices, each in a snapshot of its own in which the caller is asked for again,
// and other requests of the thread run between them, and whenever kSliceTime has passed. A page
// that would need more than kRowsAPageMax rows is sent as far as it got, with a nextLink; clients
// follow links also from short pages.
#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_call.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "protocol/odata/bound_filter.hpp"
#include "protocol/odata/search.hpp"

namespace curfew {

inline constexpr std::size_t kRowsAtOnce = 200;
inline constexpr Duration kSliceTime{5};
inline constexpr std::size_t kRowsAPageMax = 20'000;
inline constexpr std::size_t kRowsACountMax = 250'000;
// Lists that count or sort at the same time in the whole process; more are answered with 429.
inline constexpr int kLongWalksMax = 4;
// Rows that are put in order by something that no index is in the order of.
inline constexpr std::size_t kRowsSortedMax = 5'000;

// $filter and $search, bound to the properties of one kind.
struct ListQuery {
  std::optional<BoundFilter> filter;
  std::optional<BoundSearch> search;

  [[nodiscard]] bool is_everything() const { return !filter && !search; }
  [[nodiscard]] bool matches(const PropertyReader& row) const {
    return (!filter || filter->matches(row)) && (!search || search->matches(row));
  }
};
[[nodiscard]] GraphResult<ListQuery> bind_query(const GraphCall& call,
                                                std::span<const PropertyRule> rules);

// The order asked for: one property at the most.
struct ListOrder {
  std::size_t property = 0;
  bool descending = false;
};
[[nodiscard]] GraphResult<std::optional<ListOrder>> bind_order(const GraphCall& call,
                                                               std::span<const PropertyRule> rules,
                                                               std::string_view type);

// Lets what else waits on this thread run first.
[[nodiscard]] Task<Done> yield_to_others();

// Order of values in a list: null first, text without case.
[[nodiscard]] std::string sort_text(const PropertyValue& value);

// One of kLongWalksMax places, held while it lives.
class LongWalk {
 public:
  LongWalk();
  ~LongWalk();
  LongWalk(const LongWalk&) = delete;
  LongWalk& operator=(const LongWalk&) = delete;
  [[nodiscard]] bool has_place() const { return has_place_; }

 private:
  bool has_place_;
};
[[nodiscard]] GraphError too_many_walks();
[[nodiscard]] GraphError too_many_to_sort();
[[nodiscard]] GraphError too_many_to_count();

// Whether @odata.count is due: asked for, in an advanced query, on the first page.
[[nodiscard]] bool wants_count(const GraphCall& call);

template <typename T, typename View>
struct Listing {
  const EntityKind<View>& kind;
  std::shared_ptr<const Candidates<T>> candidates;
  std::function<View(const GraphCall&, T)> view;
  // The candidates come in the order that was asked for.
  bool is_ordered = true;
  // "@odata.type" on each, where the collection holds several kinds.
  bool shows_type = false;
  std::string fragment{};  // of the context URL; empty: the kind's own
  // How many there are of the whole kind, where the list is all of it: answers $count at once.
  std::function<Result<std::uint64_t>(ReadTx&)> count_all{};
  // What $expand adds to one object; none: $expand is refused.
  std::function<GraphResult<Done>(const GraphCall&, const View&, boost::json::object&)> expand{};
};

namespace detail {

template <typename T, typename View>
struct Page {
  std::vector<std::pair<PagePlace, View>> rows;
  std::optional<PagePlace> goes_on_after;
};

// Calls `use(place, view)` for each match until it says false, or `rows_max` rows were looked at.
// The place after which it goes on; nothing at the end of the list.
template <typename T, typename View, typename Use>
Task<GraphResult<std::optional<PagePlace>>> walk(const GraphCall& call,
                                                 const Listing<T, View>& listing,
                                                 const ListQuery& query,
                                                 std::optional<PagePlace> after,
                                                 std::size_t rows_max, Use use) {
  std::size_t looked_at = 0;
  const auto next = [&](ReadTx& tx) -> Result<CandidateBatch<T>> {
    CURFEW_TRY_STATUS(check_caller(tx, call));
    return listing.candidates->next(tx, after, kRowsAtOnce);
  };
  while (true) {
    Duration began = call.context.clock.since_boot();
    auto batch = read_value<CandidateBatch<T>>(call.context.store, next);
    if (!batch.ok()) co_return batch.error();
    for (Candidate<T>& row : batch->rows) {
      if (call.context.clock.since_boot() - began >= kSliceTime) {
        co_await yield_to_others();
        began = call.context.clock.since_boot();
      }
      View view = listing.view(call, std::move(row.object));
      if (!query.matches(ViewReader<View>{listing.kind, view})) continue;
      if (!use(row.place, std::move(view))) co_return after;
      after = row.place;
    }
    if (batch->is_end) co_return std::optional<PagePlace>{};
    after = batch->last;
    looked_at += kRowsAtOnce;
    if (looked_at >= rows_max) co_return after;
    co_await yield_to_others();
  }
}

template <typename T, typename View>
Task<GraphResult<Page<T, View>>> read_in_order(const GraphCall& call,
                                               const Listing<T, View>& listing,
                                               const ListQuery& query,
                                               std::optional<PagePlace> after, std::size_t size) {
  Page<T, View> page;
  auto use = [&page, size](const PagePlace& place, View view) {
    if (page.rows.size() == size) return false;
    page.rows.emplace_back(place, std::move(view));
    return true;
  };
  CURFEW_CO_TRY(page.goes_on_after,
                co_await walk(call, listing, query, std::move(after), kRowsAPageMax, use));
  // The walk stopped at the first row too many: the page goes on after the last one that fits.
  if (page.goes_on_after && page.rows.size() == size) page.goes_on_after = page.rows.back().first;
  co_return page;
}

template <typename T, typename View>
Task<GraphResult<Page<T, View>>> read_sorted(const GraphCall& call, const Listing<T, View>& listing,
                                             const ListQuery& query, ListOrder order,
                                             std::optional<PagePlace> after, std::size_t size) {
  const LongWalk walking;
  if (!walking.has_place()) co_return too_many_walks();
  std::vector<std::pair<PagePlace, View>> all;
  auto use = [&](const PagePlace& place, View view) {
    const ViewReader<View> reader{listing.kind, view};
    all.emplace_back(PagePlace{sort_text(reader.value(order.property)), place.id}, std::move(view));
    return all.size() <= kRowsSortedMax;
  };
  CURFEW_CO_TRY(const auto rest,
                co_await walk(call, listing, query, std::nullopt, kRowsACountMax, use));
  if (rest || all.size() > kRowsSortedMax) co_return too_many_to_sort();
  std::ranges::sort(all, [&](const auto& a, const auto& b) {
    return order.descending ? b.first < a.first : a.first < b.first;
  });
  Page<T, View> page;
  for (auto& row : all) {
    const bool is_before = after && (order.descending ? row.first >= *after : row.first <= *after);
    if (is_before) continue;
    if (page.rows.size() == size) {
      page.goes_on_after = page.rows.back().first;
      break;
    }
    page.rows.push_back(std::move(row));
  }
  co_return page;
}

template <typename T, typename View>
Task<GraphResult<std::uint64_t>> count_matches(const GraphCall& call,
                                               const Listing<T, View>& listing,
                                               const ListQuery& query) {
  if (query.is_everything() && listing.count_all) {
    const auto count = read_value<std::uint64_t>(call.context.store, listing.count_all);
    if (!count.ok()) co_return count.error();
    co_return *count;
  }
  const LongWalk walking;
  if (!walking.has_place()) co_return too_many_walks();
  std::uint64_t count = 0;
  auto use = [&count](const PagePlace& /*place*/, const View& /*view*/) {
    ++count;
    return true;
  };
  CURFEW_CO_TRY(const auto rest,
                co_await walk(call, listing, query, std::nullopt, kRowsACountMax, use));
  if (rest) co_return too_many_to_count();
  co_return count;
}

template <typename T, typename View>
GraphResult<boost::json::object> show_one(const GraphCall& call, const Listing<T, View>& listing,
                                          const View& view, const Selection& selection) {
  boost::json::object shown;
  if (listing.shows_type) {
    shown["@odata.type"] = "#microsoft.graph." + std::string{listing.kind.type()};
  }
  for (auto& member : listing.kind.show(view, selection)) {
    shown[member.key()] = std::move(member.value());
  }
  if (!call.options.expand.empty()) {
    if (!listing.expand) return GraphError::bad_request("$expand is not supported here.");
    CURFEW_TRY_STATUS(listing.expand(call, view, shown));
  }
  return shown;
}

}  // namespace detail

// The page of the list that the call asks for.
template <typename T, typename View>
Task<GraphOutcome> answer_list(const GraphCall& call, Listing<T, View> listing) {
  CURFEW_CO_TRY(const Selection selection, listing.kind.select(call.options.select));
  CURFEW_CO_TRY(const ListQuery query, bind_query(call, listing.kind.rules()));
  CURFEW_CO_TRY(const std::optional<ListOrder> order,
                bind_order(call, listing.kind.rules(), listing.kind.type()));
  CURFEW_CO_TRY(std::optional<PagePlace> after, page_place(call));
  const std::size_t size = page_size(call.options);

  boost::json::object body;
  body["@odata.context"] = call.context_url(
      listing.fragment.empty() ? listing.kind.fragment(call.options.select) : listing.fragment);
  if (wants_count(call)) {
    CURFEW_CO_TRY(const std::uint64_t count, co_await detail::count_matches(call, listing, query));
    body["@odata.count"] = count;
  }
  detail::Page<T, View> page;
  if (order && !listing.is_ordered) {
    CURFEW_CO_TRY(page, co_await detail::read_sorted(call, listing, query, *order, after, size));
  } else {
    CURFEW_CO_TRY(page, co_await detail::read_in_order(call, listing, query, after, size));
  }
  if (page.goes_on_after) body["@odata.nextLink"] = next_link(call, *page.goes_on_after);
  boost::json::array value;
  for (const auto& [place, view] : page.rows) {
    CURFEW_CO_TRY(boost::json::object shown, detail::show_one(call, listing, view, selection));
    value.push_back(std::move(shown));
  }
  body["value"] = std::move(value);
  co_return GraphAnswer::json(std::move(body));
}

// The /$count segment: plain text, for advanced queries only.
template <typename T, typename View>
Task<GraphOutcome> answer_count(const GraphCall& call, Listing<T, View> listing) {
  if (!call.advanced) co_return GraphError::bad_request("$count is not currently supported.");
  CURFEW_CO_TRY(const ListQuery query, bind_query(call, listing.kind.rules()));
  CURFEW_CO_TRY(const std::uint64_t count, co_await detail::count_matches(call, listing, query));
  GraphAnswer answer;
  answer.text = std::to_string(count);
  co_return answer;
}

// One object: "users/$entity".
template <typename T, typename View>
GraphOutcome answer_entity(const GraphCall& call, const Listing<T, View>& listing,
                           const View& view) {
  CURFEW_TRY(const Selection selection, listing.kind.select(call.options.select));
  boost::json::object body;
  body["@odata.context"] =
      call.context_url(listing.kind.fragment(call.options.select) + "/$entity");
  CURFEW_TRY(boost::json::object shown, detail::show_one(call, listing, view, selection));
  for (auto& member : shown) body[member.key()] = std::move(member.value());
  return GraphAnswer::json(std::move(body));
}

}  // namespace curfew
