// revocation/without_bound.hpp: how a connector says that what it cannot show may outlast the
// subject's tokens.
#pragma once

#include <string_view>

namespace curfew {

// The evidence of an observation that is `unobservable` begins with it, for the machine as for
// people: the bound that was planned for the step's paths, the tokens' expiry, is none.
inline constexpr std::string_view kWithoutBound = "without a bound: ";

}  // namespace curfew
