// apps/curfew/add_commands.hpp: the options of `curfew NOUN add`, and the verbs that only one noun
// has.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/curfew/connection.hpp"
#include "apps/curfew/terminal.hpp"

namespace curfew {

// What a parsed command does once there is a server to ask.
using Action = std::function<Exit(Connection& server, const Terminal& terminal)>;

// Sets `chosen` when its command was given. Options live as long as the CLI::App.
using Choose = std::function<void(Action action)>;

void add_user_commands(CLI::App& noun, const Choose& choose);
void add_group_commands(CLI::App& noun, const Choose& choose);
void add_app_commands(CLI::App& noun, const Choose& choose);
void add_device_commands(CLI::App& noun, const Choose& choose);
void add_key_commands(CLI::App& noun, const Choose& choose);

// For CLI::Option::check(): an empty name would ask for the list that it is in.
[[nodiscard]] std::string not_empty(const std::string& text);

}  // namespace curfew
