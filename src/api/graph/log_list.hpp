// api/graph/log_list.hpp: what the lists of the audit and of the sign-in log have in common: they
// are by time, the newest first unless asked otherwise, and long.
#pragma once

#include <optional>
#include <string_view>

#include "api/graph/graph_call.hpp"
#include "base/clock.hpp"

namespace curfew {

// Which way the list goes: $orderby names the time or nothing; 400 for anything else.
[[nodiscard]] GraphResult<bool> goes_newest_first(const GraphCall& call,
                                                  std::string_view time_property);

// The times that every match of the $filter lies between, as far as it says so; both inclusive and
// never narrower than the filter. What a source need not read.
struct TimeBounds {
  std::optional<TimePoint> from;
  std::optional<TimePoint> to;
};
[[nodiscard]] TimeBounds time_bounds(const GraphCall& call, std::string_view time_property);

// The call without its $orderby, which the source has seen to; links to the next page keep it.
[[nodiscard]] GraphCall in_source_order(const GraphCall& call);

}  // namespace curfew
