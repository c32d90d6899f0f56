// apps/curfew/target_commands.hpp: `curfew target add|set|enable|disable`: the other verbs are
// those of every noun.
#pragma once

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_target_commands(CLI::App& noun, const Choose& choose);

}  // namespace curfew
