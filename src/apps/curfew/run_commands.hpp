// apps/curfew/run_commands.hpp: `curfew run report|keys|retry|close`.
#pragma once

#include <string>

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_run_commands(CLI::App& noun, const Choose& choose);

// A step's id, of its number in the run ("7", as `run show` gives it) or of the id itself.
[[nodiscard]] std::string whole_step_id(const std::string& run, const std::string& step);

}  // namespace curfew
