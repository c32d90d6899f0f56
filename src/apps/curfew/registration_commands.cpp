#include "apps/curfew/registration_commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/curfew/nouns.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr const char* kPath = "/registration-tokens";

struct Options {
  std::string name;
  std::int64_t seconds = 24 * 3600;
  std::int64_t uses = 1;
  std::vector<std::string> grant_types;
  std::string id;
};

boost::json::object body_of(const Options& options) {
  boost::json::object body{{"lifetimeSeconds", options.seconds}, {"uses", options.uses}};
  if (!options.name.empty()) body["displayName"] = options.name;
  if (!options.grant_types.empty()) body["grantTypes"] = list_of(options.grant_types);
  return body;
}

Exit list_tokens(Connection& server, const Terminal& terminal) {
  return list_at(server, terminal, kPath,
                 {{"DISPLAY NAME", "displayName"},
                  {"MADE BY", "madeBy.name"},
                  {"USES LEFT", "usesLeft"},
                  {"ENDS", "endDateTime"},
                  {"ID", "id"}});
}

}  // namespace

void add_registration_commands(CLI::App& app_noun, const Choose& choose) {
  CLI::App& noun = *app_noun.add_subcommand(
      "registration-token",
      "tokens with which applications may register themselves (RFC 7591), if the server lets them");
  noun.require_subcommand(1);
  const auto options = std::make_shared<Options>();
  CLI::App& create = *noun.add_subcommand("create", "make one; prints it once");
  create.add_option("--name", options->name, "what people call it");
  create.add_option("--expires", options->seconds, "after 30m, 24h, 7d; default: 24h")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, std::int64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}));
  create.add_option("--uses", options->uses, "how many applications; default: 1");
  create.add_option("--grant-type", options->grant_types,
                    "what they may register for; may be repeated; default: authorization_code and "
                    "refresh_token");
  create.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return call_and_show(s, t, HttpMethod::post, kPath, body_of(*options),
                           "an initial access token was made");
    });
  });
  CLI::App& list = *noun.add_subcommand("list", "list them");
  list.callback(
      [=] { choose([=](Connection& s, const Terminal& t) { return list_tokens(s, t); }); });
  CLI::App& remove = *noun.add_subcommand(
      "remove",
      "end one, and the registration access tokens of what registered with it; the applications "
      "stay");
  remove.add_option("id", options->id)->required()->check(not_empty);
  remove.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return call_and_show(s, t, HttpMethod::delete_, kPath + ("/" + segment(options->id)), nullptr,
                           "the initial access token works no longer");
    });
  });
}

}  // namespace curfew
