// revocation/prior_assignments.hpp: the assignments that a run of before removed in one step, as
// its prior value. Runs of now have one step for each (revocation/parts/assignments.cpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/application.hpp"

namespace curfew {

inline constexpr std::string_view kOldAssignmentsConnector = "local.assignments";

// The applications' ids, parted by line ends.
[[nodiscard]] std::vector<AppId> decode_assignments(std::string_view text);

}  // namespace curfew
