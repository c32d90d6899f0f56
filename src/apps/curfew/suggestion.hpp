// apps/curfew/suggestion.hpp: what to say to a command that there is not. Pure.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

// The one of `known` that `word` was probably meant to be: at most two changed, missing, extra or
// swapped letters away, and no further than half of the word.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& known);

// If `args` (without the program's name) name a command that there is not: what is wrong, the
// nearest one, and where to look.
[[nodiscard]] std::optional<std::string> unknown_command(const CLI::App& app,
                                                         const std::vector<std::string>& args);

}  // namespace curfew
