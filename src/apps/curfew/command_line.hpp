// apps/curfew/command_line.hpp: the commands of `curfew` and their options, in one place.
#pragma once

namespace curfew {

// Parses, runs, and gives the process's exit status (apps/curfew/terminal.hpp, Exit).
[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace curfew
