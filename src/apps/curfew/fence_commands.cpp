#include "apps/curfew/fence_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/curfew/nouns.hpp"

namespace curfew {

namespace {

constexpr const char* kPath = "/fence";

struct Options {
  std::string id;
  std::string gate;
  bool is_all = false;
  bool yes = false;
};

const std::vector<ColumnView>& columns() {
  static const std::vector<ColumnView> shown{
      {"KIND", "kind"}, {"WHAT", "objectName"},   {"STATE", "state"}, {"WHY", "why"},
      {"GATE", "gate"}, {"LOST", "lostPosition"}, {"ID", "id"}};
  return shown;
}

// Done, or what is still to be waited for or looked at.
Exit exit_for(const boost::json::object& fence) {
  const auto* const complete = fence.if_contains("isComplete");
  const bool is_open = complete != nullptr && complete->is_bool() && !complete->as_bool();
  const auto* const left = fence.if_contains("toReview");
  const bool has_left = left != nullptr && cell_text(left) != "0";
  return is_open || has_left ? Exit::pending : Exit::ok;
}

Exit show_fence(Connection& server, const Terminal& terminal) {
  const auto answer = server.call(HttpMethod::get, kPath);
  if (!answer.ok()) return terminal.fail(answer.error());
  const boost::json::object& fence = answer->as_object();
  if (terminal.is_json()) {
    terminal.json(*answer);
    return exit_for(fence);
  }
  const auto member = [&](std::string_view name) { return cell_text(fence.if_contains(name)); };
  terminal.line("fenced at " + member("fencedDateTime") + ": generation " + member("generation") +
                ", after " + member("restoredHead"));
  terminal.line(member("gates"));
  for (const boost::json::value& gate : fence.at("handedOver").as_array()) {
    terminal.line("gate/" + cell_text(member_at(gate, "gate")) + ": " +
                  cell_text(member_at(gate, "heldCount")) + " blocked because of it, " +
                  cell_text(member_at(gate, "leftCount")) + " named and not blocked");
  }
  if (member("toReview") != "0") {
    terminal.line(member("toReview") + " to look at: curfew fence review");
  }
  return exit_for(fence);
}

Exit end_many(Connection& server, const Terminal& terminal, const Options& options) {
  const std::string whose = options.gate.empty() ? "every gate" : options.gate;
  if (!options.yes && !terminal.agrees(whose, "those words", "end all that nobody has kept"))
    return Exit::usage;
  boost::json::object body;
  if (!options.gate.empty()) body["gate"] = options.gate;
  const auto answer = server.call(HttpMethod::post, std::string{kPath} + "/end", body);
  if (!answer.ok()) return terminal.fail(answer.error());
  const boost::json::array& refused = answer->at("refused").as_array();
  if (terminal.is_json()) {
    terminal.json(*answer);
  } else {
    terminal.line(cell_text(member_at(*answer, "endedCount")) + " ended");
    for (const boost::json::value& one : refused) {
      terminal.line(cell_text(member_at(one, "objectName")) + ": stays, " +
                    cell_text(member_at(one, "why")));
    }
  }
  return refused.empty() ? Exit::ok : Exit::denied;
}

Exit review_one(Connection& server, const Terminal& terminal, const std::string& id, bool is_kept) {
  return call_and_show(server, terminal, HttpMethod::post,
                       std::string{kPath} + "/blocks/" + segment(id) + (is_kept ? "/keep" : "/end"),
                       boost::json::object{},
                       is_kept ? "it stays blocked" : "this block is ended; other holds stand");
}

void add_show(CLI::App& noun, const Choose& choose) {
  CLI::App& show = *noun.add_subcommand(
      "show", "whether any gate may still act on what was before the newest fence");
  show.callback([=] { choose(&show_fence); });
}

void add_review(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& review = *noun.add_subcommand(
      "review",
      "list what gates had as blocked and the restored backup had lost: it is blocked "
      "again until somebody keeps or ends it");
  review.add_flag("--all", options->is_all,
                  "also what was kept, ended, or not blocked, with the reason");
  review.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      const std::string path = std::string{kPath} + "/blocks";
      return list_at(s, t, options->is_all ? path : path + "?state=held", columns());
    });
  });
}

void add_keep_and_end(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& keep = *noun.add_subcommand("keep", "it was blocked rightly: ask no more about it");
  keep.add_option("id", options->id, "as `curfew fence review` gives it")
      ->required()
      ->check(not_empty);
  keep.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return review_one(s, t, options->id, true); });
  });
  CLI::App& end = *noun.add_subcommand(
      "end", "end the block with this id, or with --gate or --all those that nobody has kept");
  CLI::Option* const id =
      end.add_option("id", options->id, "as `curfew fence review` gives it")->check(not_empty);
  CLI::Option* const gate = end.add_option("--gate", options->gate,
                                           "all that this gate named first, as where its key "
                                           "was stolen")
                                ->check(not_empty)
                                ->excludes(id);
  end.add_flag("--all", options->is_all, "all of every gate")->excludes(id)->excludes(gate);
  end.add_flag("--yes", options->yes, "do not ask");
  end.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      if (!options->id.empty()) return review_one(s, t, options->id, false);
      if (!options->gate.empty() || options->is_all) return end_many(s, t, *options);
      return t.fail(
          Error::permanent(ErrorCode::invalid_argument, "name a block's id, --gate NAME or --all"));
    });
  });
}

}  // namespace

void add_fence_commands(CLI::App& app, const Choose& choose) {
  CLI::App& noun = *app.add_subcommand(
      "fence", "after `curfewd fence` or `restore`: how far gates are, and what they knew better");
  noun.require_subcommand(1);
  add_show(noun, choose);
  add_review(noun, choose);
  add_keep_and_end(noun, choose);
}

}  // namespace curfew
