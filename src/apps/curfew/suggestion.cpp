#include "apps/curfew/suggestion.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace curfew {

namespace {

constexpr std::size_t kDistanceMax = 2;
constexpr std::size_t kWordBytesMax = 64;

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) steps[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) steps[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, replaced});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

const CLI::App* command_named(const CLI::App& app, std::string_view name) {
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

// An option of the program or of the command whose value is the next argument.
bool takes_next(const CLI::App& app, const std::string& arg) {
  if (arg.find('=') != std::string::npos) return false;
  const CLI::Option* const option = app.get_option_no_throw(arg);
  return option != nullptr && option->get_items_expected_max() != 0;
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kWordBytesMax) return std::nullopt;
  std::optional<std::string> best;
  std::size_t least = std::min(kDistanceMax, word.size() / 2) + 1;
  for (const std::string& name : known) {
    const std::size_t away = distance(word, name);
    if (away >= least) continue;
    least = away;
    best = name;
  }
  return best;
}

std::optional<std::string> unknown_command(const CLI::App& app,
                                           const std::vector<std::string>& args) {
  const CLI::App* at = &app;
  std::string path = app.get_name();
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--") return std::nullopt;
    if (arg.starts_with('-')) {
      if (takes_next(app, arg)) ++i;
      continue;
    }
    if (const CLI::App* const next = command_named(*at, arg)) {
      at = next;
      path += " " + arg;
      continue;
    }
    const std::vector<std::string> known = command_names(*at);
    if (known.empty()) return std::nullopt;
    const auto meant = nearest(arg, known);
    return "there is no command \"" + path + " " + escape_for_display(arg) + "\"" +
           (meant ? "; did you mean \"" + path + " " + *meant + "\"?" : ".") + " `" + path +
           " --help` lists what there is: " + join(known, ", ");
  }
  return std::nullopt;
}

}  // namespace curfew
