#include "apps/curfew/run_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>

#include "apps/curfew/report_view.hpp"

namespace curfew {

namespace {

struct Options {
  std::string id, file, step;
  bool yes = false;
};

// What a retry does, which may be what the run left to a person: it is said before it is done.
bool agrees_to_retry(const Terminal& terminal, const boost::json::object& data,
                     const boost::json::object& step) {
  terminal.note("Step " + short_step_id(step) + " of run " + cell_text(member_at(data, "run.id")) +
                " (" + cell_text(step.if_contains("state")) +
                "): " + cell_text(step.if_contains("title")));
  if (step.contains("last_error")) terminal.note("  " + cell_text(&step.at("last_error")));
  for (const boost::json::value& path : data.at("paths").as_array()) {
    if (step_of_path(data, path.as_object()) != &step) continue;
    terminal.note("A retry does it: " + cell_text(member_at(path, "control")) + " (" +
                  cell_text(member_at(path, "display_name")) + ")");
  }
  return terminal.agrees(short_step_id(step), "the step's number", "retry it");
}

std::string outcome_of(const boost::json::object& step, bool is_retry) {
  const std::string what = ": " + cell_text(step.if_contains("title"));
  if (!is_retry) return what + ": closed; it stays as it is, and is not listed any more";
  const std::string state = cell_text(step.if_contains("state"));
  const auto* const error = step.if_contains("last_error");
  const bool has_ended = state == "ended" || state == "acknowledged";
  return what + ": tried again, " + state +
         (has_ended || error == nullptr ? "" : " (" + cell_text(error) + ")");
}

Exit change_step(Connection& server, const Terminal& terminal, const Options& options,
                 bool is_retry) {
  const std::string run = "/revocations/" + segment(options.id);
  const auto found = server.call(HttpMethod::get, run);
  if (!found.ok()) return terminal.fail(found.error());
  const boost::json::object& data = found->as_object();
  const std::string id = whole_step_id(options.id, options.step);
  const boost::json::object* const step = step_of_run(data, id);
  if (step == nullptr) {
    return terminal.fail(Error::permanent(ErrorCode::not_found,
                                          "the run has no step " + visible_text(options.step, 64) +
                                              ": `curfew run show " + options.id +
                                              "` numbers those that wait or failed"));
  }
  if (is_retry && !options.yes && !agrees_to_retry(terminal, data, *step)) return Exit::usage;
  const auto answer = server.call(HttpMethod::post,
                                  run + "/steps/" + segment(id) + (is_retry ? "/retry" : "/close"),
                                  boost::json::object{});
  if (!answer.ok()) return terminal.fail(answer.error());
  if (terminal.is_json()) {
    terminal.json(*answer);
    return Exit::ok;
  }
  const boost::json::object* const now = step_of_run(answer->as_object(), id);
  terminal.line("run/" + options.id + " step " + short_step_id(*step) +
                outcome_of(now == nullptr ? *step : *now, is_retry));
  return Exit::ok;
}

void add_step_commands(CLI::App& noun, const Choose& choose) {
  for (const bool is_retry : {true, false}) {
    const auto options = std::make_shared<Options>();
    CLI::App& command = *noun.add_subcommand(
        is_retry ? "retry" : "close",
        is_retry ? "do what a step waits for a person with, or failed at; asks first"
                 : "leave a step that waits or failed as it is, and list it no more");
    command.add_option("run", options->id, "the run's id")->required()->check(not_empty);
    command.add_option("step", options->step, "its number, as `curfew run show` gives it")
        ->required()
        ->check(not_empty);
    if (is_retry) command.add_flag("--yes", options->yes, "do not ask");
    command.callback([=] {
      choose(
          [=](Connection& s, const Terminal& t) { return change_step(s, t, *options, is_retry); });
    });
  }
}

}  // namespace

std::string whole_step_id(const std::string& run, const std::string& step) {
  return step.find('.') == std::string::npos ? run + "." + step : step;
}

void add_run_commands(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& show = *noun.add_subcommand("report", "the signed report of a run");
  show.add_option("run", options->id)->required();
  show.add_option("--out", options->file, "the file to write; default: standard output");
  show.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return save_report(s, t, options->id, options->file);
    });
  });
  CLI::App& keys =
      *noun.add_subcommand("keys", "the key set that reports are verified with (verify --keys)");
  keys.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      const auto set = s.call(HttpMethod::get, "/report-keys");
      if (!set.ok()) return t.fail(set.error());
      t.json(*set);
      return Exit::ok;
    });
  });
  add_step_commands(noun, choose);
}

}  // namespace curfew
