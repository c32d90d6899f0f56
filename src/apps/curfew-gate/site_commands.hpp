// apps/curfew-gate/site_commands.hpp: `curfew-gate site add|show|list` and `curfew-gate serve`.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "apps/curfew/terminal.hpp"

namespace curfew {

// `choose` is called with what a command does when it was the one on the command line.
using SiteCommand = std::function<Exit(const Terminal&)>;
void add_site_commands(CLI::App& app, const std::function<void(SiteCommand)>& choose);

}  // namespace curfew
