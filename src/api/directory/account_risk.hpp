// api/directory/account_risk.hpp: what an administrator said of a person's account.
#pragma once

#include <string_view>

namespace curfew {

// An object with "riskState" among the stored properties; and the name under which the index has
// everybody of whom something was said.
inline constexpr std::string_view kRiskProperty = "riskyUser";

}  // namespace curfew
