#include "apps/curfew/completion.hpp"

#include <CLI/CLI.hpp>

namespace curfew {

namespace {

std::string words_of(const CLI::App& command) {
  std::string words;
  for (const CLI::App* const sub : command.get_subcommands({})) words += sub->get_name() + " ";
  for (const CLI::Option* const option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  return words;
}

// One case for each command, by the words typed so far.
void add_cases(const CLI::App& command, const std::string& typed, std::string& out) {
  out += "    \"" + typed + "\") words=\"" + words_of(command) + "\" ;;\n";
  for (const CLI::App* const sub : command.get_subcommands({})) {
    add_cases(*sub, typed.empty() ? sub->get_name() : typed + " " + sub->get_name(), out);
  }
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  add_cases(app, "", cases);
  return "_curfew() {\n"
         "  local typed=\"\" word words=\"\"\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] || typed=\"${typed:+$typed }$word\"\n"
         "  done\n"
         "  case \"$typed\" in\n" +
         cases +
         "    *) words=\"--help --output\" ;;\n"
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "}\n"
         "complete -F _curfew curfew";
}

}  // namespace curfew
