#include "apps/curfew/target_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <string>

#include "apps/curfew/header_file.hpp"
#include "apps/curfew/nouns.hpp"

namespace curfew {

namespace {

constexpr const char* kPath = "/targets";

struct Options {
  std::string target;  // its id or name
  std::string name;
  std::string url;
  std::string client_id;
  std::string token_file;
  std::string subject_format;
  std::string subject_member;
};

// What was given.
Result<boost::json::object> body_of(const Options& options) {
  boost::json::object body;
  const auto put = [&](std::string_view member, const std::string& text) {
    if (!text.empty()) body[member] = text;
  };
  put("displayName", options.name);
  put("url", options.url);
  put("clientId", options.client_id);
  put("subjectFormat", options.subject_format);
  put("subjectMember", options.subject_member);
  if (!options.client_id.empty()) body["authentication"] = "signed_jwt";
  if (options.token_file.empty()) return body;
  CURFEW_TRY(body["token"], read_header_file(options.token_file));
  body["authentication"] = "bearer";
  return body;
}

Exit add_target(Connection& server, const Terminal& terminal, const Options& options) {
  const auto body = body_of(options);
  if (!body.ok()) return terminal.fail(body.error());
  return call_and_show(server, terminal, HttpMethod::post, kPath, *body,
                       "every run asks it from now on");
}

Exit change(Connection& server, const Terminal& terminal, const Options& options,
            const boost::json::object& body, std::string_view sentence) {
  return call_and_show(server, terminal, HttpMethod::patch, kPath + ("/" + segment(options.target)),
                       body, sentence);
}

Exit set_target(Connection& server, const Terminal& terminal, const Options& options) {
  const auto body = body_of(options);
  if (!body.ok()) return terminal.fail(body.error());
  return change(server, terminal, options, *body, "changed; what was not named stays");
}

void add_target_name(CLI::App& command, Options& options) {
  command.add_option("target", options.target, "its id or name")->required()->check(not_empty);
}

void add_how(CLI::App& command, Options& options) {
  CLI::Option* const client =
      command.add_option("--client-id", options.client_id,
                         "who we are there: `sub` of the token that we sign for each call");
  command
      .add_option("--token-file", options.token_file,
                  "a file with a token that the server gave us, instead of one that we sign")
      ->excludes(client);
  command
      .add_option("--subject-format", options.subject_format,
                  "how it knows people: email, iss_sub or opaque; default: email")
      ->check(CLI::IsMember({"email", "iss_sub", "opaque"}));
  command
      .add_option("--subject-member", options.subject_member,
                  "how the request's member is spelled: sub_id, or subject (older); default: "
                  "sub_id")
      ->check(CLI::IsMember({"sub_id", "subject"}));
}

void add_add(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand(
      "add", "ask another server in every run to end what the person has there");
  add.add_option("name", options->name, "what runs call it")->required()->check(not_empty);
  add.add_option("--url", options->url, "its global token revocation endpoint (https)")->required();
  add_how(add, *options);
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return add_target(s, t, *options); });
  });
}

void add_set(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& set = *noun.add_subcommand(
      "set", "change what is given, as a token that ended; another --url needs its token anew");
  add_target_name(set, *options);
  set.add_option("--name", options->name, "what runs call it")->check(not_empty);
  set.add_option("--url", options->url, "its global token revocation endpoint (https)");
  add_how(set, *options);
  set.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return set_target(s, t, *options); });
  });
}

void add_switch(CLI::App& noun, const Choose& choose, bool is_enabled) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      *noun.add_subcommand(is_enabled ? "enable" : "disable",
                           is_enabled ? "ask it in every run again" : "ask it no more");
  add_target_name(command, *options);
  command.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return change(s, t, *options, {{"isEnabled", is_enabled}},
                    is_enabled ? "every run asks it from now on" : "nothing asks it any more");
    });
  });
}

}  // namespace

void add_target_commands(CLI::App& noun, const Choose& choose) {
  add_add(noun, choose);
  add_set(noun, choose);
  add_switch(noun, choose, true);
  add_switch(noun, choose, false);
}

}  // namespace curfew
