// apps/curfew/source_commands.hpp: `curfew source add|set|enable|disable|token`: the other verbs
// are those of every noun.
#pragma once

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_source_commands(CLI::App& noun, const Choose& choose);

}  // namespace curfew
