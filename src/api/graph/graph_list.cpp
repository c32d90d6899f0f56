#include "api/graph/graph_list.hpp"

#include <atomic>

#include "protocol/odata/filter.hpp"

namespace curfew {

namespace {

std::atomic<int> walks_under_way{0};

struct SortText {
  std::string operator()(std::monostate /*null*/) const { return ""; }
  std::string operator()(bool value) const { return value ? "1true" : "1false"; }
  std::string operator()(std::int64_t value) const {
    std::string digits = std::to_string(value);
    constexpr std::size_t kDigits = 20;
    return "1" + std::string(kDigits - digits.size(), '0') + digits;  // nothing here is negative
  }
  std::string operator()(TimePoint value) const { return (*this)(to_unix_millis(value)); }
  std::string operator()(std::string_view value) const { return "1" + ascii_lower(value); }
  std::string operator()(std::span<const std::string> values) const {
    return values.empty() ? std::string{} : "1" + ascii_lower(values.front());
  }
};

// Graph answers parse errors of a query with this code.
GraphError malformed(const Error& error) {
  return {400, graph_code::kMalformedQuery, error.message()};
}

}  // namespace

std::string sort_text(const PropertyValue& value) { return std::visit(SortText{}, value); }

LongWalk::LongWalk() : has_place_(walks_under_way.fetch_add(1) < kLongWalksMax) {}
LongWalk::~LongWalk() { walks_under_way.fetch_sub(1); }

GraphError too_many_walks() {
  return {429, "TooManyRequests",
          "Too many long lists are being counted or put in order; try again in a moment."};
}

GraphError too_many_to_sort() {
  return {400, graph_code::kUnsupportedQuery,
          "More than " + std::to_string(kRowsSortedMax) +
              " objects would have to be put in this order; add a $filter, or order by "
              "displayName or userPrincipalName."};
}

GraphError too_many_to_count() {
  return {400, graph_code::kUnsupportedQuery,
          "Too many objects would have to be looked at to count these; narrow the $filter."};
}

bool wants_count(const GraphCall& call) {
  return call.options.count.value_or(false) && call.advanced && !call.options.skip_token;
}

Task<Done> yield_to_others() {
  std::function<void(std::function<void(Done)>)> begin = [](const std::function<void(Done)>& go) {
    go(Done{});
  };
  co_return co_await await_callback<Done>(current_executor(), std::move(begin));
}

GraphResult<ListQuery> bind_query(const GraphCall& call, std::span<const PropertyRule> rules) {
  ListQuery query;
  if (call.options.filter) {
    const auto parsed = parse_filter(*call.options.filter);
    if (!parsed.ok()) return malformed(parsed.error());
    const bool counts =
        call.options.count.value_or(false) || call.request.http.path().ends_with("/$count");
    auto bound = bind_filter(*parsed, rules, call.advanced && counts);
    if (const auto* error = std::get_if<QueryError>(&bound)) return GraphError{*error};
    query.filter = std::get<BoundFilter>(std::move(bound));
  }
  if (call.options.search) {
    const auto parsed = parse_search(*call.options.search);
    if (!parsed.ok()) return malformed(parsed.error());
    auto bound = bind_search(*parsed, rules);
    if (const auto* error = std::get_if<QueryError>(&bound)) return GraphError{*error};
    query.search = std::get<BoundSearch>(std::move(bound));
  }
  return query;
}

GraphResult<std::optional<ListOrder>> bind_order(const GraphCall& call,
                                                 std::span<const PropertyRule> rules,
                                                 std::string_view type) {
  const std::vector<OrderByPath>& wanted = call.options.order_by;
  if (wanted.empty()) return std::optional<ListOrder>{};
  if (wanted.size() > 1) {
    return GraphError{400, graph_code::kUnsupportedQuery,
                      "A list is ordered by one property only."};
  }
  const auto found = find_property(rules, wanted.front().path);
  if (!found) return unknown_property(wanted.front().path, type);
  const std::string_view name = rules[*found].name;
  const bool is_plain = name == "displayName" || name == "userPrincipalName";
  const bool is_sortable = rules[*found].type != PropertyType::string_collection;
  if (!is_sortable || (!call.advanced && (!is_plain || call.options.filter))) {
    return GraphError{400, graph_code::kUnsupportedQuery,
                      "Sorting by '" + std::string{name} +
                          "' here needs an advanced query: $count=true and the header "
                          "ConsistencyLevel: eventual."};
  }
  return std::optional{ListOrder{*found, wanted.front().is_descending}};
}

}  // namespace curfew
