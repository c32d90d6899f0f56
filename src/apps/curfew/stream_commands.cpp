#include "apps/curfew/stream_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/curfew/header_file.hpp"
#include "apps/curfew/nouns.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr const char* kPath = "/streams";

struct Options {
  std::string app;
  std::string push_url;
  std::string authorization_file;
  std::vector<std::string> events;
  std::string description;
  std::string subject_format;
  std::string id;
  std::string reason;
};

Result<boost::json::object> body_of(const Options& options) {
  boost::json::object body{{"appId", options.app},
                           {"delivery", options.push_url.empty() ? "poll" : "push"}};
  if (!options.push_url.empty()) body["endpointUrl"] = options.push_url;
  if (!options.authorization_file.empty()) {
    CURFEW_TRY(body["authorization"], read_header_file(options.authorization_file));
  }
  if (!options.events.empty()) body["events"] = list_of(options.events);
  if (!options.description.empty()) body["description"] = options.description;
  if (!options.subject_format.empty()) body["subjectFormat"] = options.subject_format;
  return body;
}

Exit add_stream(Connection& server, const Terminal& terminal, const Options& options) {
  const auto body = body_of(options);
  if (!body.ok()) return terminal.fail(body.error());
  return call_and_show(server, terminal, HttpMethod::post, kPath, *body,
                       "the receiver is told from now on");
}

Exit set_status(Connection& server, const Terminal& terminal, const Options& options,
                std::string_view status, std::string_view sentence) {
  boost::json::object body{{"status", status}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  return call_and_show(server, terminal, HttpMethod::patch, kPath + ("/" + segment(options.id)),
                       body, sentence);
}

void add_status_verb(CLI::App& noun, const Choose& choose, const char* verb, const char* about,
                     std::string_view status, std::string_view sentence) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *noun.add_subcommand(verb, about);
  command.add_option("stream", options->id, "its id")->required()->check(not_empty);
  command.add_option("--reason", options->reason, "what its receiver is told");
  command.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return set_status(s, t, *options, status, sentence);
    });
  });
}

}  // namespace

void add_stream_commands(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand(
      "add", "make a stream for an application; receivers usually make theirs themselves");
  add.add_option("--app", options->app, "the application whose receiver it is: id or name")
      ->required();
  add.add_option("--push", options->push_url,
                 "push to this address (https); default: the receiver polls");
  add.add_option("--authorization-file", options->authorization_file,
                 "a file with the Authorization header that the receiver wants to see");
  add.add_option("--event", options->events,
                 "such as session-revoked; may be repeated; default: all");
  add.add_option("--description", options->description, "what people call it");
  add.add_option("--subject-format", options->subject_format,
                 "how people are named: iss_sub or email; default: iss_sub")
      ->check(CLI::IsMember({"iss_sub", "email"}));
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return add_stream(s, t, *options); });
  });
  add_status_verb(noun, choose, "pause", "keep what happens, and tell it later", "paused",
                  "the stream is paused; what happens is kept for its receiver");
  add_status_verb(noun, choose, "resume", "tell what was kept, and go on", "enabled",
                  "the receiver is told again");
}

}  // namespace curfew
