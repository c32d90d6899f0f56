#include "apps/curfew/revoke.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <set>

#include "apps/curfew/nouns.hpp"
#include "apps/curfew/report_view.hpp"
#include "apps/curfew/run_waiting.hpp"
#include "apps/curfew/user_file.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "io/file.hpp"
#include "protocol/json/json.hpp"
#include "revocation/part.hpp"

namespace curfew {

namespace {

constexpr std::size_t kNamesShownMax = 20;
constexpr std::size_t kPersonBytesMax = 256;

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(name);
  return value == nullptr || !value->is_string() ? "" : std::string{value->as_string()};
}

std::vector<std::string> names_in(const boost::json::array& users, std::string_view ending) {
  std::vector<std::string> names;
  for (const boost::json::value& user : users) {
    std::string name = text_of(user.as_object(), "userPrincipalName");
    if (name.ends_with(ending)) names.push_back(std::move(name));
  }
  return names;
}

Result<std::vector<std::string>> users_of_filter(Connection& server, const std::string& filter) {
  const std::size_t colon = filter.find(':');
  const std::string kind = filter.substr(0, colon);
  const std::string value = colon == std::string::npos ? "" : filter.substr(colon + 1);
  if (!value.empty() && kind == "group") {
    CURFEW_TRY(const auto members, fetch_all(server, "/groups/" + segment(value) + "/members"));
    return names_in(members, "");
  }
  if (!value.empty() && kind == "domain") {
    CURFEW_TRY(const auto users, fetch_all(server, "/users"));
    return names_in(users, "@" + ascii_lower(value));
  }
  return Error::permanent(ErrorCode::invalid_argument,
                          "--filter is group:NAME or domain:contoso.com");
}

// Everybody that the options name, each once, in the order given.
Result<std::vector<std::string>> subjects_of(Connection& server, const RevokeOptions& options) {
  std::vector<std::string> all = options.users;
  if (!options.file.empty()) {
    CURFEW_TRY(const std::string text, read_file(options.file, kUserFileBytesMax));
    CURFEW_TRY(const auto users, parse_user_file(text, options.file));
    all.insert(all.end(), users.begin(), users.end());
  }
  if (!options.filter.empty()) {
    CURFEW_TRY(const auto users, users_of_filter(server, options.filter));
    all.insert(all.end(), users.begin(), users.end());
  }
  std::vector<std::string> unique;
  std::set<std::string> seen;
  for (const std::string& name : all) {
    if (seen.insert(ascii_lower(name)).second) unique.push_back(name);
  }
  if (unique.empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "nobody is named: give users, --file or --filter");
  }
  return unique;
}

boost::json::object request_for(const std::string& subject, const RevokeOptions& options,
                                bool dry_run) {
  boost::json::object body{{"subject", subject},
                           {"mode", options.sessions_only ? "sessions_only" : "revoke"},
                           {"reason", options.reason}};
  boost::json::array also;
  for (const std::string& part : options.also) also.emplace_back(part);
  if (options.remove_assignments) also.emplace_back(kAssignmentsOption);
  if (!also.empty()) body["also"] = std::move(also);
  if (!options.since.empty()) body["since"] = options.since;
  if (dry_run) body["dryRun"] = true;
  return body;
}

void show_plan(const Terminal& terminal, const std::string& subject, bool sessions_only,
               const boost::json::object& plan) {
  terminal.line(terminal.bold(
      (sessions_only ? "Would end the sessions and tokens of " : "Would revoke ") + subject));
  show_paths(terminal, plan, Tense::forecast);
}

Exit worse(Exit a, Exit b) {
  const auto rank = [](Exit exit) {
    switch (exit) {
      case Exit::ok: return 0;
      case Exit::pending: return 1;
      case Exit::failed: return 2;
      case Exit::denied: return 3;
      case Exit::usage: return 4;
    }
    return 2;
  };
  return rank(a) >= rank(b) ? a : b;
}

// One subject among several: in JSON its error is the answer about it, so that what is printed
// stays one value.
Exit fail_one(const Terminal& terminal, const std::string& subject, const Error& error,
              boost::json::value& answer) {
  const Error whole = error.within(subject);
  if (!terminal.is_json()) return terminal.fail(whole);
  answer = {{"subject", {{"name", subject}}},
            {"error", {{"code", to_string(error.code())}, {"message", error.message()}}}};
  terminal.note("curfew: " + whole.message());
  return exit_of(error);
}

// Enough to tell one person from another: who is meant by a name, or by an id.
std::string person_line(Connection& server, const std::string& subject) {
  const auto user = server.call(HttpMethod::get, "/users/" + segment(subject));
  if (!user.ok())
    return visible_text(subject, kPersonBytesMax) + "  (" + user.error().message() + ")";
  return cell_text(member_at(*user, "userPrincipalName")) + "  " +
         cell_text(member_at(*user, "displayName")) + "  " + cell_text(member_at(*user, "id"));
}

// How many people, and the first of them, each in a line that `line_of` makes.
void note_people(const Terminal& terminal, const std::vector<std::string>& subjects,
                 const std::function<std::string(const std::string&)>& line_of) {
  terminal.note("This revokes " + std::to_string(subjects.size()) + " people:");
  for (std::size_t i = 0; i < std::min(subjects.size(), kNamesShownMax); ++i) {
    terminal.note("  " + line_of(subjects[i]));
  }
  if (subjects.size() > kNamesShownMax) {
    terminal.note("  and " + std::to_string(subjects.size() - kNamesShownMax) + " more");
  }
}

// Where nobody is asked: the names as they were given, because looking them up would hold up the
// cut.
void note_unasked(const Terminal& terminal, const std::vector<std::string>& subjects) {
  if (subjects.size() == 1) return;
  note_people(terminal, subjects,
              [](const std::string& subject) { return visible_text(subject, kPersonBytesMax); });
}

// The plan of one, or the list of many: the blast radius.
Exit preview(Connection& server, const Terminal& terminal, const RevokeOptions& options,
             const std::vector<std::string>& subjects) {
  const bool shows_each = subjects.size() == 1 || options.dry_run;
  Exit exit = Exit::ok;
  boost::json::array plans;
  for (const std::string& subject : subjects) {
    if (!shows_each) break;
    const auto plan =
        server.call(HttpMethod::post, "/revocations", request_for(subject, options, true));
    if (!plan.ok() && !options.dry_run) return terminal.fail(plan.error().within(subject));
    if (!plan.ok()) {
      boost::json::value& answer = plans.emplace_back(nullptr);
      exit = worse(exit, fail_one(terminal, subject, plan.error(), answer));
    } else if (terminal.is_json()) {
      plans.push_back(*plan);
    } else {
      show_plan(terminal, subject, options.sessions_only, plan->as_object());
    }
  }
  if (terminal.is_json() && options.dry_run) terminal.json(plans);
  if (shows_each) return exit;
  note_people(terminal, subjects,
              [&](const std::string& subject) { return person_line(server, subject); });
  return Exit::ok;
}

bool is_confirmed(const Terminal& terminal, const std::vector<std::string>& subjects,
                  const std::string& verb) {
  const bool is_one = subjects.size() == 1;
  return terminal.agrees(is_one ? subjects.front() : std::to_string(subjects.size()),
                         is_one ? "the name" : "the number of people", verb);
}

// "driving, 3 of 8 steps done".
std::string progress_of(const boost::json::object& data) {
  const boost::json::array& steps = data.at("steps").as_array();
  const auto done = std::count_if(steps.begin(), steps.end(), [](const boost::json::value& step) {
    const std::string state = text_of(step.as_object(), "state");
    return state != "planned" && state != "running";
  });
  return text_of(data.at("run").as_object(), "state") + ", " + std::to_string(done) + " of " +
         std::to_string(steps.size()) + " steps done";
}

// Follows the run until it is at rest; the last state seen.
Result<boost::json::object> follow_run(Connection& server, const Terminal& terminal,
                                       boost::json::object data) {
  const std::string id = text_of(data.at("run").as_object(), "id");
  std::string shown;
  const auto on_event = [&](std::string_view event) {
    auto parsed = parse_json_object(event, {.bytes_max = kHttpAnswerBytesMax});
    if (!parsed.ok()) return true;
    data = std::move(*parsed);
    const std::string state = text_of(data.at("run").as_object(), "state");
    std::string progress = progress_of(data);
    if (terminal.is_live() && progress != shown) terminal.note("  ... " + progress);
    shown = std::move(progress);
    return state == "driving" || state == "restoring";
  };
  if (text_of(data.at("run").as_object(), "state") == "at_rest") return data;
  WaitingPace pace{SystemClock{}.since_boot()};
  const auto on_sign = [&] {
    const SystemClock clock;
    const std::string words = waiting_words(data, clock.now());
    if (!words.empty() && pace.take(clock.since_boot())) terminal.note("  ... " + words);
  };
  CURFEW_TRY_STATUS(server.follow("/revocations/" + segment(id) + "/events", on_event, on_sign));
  return data;
}

// One subject of a revocation, and what has come of it so far.
struct Cut {
  std::string subject;
  Exit exit = Exit::ok;
  boost::json::value answer;  // the run, or in JSON what went wrong; null for nothing to show

  [[nodiscard]] bool has_run() const { return member_at(answer, "run") != nullptr; }
};

Cut cut_one(Connection& server, const Terminal& terminal, const RevokeOptions& options,
            const std::string& subject) {
  Cut cut{subject, Exit::ok, nullptr};
  auto made = server.call(HttpMethod::post, "/revocations", request_for(subject, options, false),
                          random_token(16));
  if (made.ok()) {
    cut.answer = std::move(*made);
    cut.exit = exit_of_run(cut.answer.as_object());
  } else {
    cut.exit = fail_one(terminal, subject, made.error(), cut.answer);
  }
  return cut;
}

// To the end of the run, if there is one and somebody waits; then shows it.
void finish_one(Connection& server, const Terminal& terminal, const RevokeOptions& options,
                Cut& cut) {
  if (!cut.has_run()) return;
  if (!options.no_wait) {
    auto ended = follow_run(server, terminal, cut.answer.as_object());
    if (!ended.ok()) {
      cut.answer = nullptr;
      cut.exit = fail_one(terminal, cut.subject, ended.error(), cut.answer);
      return;
    }
    cut.answer = std::move(*ended);
    cut.exit = exit_of_run(cut.answer.as_object());
  }
  if (!terminal.is_json()) show_run(terminal, cut.answer.as_object());
}

// FILE for one run; for several FILE.1, FILE.2, ..., in the order of the runs.
Exit save_reports(Connection& server, const Terminal& terminal, const std::string& file,
                  const boost::json::array& runs) {
  Exit exit = Exit::ok;
  for (std::size_t i = 0; i < runs.size() && !file.empty(); ++i) {
    if (!runs[i].as_object().contains("run")) continue;
    const std::string id = cell_text(member_at(runs[i], "run.id"));
    const std::string name = runs.size() == 1 ? file : file + "." + std::to_string(i + 1);
    exit = worse(exit, save_report(server, terminal, id, name));
  }
  return exit;
}

}  // namespace

Exit revoke_users(Connection& server, const Terminal& terminal, const RevokeOptions& options) {
  const auto subjects = subjects_of(server, options);
  if (!subjects.ok()) return terminal.fail(subjects.error());
  if (options.dry_run || !options.yes) {
    const Exit shown = preview(server, terminal, options, *subjects);
    if (shown != Exit::ok || options.dry_run) return shown;
    if (!is_confirmed(terminal, *subjects, "revoke")) return Exit::usage;
  } else {
    note_unasked(terminal, *subjects);
  }
  // Everybody is cut before any run is waited for, and one refusal keeps nobody else from it.
  std::vector<Cut> cuts;
  for (const std::string& subject : *subjects) {
    cuts.push_back(cut_one(server, terminal, options, subject));
  }
  Exit exit = Exit::ok;
  boost::json::array runs;
  for (Cut& cut : cuts) {
    finish_one(server, terminal, options, cut);
    exit = worse(exit, cut.exit);
    if (!cut.answer.is_null()) runs.push_back(std::move(cut.answer));
  }
  if (terminal.is_json()) terminal.json(runs);
  return worse(exit, save_reports(server, terminal, options.report_file, runs));
}

Exit show_user_access(Connection& server, const Terminal& terminal, const std::string& user) {
  const auto plan = server.call(HttpMethod::get, "/users/" + segment(user) + "/access");
  if (!plan.ok()) return terminal.fail(plan.error());
  if (terminal.is_json()) {
    terminal.json(*plan);
    return Exit::ok;
  }
  terminal.line(terminal.bold("What " + user + " has got") +
                ", and what would become of it if it were revoked now");
  show_paths(terminal, plan->as_object(), Tense::forecast);
  return Exit::ok;
}

Exit confirm_reset(Connection& server, const Terminal& terminal, const std::string& user) {
  RevokeOptions ending;
  ending.sessions_only = true;
  const auto plan = server.call(HttpMethod::post, "/revocations", request_for(user, ending, true));
  if (!plan.ok()) return terminal.fail(plan.error().within(user));
  terminal.note("A new password for " + person_line(server, user));
  terminal.note("ends their sessions and what was signed in with the old one:");
  const auto* const paths = member_at(*plan, "paths");
  if (paths != nullptr && paths->is_array()) {
    for (const boost::json::value& path : paths->as_array()) {
      terminal.note("  " + cell_text(member_at(path, "count")) + " x " +
                    cell_text(member_at(path, "kind")) + "  " +
                    cell_text(member_at(path, "display_name")));
    }
  }
  return is_confirmed(terminal, {user}, "reset it") ? Exit::ok : Exit::usage;
}

}  // namespace curfew
