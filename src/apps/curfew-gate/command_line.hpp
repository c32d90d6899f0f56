// apps/curfew-gate/command_line.hpp: the commands of `curfew-gate` and their options.
#pragma once

namespace curfew {

// Parses, runs, and gives the process's exit status (apps/curfew/terminal.hpp, Exit).
[[nodiscard]] int run_gate_command_line(int argc, char** argv);

}  // namespace curfew
