// apps/curfew/stream_commands.hpp: `curfew stream add|pause|resume`: the other verbs are those of
// every noun.
#pragma once

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_stream_commands(CLI::App& noun, const Choose& choose);

}  // namespace curfew
