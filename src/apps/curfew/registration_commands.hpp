// apps/curfew/registration_commands.hpp: `curfew app registration-token`: the tokens with which
// applications may register themselves.
#pragma once

#include "apps/curfew/add_commands.hpp"

namespace curfew {

// Adds `registration-token create`, `list` and `remove` below `app_noun`.
void add_registration_commands(CLI::App& app_noun, const Choose& choose);

}  // namespace curfew
