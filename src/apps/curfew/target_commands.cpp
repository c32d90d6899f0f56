#include "apps/curfew/target_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <string>

#include "apps/curfew/nouns.hpp"
#include "io/file.hpp"

namespace curfew {

namespace {

constexpr const char* kPath = "/targets";
constexpr std::size_t kTokenFileBytesMax = 8192;

struct Options {
  std::string name;
  std::string url;
  std::string client_id;
  std::string token_file;
  std::string subject_format;
  std::string subject_member;
};

Result<boost::json::object> body_of(const Options& options) {
  boost::json::object body{{"displayName", options.name}, {"url", options.url}};
  if (!options.client_id.empty()) body["clientId"] = options.client_id;
  if (!options.subject_format.empty()) body["subjectFormat"] = options.subject_format;
  if (!options.subject_member.empty()) body["subjectMember"] = options.subject_member;
  if (options.token_file.empty()) return body;
  CURFEW_TRY(std::string token, read_file(options.token_file, kTokenFileBytesMax));
  token.erase(token.find_last_not_of("\r\n") + 1);
  body["token"] = token;
  body["authentication"] = "bearer";
  return body;
}

Exit add_target(Connection& server, const Terminal& terminal, const Options& options) {
  const auto body = body_of(options);
  if (!body.ok()) return terminal.fail(body.error());
  return call_and_show(server, terminal, HttpMethod::post, kPath, *body,
                       "every run asks it from now on");
}

Exit set_target(Connection& server, const Terminal& terminal, const Options& options,
                bool is_enabled) {
  return call_and_show(server, terminal, HttpMethod::patch, kPath + ("/" + segment(options.name)),
                       boost::json::object{{"isEnabled", is_enabled}},
                       is_enabled ? "every run asks it from now on" : "no run asks it any more");
}

void add_switch(CLI::App& noun, const Choose& choose, bool is_enabled) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      *noun.add_subcommand(is_enabled ? "enable" : "disable",
                           is_enabled ? "ask it in every run again" : "ask it no more");
  command.add_option("target", options->name, "its id or name")->required()->check(not_empty);
  command.callback([=] {
    choose(
        [=](Connection& s, const Terminal& t) { return set_target(s, t, *options, is_enabled); });
  });
}

}  // namespace

void add_target_commands(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand(
      "add", "ask another server in every run to end what the person has there");
  add.add_option("name", options->name, "what runs call it")->required()->check(not_empty);
  add.add_option("--url", options->url, "its global token revocation endpoint (https)")->required();
  CLI::Option* const client =
      add.add_option("--client-id", options->client_id,
                     "who we are there: `sub` of the token that we sign for each call");
  add.add_option("--token-file", options->token_file,
                 "a file with a token that the server gave us, instead of one that we sign")
      ->excludes(client);
  add.add_option("--subject-format", options->subject_format,
                 "how it knows people: email, iss_sub or opaque; default: email")
      ->check(CLI::IsMember({"email", "iss_sub", "opaque"}));
  add.add_option("--subject-member", options->subject_member,
                 "how the request's member is spelled: sub_id, or subject (older); default: sub_id")
      ->check(CLI::IsMember({"sub_id", "subject"}));
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return add_target(s, t, *options); });
  });
  add_switch(noun, choose, true);
  add_switch(noun, choose, false);
}

}  // namespace curfew
