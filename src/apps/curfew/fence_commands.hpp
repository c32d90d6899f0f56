// apps/curfew/fence_commands.hpp: `curfew fence`: how far the gates are with the newest fence, and
// what they had as blocked that the restored backup had lost.
#pragma once

#include <CLI/App.hpp>

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_fence_commands(CLI::App& app, const Choose& choose);

}  // namespace curfew
