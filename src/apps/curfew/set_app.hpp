// apps/curfew/set_app.hpp: `curfew app set`: changes what an application is registered with.
#pragma once

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_app_set_command(CLI::App& noun, const Choose& choose);

}  // namespace curfew
