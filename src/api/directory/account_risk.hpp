// api/directory/account_risk.hpp: what an administrator said of a person's account.
#pragma once

#include <string_view>

#include "model/directory.hpp"

namespace curfew {

// An object with "riskState" among the stored properties; and the name under which the index has
// everybody of whom something was said.
inline constexpr std::string_view kRiskProperty = "riskyUser";

// The state that says that somebody else may be in the account.
inline constexpr std::string_view kCompromisedState = "confirmedCompromised";
[[nodiscard]] bool is_said_to_be_compromised(const User& user);

}  // namespace curfew
