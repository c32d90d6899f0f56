// revocation/prior_assignments.hpp: the assignments that a run removed, as a step's prior value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/application.hpp"

namespace curfew {

// The applications' ids, parted by line ends: what is needed to assign the subject again.
[[nodiscard]] std::string encode_assignments(const std::vector<AppAssignment>& assignments);
[[nodiscard]] std::vector<AppId> decode_assignments(std::string_view text);

}  // namespace curfew
