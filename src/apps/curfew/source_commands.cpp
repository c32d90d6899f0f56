#include "apps/curfew/source_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/curfew/header_file.hpp"
#include "apps/curfew/nouns.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr const char* kPath = "/sources";

struct Options {
  std::string id;
  std::string name;
  std::string app;
  std::string issuer;
  std::string jwks_uri;
  std::vector<std::string> audiences;
  std::string poll_url;
  std::string authorization_file;
  std::vector<std::string> policy;
  std::int64_t people_per_hour = 0;  // 0: not given
  bool without_token = false;
};

// "session-revoked=disable"; what is wrong with it the server says.
Status add_policy(const std::vector<std::string>& entries, boost::json::object& body) {
  if (entries.empty()) return Done{};
  boost::json::object policy;
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos) {
      return Error::permanent(
          ErrorCode::invalid_argument,
          "--policy is EVENT=EFFECT, such as session-revoked=disable, not " + entry);
    }
    const std::string effect = entry.substr(equals + 1);
    boost::json::value& given = policy[entry.substr(0, equals)];
    if (effect != "default") given = effect;
  }
  body["policy"] = std::move(policy);
  return Done{};
}

Result<boost::json::object> body_of(const Options& options) {
  boost::json::object body;
  const auto put = [&](std::string_view member, const std::string& text) {
    if (!text.empty()) body[member] = text;
  };
  put("displayName", options.name);
  put("issuer", options.issuer);
  put("jwksUri", options.jwks_uri);
  put("pollUrl", options.poll_url);
  if (!options.audiences.empty()) body["audiences"] = list_of(options.audiences);
  if (!options.authorization_file.empty()) {
    CURFEW_TRY(body["authorization"], read_header_file(options.authorization_file));
  }
  if (options.people_per_hour != 0) body["peoplePerHourMax"] = options.people_per_hour;
  CURFEW_TRY_STATUS(add_policy(options.policy, body));
  return body;
}

// Nobody would learn it before the first event that is lost for want of it.
void note_missing(const Terminal& terminal, const boost::json::object& source) {
  const auto* const missing = source.if_contains("missingPermissions");
  if (missing == nullptr || !missing->is_array()) return;
  for (const boost::json::value& permission : missing->as_array()) {
    terminal.note("not yet: what it says leads to nothing that needs " + cell_text(&permission) +
                  ", which its application does not have (curfew app set "
                  "--application-permission)");
  }
}

Exit show_token(const Terminal& terminal, const Result<boost::json::value>& answer,
                std::string_view sentence) {
  if (!answer.ok()) return terminal.fail(answer.error());
  if (terminal.is_json()) {
    terminal.json(*answer);
    return Exit::ok;
  }
  const boost::json::object& made = answer->as_object();
  terminal.line("source/" + cell_text(made.if_contains("id")) + " " + std::string{sentence});
  note_missing(terminal, made);
  const std::string push_url = cell_text(made.if_contains("pushUrl"));
  if (!push_url.empty()) terminal.line("pushes go to: " + push_url);
  if (!made.contains("tokenText")) return Exit::ok;
  terminal.line("with the header: Authorization: Bearer " +
                cell_text(made.if_contains("tokenText")));
  terminal.note("the token is shown only now");
  return Exit::ok;
}

Exit add_source(Connection& server, const Terminal& terminal, const Options& options) {
  auto body = body_of(options);
  if (!body.ok()) return terminal.fail(body.error());
  (*body)["appId"] = options.app;
  (*body)["delivery"] = options.poll_url.empty() ? "push" : "poll";
  if (options.without_token) (*body)["requiresToken"] = false;
  return show_token(terminal, server.call(HttpMethod::post, kPath, *body), "added");
}

Exit set_source(Connection& server, const Terminal& terminal, const Options& options) {
  const auto body = body_of(options);
  if (!body.ok()) return terminal.fail(body.error());
  return call_and_show(server, terminal, HttpMethod::patch, kPath + ("/" + segment(options.id)),
                       *body, "the source is changed");
}

Exit switch_source(Connection& server, const Terminal& terminal, const std::string& id,
                   bool enabled) {
  return call_and_show(server, terminal, HttpMethod::patch, kPath + ("/" + segment(id)),
                       boost::json::object{{"isEnabled", enabled}},
                       enabled ? "the source is heard again"
                               : "the source is not heard any more; what waited of it is refused");
}

Exit release_source(Connection& server, const Terminal& terminal, const std::string& id) {
  return call_and_show(server, terminal, HttpMethod::patch, kPath + ("/" + segment(id)),
                       boost::json::object{{"isHeld", false}},
                       "the source is released: what waits is acted on");
}

void add_common(CLI::App& command, Options& options) {
  command.add_option("--audience", options.audiences,
                     "what its tokens name as aud; may be repeated; replaces all");
  command.add_option("--authorization-file", options.authorization_file,
                     "a file with the Authorization header to poll with");
  command.add_option("--policy", options.policy,
                     "EVENT=EFFECT, where the effect is notify, raise_risk, revoke_sessions, "
                     "disable or default; may be repeated; other events stay as they are");
  command
      .add_option("--people-per-hour", options.people_per_hour,
                  "whose access it may end in an hour; then it is held until it is released")
      ->check(CLI::PositiveNumber);
}

void add_switch(CLI::App& noun, const Choose& choose, bool enabled) {
  const auto id = std::make_shared<std::string>();
  CLI::App& command = *noun.add_subcommand(
      enabled ? "enable" : "disable",
      enabled ? "hear it again" : "hear nothing of it until enabled; drops what waits");
  command.add_option("source", *id, "its id")->required()->check(not_empty);
  command.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return switch_source(s, t, *id, enabled); });
  });
}

void add_release(CLI::App& noun, const Choose& choose) {
  const auto id = std::make_shared<std::string>();
  CLI::App& command = *noun.add_subcommand(
      "release", "act on what waits of a source that was held; or first disable it, to drop that");
  command.add_option("source", *id, "its id")->required()->check(not_empty);
  command.callback(
      [=] { choose([=](Connection& s, const Terminal& t) { return release_source(s, t, *id); }); });
}

void add_token(CLI::App& noun, const Choose& choose) {
  const auto id = std::make_shared<std::string>();
  CLI::App& command = *noun.add_subcommand(
      "token", "another token for its pushes, printed once; ends the one before");
  command.add_option("source", *id, "its id")->required()->check(not_empty);
  command.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      const std::string path = kPath + ("/" + segment(*id) + "/token");
      return show_token(t, s.call(HttpMethod::post, path, boost::json::object{}),
                        "has another token");
    });
  });
}

}  // namespace

void add_source_commands(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand("add", "hear the signals of a transmitter");
  add.add_option("name", options->name, "what people call it")->required()->check(not_empty);
  add.add_option("--app", options->app, "the application as whose doing it counts: id or name")
      ->required();
  add.add_option("--issuer", options->issuer, "exactly as its tokens name it")->required();
  add.add_option("--jwks-uri", options->jwks_uri, "where its keys are (https)")->required();
  CLI::Option* const poll = add.add_option("--poll", options->poll_url,
                                           "poll this address (https); default: it pushes to us");
  add.add_flag("--without-token", options->without_token,
               "for a transmitter that sends no Authorization header: its signature is all that "
               "is asked for")
      ->excludes(poll);
  add_common(add, *options);
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return add_source(s, t, *options); });
  });
  const auto changed = std::make_shared<Options>();
  CLI::App& set = *noun.add_subcommand(
      "set",
      "change what is given, and nothing else; other keys, issuer or audiences drop what "
      "waits");
  set.add_option("source", changed->id, "its id")->required()->check(not_empty);
  set.add_option("--name", changed->name, "what people call it");
  set.add_option("--issuer", changed->issuer, "exactly as its tokens name it");
  set.add_option("--jwks-uri", changed->jwks_uri, "where its keys are (https)");
  set.add_option("--poll", changed->poll_url,
                 "poll this address (https); a header that it has must be given again");
  add_common(set, *changed);
  set.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return set_source(s, t, *changed); });
  });
  add_switch(noun, choose, true);
  add_switch(noun, choose, false);
  add_release(noun, choose);
  add_token(noun, choose);
}

}  // namespace curfew
