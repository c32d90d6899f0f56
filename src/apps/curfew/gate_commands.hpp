// apps/curfew/gate_commands.hpp: `curfew gate add`: the other verbs are those of every noun.
#pragma once

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_gate_commands(CLI::App& noun, const Choose& choose);

}  // namespace curfew
