#include "apps/curfew/undo.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <utility>

#include "apps/curfew/report_view.hpp"
#include "base/text.hpp"
#include "revocation/part.hpp"
#include "revocation/parts/all_parts.hpp"

namespace curfew {

namespace {

constexpr std::size_t kNamesShownMax = 20;

std::string text_at(const boost::json::value& value, std::string_view path) {
  const auto* const found = member_at(value, path);
  return found == nullptr ? "" : cell_text(found);
}

// The part whose item the path's step took away here; null for anything else.
const RunPart* part_of(const boost::json::object& data, const boost::json::value& path) {
  const boost::json::object* const step = step_of_path(data, path.as_object());
  if (step == nullptr || !step->contains("applied_at")) return nullptr;
  return part_of_connector(text_at(*step, "connector"));
}

bool is_given_back(const boost::json::object& data, const boost::json::value& path) {
  if (text_at(path, "kind") == "account") return true;
  const RunPart* const part = part_of(data, path);
  return part != nullptr && part->stays_away.empty() && part->removal != nullptr;
}

struct GivenKind {
  std::string kind;
  std::vector<std::string> names;
};

std::vector<GivenKind> by_kind(const std::vector<const boost::json::value*>& paths) {
  std::vector<GivenKind> kinds;
  for (const boost::json::value* path : paths) {
    std::string kind = text_at(*path, "kind");
    std::ranges::replace(kind, '_', ' ');
    const auto same = [&](const GivenKind& known) { return known.kind == kind; };
    auto found = std::ranges::find_if(kinds, same);
    if (found == kinds.end()) found = kinds.insert(kinds.end(), {kind, {}});
    found->names.push_back(text_at(*path, "display_name"));
  }
  return kinds;
}

void add_lines(std::vector<std::string>& lines,
               const std::vector<const boost::json::value*>& paths) {
  for (GivenKind& kind : by_kind(paths)) {
    const std::size_t count = kind.names.size();
    if (count > kNamesShownMax) {
      kind.names.resize(kNamesShownMax);
      kind.names.push_back("and " + std::to_string(count - kNamesShownMax) + " more");
    }
    lines.push_back("  " + std::to_string(count) + " x " + kind.kind + ": " +
                    join(kind.names, ", "));
  }
}

// A hold of an administrator's stays over the undo.
void add_commands_that_keep_shut(std::vector<std::string>& lines,
                                 const std::vector<const boost::json::value*>& found) {
  std::vector<std::string> commands;
  for (const boost::json::value* path : found) {
    const std::string kind = text_at(*path, "kind");
    const std::string target = text_at(*path, "target");
    if (kind == "person") {
      commands.push_back("  curfew user disable " + text_at(*path, "display_name"));
    } else if (kind == "application") {
      commands.push_back("  curfew app disable " + target + "   (" +
                         text_at(*path, "display_name") + ")");
    }
  }
  if (commands.empty()) return;
  lines.emplace_back("To keep a person or an application shut all the same, first:");
  if (commands.size() > kNamesShownMax) commands.resize(kNamesShownMax);
  std::ranges::move(commands, std::back_inserter(lines));
}

// "administrator (why), run:ID"; empty where nothing but the run itself holds the account.
std::string other_holds(Connection& server, const boost::json::value& data,
                        const std::string& run) {
  const auto user =
      server.call(HttpMethod::get, "/users/" + segment(text_at(data, "run.subject.id")));
  const auto* const holds = user.ok() ? member_at(*user, "holds") : nullptr;
  if (holds == nullptr || !holds->is_array()) return "";
  std::vector<std::string> others;
  for (const boost::json::value& hold : holds->as_array()) {
    const std::string owner = text_at(hold, "owner");
    if (owner == "run:" + run) continue;
    const std::string reason = text_at(hold, "reason");
    others.push_back(owner + (reason.empty() ? "" : " (" + reason + ")"));
  }
  return join(others, ", ");
}

std::string outcome_of_restore(const boost::json::object& data, const std::string& holds) {
  const std::string subject = text_at(data, "run.subject.name");
  if (!holds.empty()) {
    return subject + " stays disabled, because these holds are left: " + holds +
           ". A run's ends with `curfew restore RUN`, an administrator's with `curfew user "
           "enable " +
           subject + "`";
  }
  if (!has_replaced_password(data)) {
    return subject + " can sign in again; old credentials stay dead";
  }
  return subject +
         "'s account is enabled again, and old credentials stay dead. The run replaced their "
         "password: unless they have a new one since, set it with `curfew user reset-password " +
         subject + "`";
}

}  // namespace

bool has_replaced_password(const boost::json::object& data) {
  const std::string subject = text_at(data, "run.subject.id");
  const auto& steps = data.at("steps").as_array();
  return std::ranges::any_of(steps, [&](const boost::json::value& step) {
    return text_at(step, "connector") == passwords_part().connector &&
           text_at(step, "target") == subject && step.as_object().contains("applied_at");
  });
}

std::vector<std::string> undo_lines(const boost::json::object& data) {
  std::vector<const boost::json::value*> given;
  std::vector<const boost::json::value*> found;  // by the sweep
  for (const boost::json::value& path : data.at("paths").as_array()) {
    if (!is_given_back(data, path)) continue;
    given.push_back(&path);
    if (path.as_object().contains("made_at")) found.push_back(&path);
  }
  std::vector<std::string> lines{"Undoing run " + text_at(data, "run.id") + " on " +
                                 text_at(data, "run.subject.name") + " gives back, as a whole:"};
  add_lines(lines, given);
  lines.emplace_back(
      "Old sessions, tokens, secrets and keys stay dead, and replaced passwords stay replaced.");
  if (found.empty()) return lines;
  lines.push_back("WARNING: of this, the sweep found as made since " +
                  text_at(data, "run.swept_since") +
                  ", when somebody else may have been in the account:");
  add_lines(lines, found);
  lines.emplace_back("It works again, people with the passwords that were set for them.");
  add_commands_that_keep_shut(lines, found);
  return lines;
}

Exit restore_run_by_id(Connection& server, const Terminal& terminal, const std::string& run,
                       bool yes) {
  const auto found = server.call(HttpMethod::get, "/revocations/" + segment(run));
  if (!found.ok()) return terminal.fail(found.error());
  const boost::json::object& data = found->as_object();
  if (!yes) {
    for (const std::string& line : undo_lines(data)) terminal.note(line);
    const std::string holds = other_holds(server, *found, run);
    if (!holds.empty()) {
      terminal.note("The account stays disabled all the same, by what else holds it: " + holds);
    }
    if (!terminal.agrees(text_at(data, "run.subject.name"), "the name", "restore")) {
      return Exit::usage;
    }
  }
  const auto restored = server.call(HttpMethod::post, "/revocations/" + segment(run) + "/restore",
                                    boost::json::object{});
  if (!restored.ok()) return terminal.fail(restored.error());
  if (terminal.is_json()) {
    terminal.json(*restored);
  } else {
    terminal.line("run/" + run + " " + text_at(*restored, "run.state") + ": " +
                  outcome_of_restore(data, other_holds(server, *found, run)));
  }
  return Exit::ok;
}

}  // namespace curfew
