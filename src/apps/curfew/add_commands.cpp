#include "apps/curfew/add_commands.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <string>

#include "apps/curfew/client_key_commands.hpp"
#include "apps/curfew/nouns.hpp"
#include "apps/curfew/registration_commands.hpp"
#include "apps/curfew/revoke.hpp"
#include "apps/curfew/set_app.hpp"
#include "base/check.hpp"
#include "model/role.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

const Noun& noun_named(std::string_view name) {
  const auto& nouns = all_nouns();
  const auto found =
      std::find_if(nouns.begin(), nouns.end(), [&](const Noun& noun) { return noun.name == name; });
  CURFEW_CHECK(found != nouns.end());
  return *found;
}

void put_text(boost::json::object& body, std::string_view name, const std::string& text) {
  if (!text.empty()) body[name] = text;
}

void put_list(boost::json::object& body, std::string_view name,
              const std::vector<std::string>& items) {
  if (!items.empty()) body[name] = list_of(items);
}

struct UserOptions {
  std::string name;
  std::string display_name;
  std::string mail;
  std::vector<std::string> roles;
  bool password_from_input = false;
  bool keep_password = false;
  bool guest = false;
  bool break_glass = false;
};

// Before anything is made: a mistyped role must not leave a person without one.
Status check_roles(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (role_by_template_id(name) || role_by_name(name)) continue;
    return Error::permanent(ErrorCode::invalid_argument,
                            "there is no role " + visible_text(name, 64) +
                                ", so nobody was added; `curfew role list` lists the roles");
  }
  return Done{};
}

Exit add_user(Connection& server, const Terminal& terminal, const UserOptions& options) {
  const Status roles = check_roles(options.roles);
  if (!roles.ok()) return terminal.fail(roles.error());
  boost::json::object body{{"userPrincipalName", options.name},
                           {"userType", options.guest ? "Guest" : "Member"},
                           {"forceChangePasswordNextSignIn", !options.keep_password}};
  put_text(body, "displayName", options.display_name);
  put_text(body, "mail", options.mail);
  if (options.break_glass) body["breakGlass"] = true;
  // A secret is never an argument: arguments are seen by every process of the machine.
  if (options.password_from_input) body["password"] = read_line();
  const Exit added = add_object(server, terminal, noun_named("user"), body);
  if (added != Exit::ok) return added;
  for (const std::string& role : options.roles) {
    const auto given =
        server.call(HttpMethod::put, "/users/" + segment(options.name) + "/roles/" + segment(role));
    if (!given.ok()) {
      return terminal.fail(given.error().within("the user was added without the role " + role));
    }
  }
  return Exit::ok;
}

Exit reset_password(Connection& server, const Terminal& terminal, const std::string& user,
                    bool yes) {
  if (!yes) {
    const Exit agreed = confirm_reset(server, terminal, user);
    if (agreed != Exit::ok) return agreed;
  }
  return call_and_show(server, terminal, HttpMethod::post, "/users/" + segment(user) + "/password",
                       boost::json::object{}, "user/" + user + " has a new password");
}

struct AppOptions {
  std::string name;
  bool is_public = false;
  bool assignment_required = false;
  bool may_introspect = false;
  bool allow_device_code = false;
  bool continuous_evaluation = false;
  bool no_pkce = false;
  std::vector<std::string> redirect_uris;
  std::vector<std::string> spa_origins;
  std::vector<std::string> post_logout_redirect_uris;
  std::vector<std::string> identifier_uris;
  std::vector<std::string> exposed_scopes;
  std::vector<std::string> consented_scopes;
  std::vector<std::string> application_permissions;
  std::string access_token_typ;
  std::string access_token_alg;
  std::int64_t lifetime_seconds = 0;
  std::optional<std::int64_t> own_session_seconds;
};

boost::json::object app_body(const AppOptions& options) {
  boost::json::object body{{"displayName", options.name},
                           {"clientType", options.is_public ? "public" : "confidential"},
                           {"requirePkce", !options.no_pkce},
                           {"appRoleAssignmentRequired", options.assignment_required},
                           {"mayIntrospect", options.may_introspect},
                           {"allowDeviceCode", options.allow_device_code},
                           {"continuousEvaluation", options.continuous_evaluation}};
  put_list(body, "redirectUris", options.redirect_uris);
  put_list(body, "spaOrigins", options.spa_origins);
  put_list(body, "postLogoutRedirectUris", options.post_logout_redirect_uris);
  put_list(body, "identifierUris", options.identifier_uris);
  put_list(body, "exposedScopes", options.exposed_scopes);
  put_list(body, "adminConsentedScopes", options.consented_scopes);
  put_list(body, "applicationPermissions", options.application_permissions);
  put_text(body, "accessTokenTyp", options.access_token_typ);
  put_text(body, "accessTokenAlg", options.access_token_alg);
  if (options.lifetime_seconds != 0) {
    body["accessTokenLifetimeSeconds"] = options.lifetime_seconds;
  }
  if (options.own_session_seconds) {
    body["ownSessionLifetimeSeconds"] = *options.own_session_seconds;
  }
  return body;
}

// The one of --user and --group that was given, as the API names it.
boost::json::object principal_body(const std::string& user, const std::string& group) {
  boost::json::object body;
  put_text(body, "userId", user);
  put_text(body, "groupId", group);
  return body;
}

// A verb with one argument for the noun's object, and one more.
struct Pair {
  std::string first;
  std::string second;
};
CLI::App& pair_command(CLI::App& noun, const char* verb, const char* what, const char* first,
                       const char* second, const std::shared_ptr<Pair>& pair) {
  CLI::App& command = *noun.add_subcommand(verb, what);
  command.add_option(first, pair->first)->required()->check(not_empty);
  command.add_option(second, pair->second)->required()->check(not_empty);
  return command;
}

}  // namespace

std::string not_empty(const std::string& text) {
  return text.empty() ? "must not be empty: give a name or an id" : "";
}

void add_user_commands(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<UserOptions>();
  CLI::App& add =
      *noun.add_subcommand("add", "add a user; prints a one-time password where none is given");
  add.add_option("userPrincipalName", options->name, "e.g. johndoe@contoso.com")->required();
  add.add_option("--name", options->display_name, "display name");
  add.add_option("--mail", options->mail, "mail address");
  add.add_option("--role", options->roles, "a directory role, by name; may be repeated");
  add.add_flag("--password-stdin", options->password_from_input,
               "read the password from standard input");
  add.add_flag("--keep-password", options->keep_password,
               "do not ask for a new password at the first sign-in");
  add.add_flag("--guest", options->guest,
               "a guest of another tenant: no password here unless --password-stdin");
  add.add_flag("--break-glass", options->break_glass, "an emergency account");
  add.callback(
      [=] { choose([=](Connection& s, const Terminal& t) { return add_user(s, t, *options); }); });

  const auto name = std::make_shared<std::string>();
  const auto yes = std::make_shared<bool>(false);
  CLI::App& reset = *noun.add_subcommand(
      "reset-password", "set a one-time password; ends the user's sessions and tokens");
  reset.add_option("user", *name)->required();
  reset.add_flag("--yes", *yes, "do not ask");
  reset.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return reset_password(s, t, *name, *yes); });
  });

  for (const bool give : {true, false}) {
    const auto pair = std::make_shared<Pair>();
    CLI::App& command = pair_command(noun, give ? "add-role" : "remove-role",
                                     give ? "give a directory role" : "take a directory role away",
                                     "user", "role", pair);
    command.callback([=] {
      choose([=](Connection& s, const Terminal& t) {
        return call_and_show(s, t, give ? HttpMethod::put : HttpMethod::delete_,
                             "/users/" + segment(pair->first) + "/roles/" + segment(pair->second),
                             nullptr,
                             "user/" + pair->first + (give ? " has" : " has no longer") +
                                 " the role " + pair->second);
      });
    });
  }
}

void add_group_commands(CLI::App& noun, const Choose& choose) {
  const auto name = std::make_shared<std::string>();
  const auto for_roles = std::make_shared<bool>(false);
  CLI::App& add = *noun.add_subcommand("add", "add a group");
  add.add_option("displayName", *name)->required();
  add.add_flag("--assignable-to-role", *for_roles, "its members may hold roles through it");
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return add_object(s, t, noun_named("group"),
                        {{"displayName", *name}, {"isAssignableToRole", *for_roles}});
    });
  });
  for (const bool join : {true, false}) {
    const auto pair = std::make_shared<Pair>();
    CLI::App& command =
        pair_command(noun, join ? "add-member" : "remove-member",
                     join ? "make a user a member" : "end a membership", "group", "user", pair);
    command.callback([=] {
      choose([=](Connection& s, const Terminal& t) {
        return call_and_show(
            s, t, join ? HttpMethod::put : HttpMethod::delete_,
            "/groups/" + segment(pair->first) + "/members/" + segment(pair->second), nullptr,
            "group/" + pair->first + (join ? " has" : " has no longer") + " the member " +
                pair->second);
      });
    });
  }
}

namespace {

void add_app_add_command(CLI::App& noun, const Choose& choose) {
  const auto options = std::make_shared<AppOptions>();
  CLI::App& add =
      *noun.add_subcommand("add", "add an application; prints a working client configuration");
  add.add_option("displayName", options->name)->required();
  add.add_flag("--public", options->is_public, "a public client: no secret, PKCE");
  add.add_option("--redirect-uri", options->redirect_uris, "may be repeated");
  add.add_option("--spa-origin", options->spa_origins, "scheme://host[:port], for CORS");
  add.add_option("--post-logout-redirect-uri", options->post_logout_redirect_uris, "");
  add.add_option("--identifier-uri", options->identifier_uris, "it is a resource by this name");
  add.add_option("--scope", options->exposed_scopes, "a scope that the resource exposes");
  add.add_option("--consent", options->consented_scopes, "a scope consented to for everybody");
  add.add_option("--application-permission", options->application_permissions,
                 "a permission for what it does by itself, without a person");
  add.add_flag("--assignment-required", options->assignment_required, "only assigned users");
  add.add_flag("--may-introspect", options->may_introspect, "may ask about tokens for itself");
  add.add_flag("--device-code", options->allow_device_code,
               "may sign people in on devices without a browser");
  add.add_flag("--continuous-evaluation", options->continuous_evaluation,
               "handles claims challenges: may have long access tokens");
  add.add_flag("--no-pkce", options->no_pkce, "a confidential client that cannot do PKCE");
  add.add_option("--access-token-typ", options->access_token_typ, "JWT or at+jwt");
  add.add_option("--access-token-alg", options->access_token_alg, "ES256 or RS256");
  add.add_option("--access-token-lifetime", options->lifetime_seconds, "seconds");
  add.add_option("--own-session", options->own_session_seconds,
                 "how long its own sessions can last, in seconds; 0: it keeps none. Reports of "
                 "revocations rely on it");
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return add_object(s, t, noun_named("app"), app_body(*options));
    });
  });
}

void add_app_role_commands(CLI::App& noun, const Choose& choose) {
  for (const bool give : {true, false}) {
    const auto pair = std::make_shared<Pair>();
    CLI::App& command =
        pair_command(noun, give ? "add-role" : "remove-role",
                     give ? "let its API keys and its own tokens manage by a directory role"
                          : "take a directory role away",
                     "app", "role", pair);
    command.callback([=] {
      choose([=](Connection& s, const Terminal& t) {
        return call_and_show(s, t, give ? HttpMethod::put : HttpMethod::delete_,
                             "/apps/" + segment(pair->first) + "/roles/" + segment(pair->second),
                             nullptr,
                             "app/" + pair->first + (give ? " has" : " has no longer") +
                                 " the role " + pair->second);
      });
    });
  }
}

}  // namespace

void add_app_commands(CLI::App& noun, const Choose& choose) {
  add_app_add_command(noun, choose);
  add_app_set_command(noun, choose);

  const auto app = std::make_shared<std::string>();
  CLI::App& secret = *noun.add_subcommand("add-secret", "make another client secret");
  secret.add_option("app", *app)->required();
  secret.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return call_and_show(s, t, HttpMethod::post, "/apps/" + segment(*app) + "/secrets",
                           boost::json::object{}, "app/" + *app + " has a new secret");
    });
  });
  const auto key = std::make_shared<Pair>();
  CLI::App& drop = pair_command(
      noun, "remove-secret",
      "end a client secret and the tokens that the application got with it for itself; what it "
      "holds for people goes on",
      "app", "keyId", key);
  drop.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return call_and_show(s, t, HttpMethod::delete_,
                           "/apps/" + segment(key->first) + "/secrets/" + segment(key->second),
                           nullptr, "app/" + key->first + " has that secret no longer");
    });
  });

  add_client_key_commands(noun, choose);
  add_registration_commands(noun, choose);
  add_app_role_commands(noun, choose);

  for (const bool give : {true, false}) {
    const auto name = std::make_shared<std::string>();
    const auto principal = std::make_shared<Pair>();
    CLI::App& assign = *noun.add_subcommand(
        give ? "assign" : "unassign", give ? "let a user or group use it" : "take that away again");
    assign.add_option("app", *name)->required();
    auto* const user = assign.add_option("--user", principal->first, "a user");
    assign.add_option("--group", principal->second, "a group")->excludes(user);
    assign.callback([=] {
      choose([=](Connection& s, const Terminal& t) {
        return call_and_show(s, t, give ? HttpMethod::post : HttpMethod::delete_,
                             "/apps/" + segment(*name) + "/assignments",
                             principal_body(principal->first, principal->second),
                             "app/" + *name + (give ? " assigned" : " unassigned"));
      });
    });
  }
}

void add_device_commands(CLI::App& noun, const Choose& choose) {
  struct Options {
    std::string name, owner, system;
  };
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand("add", "register a device; prints its secret");
  add.add_option("displayName", options->name)->required();
  add.add_option("--owner", options->owner, "a user");
  add.add_option("--os", options->system, "operating system");
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      boost::json::object body{{"displayName", options->name}};
      put_text(body, "registeredOwner", options->owner);
      put_text(body, "operatingSystem", options->system);
      return add_object(s, t, noun_named("device"), body);
    });
  });
}

void add_key_commands(CLI::App& noun, const Choose& choose) {
  struct Options {
    std::string name, app, owner;
    std::vector<std::string> scopes;
    std::int64_t days = 0;
  };
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand("add", "make an API key; prints it once");
  add.add_option("displayName", options->name)->required();
  add.add_option("--app", options->app, "the application it speaks for")->required();
  add.add_option("--scope", options->scopes, "e.g. api://curfew/manage; may be repeated");
  add.add_option("--owner", options->owner, "whose it is: revoking them ends it");
  add.add_option("--days", options->days, "its lifetime");
  add.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      boost::json::object body{{"displayName", options->name}, {"appId", options->app}};
      put_text(body, "owner", options->owner);
      put_list(body, "scopes", options->scopes);
      if (options->days != 0) body["lifetimeDays"] = options->days;
      return add_object(s, t, noun_named("key"), body);
    });
  });
}

}  // namespace curfew
