#include "apps/curfew/set_app.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <string>
#include <vector>

#include "apps/curfew/nouns.hpp"

// One row for each member that PATCH takes: its option, its name in the API, what it means.

namespace curfew {

namespace {

struct Field {
  const char* option;
  std::string_view member;
  const char* meaning;
};

constexpr std::array kTexts{
    Field{"--name", "displayName", "display name"},
    Field{"--client-type", "clientType", "confidential or public"},
    Field{"--id-token-alg", "idTokenAlg", "RS256 or ES256"},
    Field{"--assertion-audience", "clientAssertionAudience", "issuer or issuerOrTokenEndpoint"},
    Field{"--access-token-typ", "accessTokenTyp", "JWT or at+jwt"},
    Field{"--access-token-alg", "accessTokenAlg", "ES256 or RS256"},
    Field{"--frontchannel-logout-uri", "frontchannelLogoutUri",
          "what the person's browser opens when they sign out here; empty: none"},
    Field{"--backchannel-logout-uri", "backchannelLogoutUri",
          "where this server tells it that a session ended; empty: none"},
    Field{"--command-endpoint", "commandEndpoint",
          "where every revocation commands it to suspend the person's account, or to end their "
          "sessions and tokens (OpenID Provider Commands); empty: none"},
};
constexpr std::array kLists{
    Field{"--redirect-uri", "redirectUris", "may be repeated; replaces all"},
    Field{"--spa-origin", "spaOrigins", "scheme://host[:port], for CORS; replaces all"},
    Field{"--post-logout-redirect-uri", "postLogoutRedirectUris", "replaces all"},
    Field{"--identifier-uri", "identifierUris", "it is a resource by this name; replaces all"},
    Field{"--scope", "exposedScopes", "a scope that the resource exposes; replaces all"},
    Field{"--consent", "adminConsentedScopes", "a scope consented to for everybody; replaces all"},
    Field{"--application-permission", "applicationPermissions",
          "a permission for what it does by itself; replaces all"},
    Field{"--session-control", "sessionControls",
          "what gates do in its sessions: monitorOnly or blockDownloads, alone or with "
          ":unmanagedDevice or :nonCompliantDevice; replaces all"},
};
constexpr std::array kSwitches{
    Field{"--assignment-required", "appRoleAssignmentRequired", "only assigned users: true, false"},
    Field{"--require-pkce", "requirePkce", "true or false"},
    Field{"--require-par", "requirePushedAuthorizationRequests",
          "takes no authorization request but one that it pushed: true, false"},
    Field{"--dpop-bound-tokens", "dpopBoundAccessTokens",
          "gets no token but one bound to a key of its own (DPoP): true, false"},
    Field{"--require-dpop-nonce", "requireDpopNonce",
          "its DPoP proofs must have a nonce that the server gave just before: true, false"},
    Field{"--certificate-bound-tokens", "certificateBoundAccessTokens",
          "gets no token but one bound to its TLS client certificate: true, false"},
    Field{"--fapi2", "fapi2SecurityProfile",
          "the FAPI 2.0 Security Profile: PAR, PKCE, a key in place of secrets, tokens bound to a "
          "key or certificate: true, false"},
    Field{"--frontchannel-logout-session-required", "frontchannelLogoutSessionRequired",
          "its front-channel address gets iss and sid: true, false"},
    Field{"--backchannel-logout-session-required", "backchannelLogoutSessionRequired",
          "its back-channel address must be told the session: true, false"},
    Field{"--may-introspect", "mayIntrospect", "may ask about tokens for itself: true, false"},
    Field{"--device-code", "allowDeviceCode",
          "may sign people in on devices without a browser: true, false"},
    Field{"--status-list", "statusList",
          "as a resource, it looks its tokens up in a status list: true, false"},
    Field{"--continuous-evaluation", "continuousEvaluation",
          "handles claims challenges: true, false"},
};
constexpr std::array kNumbers{
    Field{"--access-token-lifetime", "accessTokenLifetimeSeconds", "seconds"},
    Field{"--own-session", "ownSessionLifetimeSeconds",
          "how long its own sessions can last, in seconds; 0: it keeps none"},
};

struct Change {
  std::string app;
  std::map<std::string_view, std::string> texts;
  std::map<std::string_view, std::vector<std::string>> lists;
  std::map<std::string_view, bool> switches;
  std::map<std::string_view, std::int64_t> numbers;
};

boost::json::object body_of(const Change& change, const CLI::App& command) {
  boost::json::object body;
  const auto is_given = [&](const Field& field) { return command.count(field.option) != 0; };
  for (const Field& field : kTexts) {
    if (is_given(field)) body[field.member] = change.texts.at(field.member);
  }
  for (const Field& field : kLists) {
    if (!is_given(field)) continue;
    boost::json::array items;
    for (const std::string& item : change.lists.at(field.member)) {
      if (!item.empty()) items.emplace_back(item);  // "" alone: none
    }
    body[field.member] = std::move(items);
  }
  for (const Field& field : kSwitches) {
    if (is_given(field)) body[field.member] = change.switches.at(field.member);
  }
  for (const Field& field : kNumbers) {
    if (is_given(field)) body[field.member] = change.numbers.at(field.member);
  }
  return body;
}

Exit set_app(Connection& server, const Terminal& terminal, const std::string& app,
             const boost::json::object& body) {
  if (body.empty()) {
    return terminal.fail(Error::permanent(
        ErrorCode::invalid_argument,
        "nothing to change: name at least one option; `curfew app set --help` lists them"));
  }
  return call_and_show(server, terminal, HttpMethod::patch, "/apps/" + segment(app), body,
                       "app/" + app + " changed");
}

}  // namespace

void add_app_set_command(CLI::App& noun, const Choose& choose) {
  const auto change = std::make_shared<Change>();
  CLI::App& set = *noun.add_subcommand(
      "set", "change what is given, and nothing else; an empty text in a list leaves it empty");
  set.add_option("app", change->app, "its id or name")->required();
  for (const Field& f : kTexts) set.add_option(f.option, change->texts[f.member], f.meaning);
  for (const Field& f : kLists) set.add_option(f.option, change->lists[f.member], f.meaning);
  for (const Field& f : kSwitches) set.add_option(f.option, change->switches[f.member], f.meaning);
  for (const Field& f : kNumbers) set.add_option(f.option, change->numbers[f.member], f.meaning);
  set.callback([change, choose, command = &set] {
    const boost::json::object body = body_of(*change, *command);
    choose([app = change->app, body](Connection& s, const Terminal& t) {
      return set_app(s, t, app, body);
    });
  });
}

}  // namespace curfew
