#include "apps/curfew/gate_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <set>
#include <string>

#include "base/text.hpp"

namespace curfew {

namespace {

struct Options {
  std::string name;
  std::string mode;
  bool again = false;
};

Exit add_gate(Connection& server, const Terminal& terminal, const Options& options) {
  boost::json::object body;
  std::string path = "/gates";
  if (options.again) {
    path += "/" + segment(options.name) + "/codes";
  } else {
    body["name"] = options.name;
    if (!options.mode.empty()) body["mode"] = options.mode;
  }
  const auto answer = server.call(HttpMethod::post, path, body);
  if (!answer.ok()) return terminal.fail(answer.error());
  if (terminal.is_json()) {
    terminal.json(*answer);
    return Exit::ok;
  }
  const boost::json::object& made = answer->as_object();
  const std::string name = cell_text(made.if_contains("name"));
  terminal.line("gate/" + name + (options.again ? " has a new code" : " added"));
  terminal.line("mode: " + cell_text(made.if_contains("mode")));
  terminal.line("enrolment code: " + cell_text(made.if_contains("enrolmentCode")));
  terminal.line("good once, until: " +
                reader_text(made.if_contains("enrolmentCodeEndDateTime"), SystemClock{}.now()));
  terminal.note(
      "shown only now. On the gate's machine:\n"
      "  curfew-gate enrol --server URL --ca FILE --data DIR --code CODE" +
      std::string{options.again
                      ? "\nwith --again where DIR is the folder that it has; its use ends "
                        "the key that the gate has now"
                      : ""});
  return Exit::ok;
}

std::string version_of(const boost::json::value& instance) {
  return cell_text(member_at(instance, "programVersion"));
}

}  // namespace

void tell_feed(boost::json::object& gate, TimePoint now) {
  auto* const member = gate.if_contains("feed");
  if (member == nullptr || !member->is_object()) return;
  boost::json::object& feed = member->get_object();
  const auto* const connected = feed.if_contains("connected");
  std::set<std::string> versions;
  if (connected != nullptr && connected->is_array()) {
    for (const auto& instance : connected->get_array()) versions.insert(version_of(instance));
  }
  const auto* const found = feed.if_contains("last");
  if (!versions.empty() || found == nullptr || !found->is_object()) {
    feed["version"] = versions.empty() ? "-" : join({versions.begin(), versions.end()}, ",");
    return;
  }
  const boost::json::value last = *found;
  const std::string before = " (when it was last connected, " +
                             reader_text(member_at(last, "disconnectedDateTime"), now) + ")";
  const auto as_it_was = [&](const std::string& text) {
    return text == "-" ? text : text + before;
  };
  feed["acknowledged"] = as_it_was(cell_text(member_at(last, "acknowledged")));
  feed["version"] = as_it_was(version_of(last));
}

void add_gate_commands(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand(
      "add", "make a gate, or with --again a new code for one; prints the code once");
  add.add_option("name", options->name, "one word, which is its name from then on")->required();
  CLI::Option* const mode =
      add.add_option("--mode", options->mode,
                     "without a lease: strict refuses everything, best_effort goes on until tokens "
                     "expire; default: strict")
          ->check(CLI::IsMember({"strict", "best_effort"}));
  add.add_flag(
         "--again", options->again,
         "for a gate that is there, as after its machine was rebuilt; the code's use ends its "
         "old key")
      ->excludes(mode);
  add.callback(
      [=] { choose([=](Connection& s, const Terminal& t) { return add_gate(s, t, *options); }); });
}

}  // namespace curfew
