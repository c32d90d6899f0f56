// model/changed_property.hpp: the detail of an audit entry about a changed person, device or group.
//
// Graph's names of what was changed, joined by ", ", and after "=" the values of the few that are
// switches: "breakGlass=false, mail". No other value is there: they are personal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace curfew {

struct ChangedProperty {
  std::string_view name;
  std::string_view value;  // empty: not said
};

// Adds one at the end of a detail.
void append_changed_property(std::string& detail, const ChangedProperty& changed);

// The views are into `detail`.
[[nodiscard]] std::vector<ChangedProperty> parse_changed_properties(std::string_view detail);

}  // namespace curfew
