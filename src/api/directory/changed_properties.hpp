// api/directory/changed_properties.hpp: what a change changed, in the audit's words
// (model/changed_property.hpp): first what is the row's, then what is stored beside it.
//
// The values that are said are those of breakGlass and riskState, which tell what to set again and
// nothing of who somebody is. Pure.
#pragma once

#include <string>

#include "model/directory.hpp"

namespace curfew {

[[nodiscard]] std::string changed_properties(const User& before, const User& after);
[[nodiscard]] std::string changed_properties(const Device& before, const Device& after);
[[nodiscard]] std::string changed_properties(const Group& before, const Group& after);

}  // namespace curfew
