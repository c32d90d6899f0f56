// apps/curfew/completion.hpp: shell completion, made from the very commands that are parsed.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace curfew {

// A bash script that completes nouns, verbs and options; source it, or put it where bash-completion
// looks.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

}  // namespace curfew
