// apps/curfew-gate/log_level.hpp: the option --log-level of commands that run until a signal.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/log.hpp"

namespace curfew {

inline void add_log_level_option(CLI::App& command, std::string& name) {
  command.add_option("--log-level", name, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
}

// Of a name that the option takes.
[[nodiscard]] inline LogLevel log_level_of(const std::string& name) {
  return parse_log_level(name).value_or(LogLevel::info);
}

}  // namespace curfew
