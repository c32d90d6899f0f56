#include "api/graph/log_list.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "protocol/odata/filter.hpp"

namespace curfew {

namespace {

std::optional<TimePoint> time_of(const FilterNode& node) {
  if (node.literals.size() != 1 || node.literals.front().kind != LiteralKind::date_time) {
    return std::nullopt;
  }
  const std::string& text = node.literals.front().text;
  const auto whole = parse_rfc3339(text);
  return whole ? whole : parse_rfc3339(text + "T00:00:00Z");
}

void narrow(const FilterNode& node, std::string_view property, TimeBounds& bounds) {
  if (node.kind == FilterKind::conjunction) {
    for (const FilterNode& child : node.children) narrow(child, property, bounds);
    return;
  }
  const bool is_meant =
      node.path.segments.size() == 1 && ascii_iequals(node.path.segments.front(), property);
  const auto at = is_meant ? time_of(node) : std::nullopt;
  if (!at) return;
  const bool is_equal = node.kind == FilterKind::eq;
  if (is_equal || node.kind == FilterKind::ge || node.kind == FilterKind::gt) {
    bounds.from = std::max(bounds.from.value_or(*at), *at);
  }
  if (is_equal || node.kind == FilterKind::le || node.kind == FilterKind::lt) {
    bounds.to = std::min(bounds.to.value_or(*at), *at);
  }
}

}  // namespace

GraphResult<bool> goes_newest_first(const GraphCall& call, std::string_view time_property) {
  const auto& wanted = call.options.order_by;
  if (wanted.empty()) return true;
  if (wanted.size() > 1 || !ascii_iequals(wanted.front().path, time_property)) {
    return GraphError{400, graph_code::kUnsupportedQuery,
                      "This list is ordered by " + std::string{time_property} + " only."};
  }
  return wanted.front().is_descending;
}

TimeBounds time_bounds(const GraphCall& call, std::string_view time_property) {
  TimeBounds bounds;
  if (!call.options.filter) return bounds;
  const auto parsed = parse_filter(*call.options.filter);
  if (parsed.ok()) narrow(*parsed, time_property, bounds);
  return bounds;
}

GraphCall in_source_order(const GraphCall& call) {
  GraphCall plain = call;
  plain.options.order_by.clear();
  return plain;
}

}  // namespace curfew
