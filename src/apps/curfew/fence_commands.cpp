#include "apps/curfew/fence_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <map>
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
  const auto has = [&](std::string_view count) {
    const auto* const member = fence.if_contains(count);
    return member != nullptr && cell_text(member) != "0";
  };
  const auto* const complete = fence.if_contains("isComplete");
  const bool is_open = complete != nullptr && complete->is_bool() && !complete->as_bool();
  const bool is_awaited = !fence.at("notComeYet").as_array().empty();
  const bool is_pending =
      is_open || is_awaited || has("toReview") || has("listedCount") || has("leftCount");
  return is_pending ? Exit::pending : Exit::ok;
}

// What nobody knows yet, or nobody has looked at.
void print_open(const Terminal& terminal, const boost::json::object& fence) {
  for (const boost::json::value& gate : fence.at("notComeYet").as_array()) {
    const std::string name = cell_text(&gate);
    terminal.line("gate/" + name +
                  ": has not come since the fence, so what it has as blocked is not known; "
                  "`curfew gate remove " +
                  name + "` if it never will");
  }
  const std::string held = cell_text(fence.if_contains("toReview"));
  const std::string listed = cell_text(fence.if_contains("listedCount"));
  const std::string left = cell_text(fence.if_contains("leftCount"));
  if (held != "0") terminal.line(held + " blocked, to look at: curfew fence review");
  if (listed != "0") {
    terminal.line(listed + " named and NOT blocked, to look at: curfew fence review");
  }
  if (left != "0") {
    terminal.line(left +
                  " named beyond what a gate may, and NEITHER blocked NOR listed: if a "
                  "gate's key was stolen, `curfew fence end --gate NAME`");
  }
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
                  cell_text(member_at(gate, "leftCount")) + " left out");
  }
  print_open(terminal, fence);
  return exit_for(fence);
}

// All calls that it takes, as one answer.
Result<boost::json::object> end_all(Connection& server, const boost::json::object& body) {
  std::map<std::string, std::int64_t> counts;
  for (;;) {
    CURFEW_TRY(const boost::json::value answer,
               server.call(HttpMethod::post, std::string{kPath} + "/end", body));
    std::int64_t done = 0;
    for (const std::string_view name : {"endedCount", "seenCount", "confirmedCount"}) {
      const std::int64_t count = answer.at(name).to_number<std::int64_t>();
      counts[std::string{name}] += count;
      done += count;
    }
    if (answer.at("hasMore").as_bool() && done > 0) continue;
    boost::json::object all = answer.as_object();
    for (const auto& [name, count] : counts) all[name] = count;
    return all;
  }
}

Exit end_many(Connection& server, const Terminal& terminal, const Options& options) {
  const std::string whose = options.gate.empty() ? "every gate" : options.gate;
  if (!options.yes && !terminal.agrees(whose, "those words", "end all that nobody has kept"))
    return Exit::usage;
  boost::json::object body;
  if (!options.gate.empty()) body["gate"] = options.gate;
  const auto answer = end_all(server, body);
  if (!answer.ok()) return terminal.fail(answer.error());
  const boost::json::array& refused = answer->at("refused").as_array();
  if (terminal.is_json()) {
    terminal.json(*answer);
  } else {
    const auto count = [&](std::string_view name) { return cell_text(answer->if_contains(name)); };
    terminal.line(count("endedCount") + " ended, " + count("seenCount") +
                  " that were only listed are seen, " + count("confirmedCount") +
                  " stay because another gate says the same");
    for (const boost::json::value& one : refused) {
      terminal.line(cell_text(member_at(one, "objectName")) + ": stays, " +
                    cell_text(member_at(one, "why")));
    }
  }
  return refused.empty() ? Exit::ok : Exit::denied;
}

Exit review_one(Connection& server, const Terminal& terminal, const std::string& id, bool is_kept) {
  return call_and_show(
      server, terminal, HttpMethod::post,
      std::string{kPath} + "/blocks/" + segment(id) + (is_kept ? "/keep" : "/end"),
      boost::json::object{},
      is_kept ? "it stays blocked" : "no fence blocks it any more; other holds stand");
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
      "list what gates had as blocked and the restored backup had lost, and nobody has looked at: "
      "blocked again until somebody keeps or ends it, or, in STATE not_held, not blocked");
  review.add_flag("--all", options->is_all,
                  "also what was kept, ended or seen, or needs nobody to look");
  review.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      const std::string path = std::string{kPath} + "/blocks";
      return list_at(s, t, options->is_all ? path : path + "?state=open", columns());
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
                                           "all that stands on this gate's word alone, as where "
                                           "its key was stolen; it may be removed already")
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
