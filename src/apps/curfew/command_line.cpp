#include "apps/curfew/command_line.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "apps/curfew/add_commands.hpp"
#include "apps/curfew/authority.hpp"
#include "apps/curfew/completion.hpp"
#include "apps/curfew/connection.hpp"
#include "apps/curfew/fence_commands.hpp"
#include "apps/curfew/gate_commands.hpp"
#include "apps/curfew/nouns.hpp"
#include "apps/curfew/report_view.hpp"
#include "apps/curfew/revoke.hpp"
#include "apps/curfew/run_commands.hpp"
#include "apps/curfew/source_commands.hpp"
#include "apps/curfew/stream_commands.hpp"
#include "apps/curfew/suggestion.hpp"
#include "apps/curfew/target_commands.hpp"
#include "apps/curfew/terminal.hpp"
#include "apps/curfew/undo.hpp"
#include "base/text.hpp"
#include "model/role.hpp"
#include "revocation/part.hpp"

namespace curfew {

namespace {

constexpr std::string_view kAbout =
    "Curfew's command line: take one person's access away everywhere, and see it proven.\n\n"
    "On the server's machine it speaks through the local socket (--data DIR, as root or the\n"
    "server's user); from elsewhere over HTTPS with an API key (--server URL --ca FILE).\n"
    "Exit status: 0 done, 1 failed, 2 usage or cancelled, 3 something still works (the output "
    "says\n"
    "until when), 4 not signed in or not allowed.";

// What was parsed: where to connect, how to speak, what to do.
struct Parsed {
  ConnectionOptions connection;
  std::string output = "auto";
  Action action;                               // needs a server
  std::function<Exit(const Terminal&)> local;  // needs none
};

void add_common_options(CLI::App& app, Parsed& parsed) {
  app.add_option("--data", parsed.connection.data,
                 "the server's data folder (environment: CURFEW_DATA)");
  app.add_option("--server", parsed.connection.server,
                 "another machine's server, https://host[:port] (CURFEW_SERVER)");
  app.add_option("--ca", parsed.connection.ca_file, "PEM of the authority to trust, with --server");
  app.add_option("--key-file", parsed.connection.key_file,
                 "a file with an API key, with --server (or CURFEW_API_KEY)");
  app.add_option("-o,--output", parsed.output, "auto or json")
      ->check(CLI::IsMember({"auto", "json"}))
      ->capture_default_str();
}

void add_generic_verbs(CLI::App& command, const Noun& noun, const Choose& choose) {
  CLI::App& list = *command.add_subcommand("list", "list all");
  list.callback([&noun, choose] {
    choose([&noun](Connection& s, const Terminal& t) { return list_objects(s, t, noun); });
  });
  const auto name = std::make_shared<std::string>();
  CLI::App& show = *command.add_subcommand("show", "show one");
  show.add_option(std::string{noun.name}, *name, "its id or name")->required()->check(not_empty);
  show.callback([&noun, name, choose] {
    choose(
        [&noun, name](Connection& s, const Terminal& t) { return show_object(s, t, noun, *name); });
  });
  for (const bool enabled : {true, false}) {
    if (!noun.can_be_disabled) continue;
    CLI::App& verb = *command.add_subcommand(
        enabled ? "enable" : "disable",
        enabled ? "end the administrator's hold" : "end all its access until enabled");
    verb.add_option(std::string{noun.name}, *name, "its id or name")->required()->check(not_empty);
    verb.callback([&noun, name, enabled, choose] {
      choose([&noun, name, enabled](Connection& s, const Terminal& t) {
        return set_enabled(s, t, noun, *name, enabled);
      });
    });
  }
  if (!noun.can_be_removed) return;
  const auto yes = std::make_shared<bool>(false);
  CLI::App& remove = *command.add_subcommand("remove", "end its access and remove it for good");
  remove.add_option(std::string{noun.name}, *name, "its id or name")->required()->check(not_empty);
  remove.add_flag("--yes", *yes, "do not ask");
  remove.callback([&noun, name, yes, choose] {
    choose([&noun, name, yes](Connection& s, const Terminal& t) {
      return remove_object(s, t, noun, *name, *yes);
    });
  });
}

void add_nouns(CLI::App& app, const Choose& choose) {
  for (const Noun& noun : all_nouns()) {
    CLI::App& command = *app.add_subcommand(std::string{noun.name}, std::string{noun.description});
    command.require_subcommand(1);
    add_generic_verbs(command, noun, choose);
    if (noun.name == "user") add_user_commands(command, choose);
    if (noun.name == "group") add_group_commands(command, choose);
    if (noun.name == "app") add_app_commands(command, choose);
    if (noun.name == "device") add_device_commands(command, choose);
    if (noun.name == "key") add_key_commands(command, choose);
    if (noun.name == "gate") add_gate_commands(command, choose);
    if (noun.name == "stream") add_stream_commands(command, choose);
    if (noun.name == "target") add_target_commands(command, choose);
    if (noun.name == "source") add_source_commands(command, choose);
    if (noun.name == "run") add_run_commands(command, choose);
  }
}

// "roles (directory roles), groups (...)".
std::string words_of_parts() {
  std::vector<std::string> words;
  for (const RunPart* part : run_parts()) {
    if (part->option_help.empty()) continue;
    words.push_back(std::string{part->option} + " (" + std::string{part->option_help} + ")");
  }
  return join(words, ", ");
}

void add_revoke(CLI::App& app, const Choose& choose) {
  const auto options = std::make_shared<RevokeOptions>();
  CLI::App& command = *app.add_subcommand(
      "revoke", "take away everything that people have: account, sessions, tokens, devices, keys");
  command.add_option("user", options->users, "user principal names or ids")->check(not_empty);
  command.add_option("--file", options->file, "users from a file: one a line, CSV or JSON");
  command.add_option("--filter", options->filter, "group:NAME or domain:contoso.com");
  command.add_option("--reason", options->reason, "kept with the run and in the audit");
  command.add_flag("--sessions-only", options->sessions_only,
                   "end sessions and tokens; the account stays enabled");
  command.add_flag("--remove-assignments", options->remove_assignments,
                   "the same as --also assignments");
  command
      .add_option("--also", options->also,
                  "also take, several parted by commas: " + words_of_parts())
      ->delimiter(',');
  command.add_option("--since", options->since,
                     "also take what appeared for or by them since then: 2h, or RFC 3339");
  command.add_flag("--dry-run", options->dry_run, "show what would happen, and stop");
  command.add_flag("--yes", options->yes, "do not ask");
  command.add_flag("--no-wait", options->no_wait, "do not follow the run to its end");
  command.add_option("--report", options->report_file, "write the signed report to this file");
  command.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return revoke_users(s, t, *options); });
  });
}

void add_plain_verbs(CLI::App& app, const Choose& choose) {
  const auto user = std::make_shared<std::string>();
  CLI::App& access = *app.add_subcommand(
      "access", "what a person has got, and how long each path would live after a revocation");
  access.add_option("user", *user)->required()->check(not_empty);
  access.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return show_user_access(s, t, *user); });
  });

  const auto run = std::make_shared<std::string>();
  const auto yes = std::make_shared<bool>(false);
  CLI::App& restore = *app.add_subcommand("restore", "undo a run; old credentials stay dead");
  restore.add_option("run", *run, "its id")->required()->check(not_empty);
  restore.add_flag("--yes", *yes, "do not ask");
  restore.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return restore_run_by_id(s, t, *run, *yes); });
  });
}

void add_audit(CLI::App& app, const Choose& choose) {
  CLI::App& audit = *app.add_subcommand("audit", "what was done, by whom; the newest first");
  const auto last = std::make_shared<int>(100);
  audit.add_option("--last", *last, "how many entries")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  audit.callback(
      [=] { choose([=](Connection& s, const Terminal& t) { return list_audit(s, t, *last); }); });
}

void add_ca_commands(CLI::App& app, Parsed& parsed) {
  CLI::App& ca = *app.add_subcommand("ca", "the development authority");
  ca.require_subcommand(1);
  CLI::App& ca_export = *ca.add_subcommand("export", "print its certificate, and how to trust it");
  ca_export.callback([&parsed] {
    parsed.local = [&parsed](const Terminal& t) {
      return export_ca(with_environment(parsed.connection).data, t);
    };
  });
  const auto names = std::make_shared<std::vector<std::string>>();
  const auto out = std::make_shared<std::string>();
  CLI::App& issue = *ca.add_subcommand("issue", "a server certificate for an application");
  issue.add_option("name", *names, "its host names and addresses")->required();
  issue.add_option("--out", *out, "writes OUT.pem and OUT-key.pem")->required();
  issue.callback([=, &parsed] {
    parsed.local = [=, &parsed](const Terminal& t) {
      return issue_certificate(with_environment(parsed.connection).data, *names, *out, t);
    };
  });
}

void add_roles(CLI::App& app, Parsed& parsed) {
  CLI::App& role = *app.add_subcommand("role", "directory roles, which let people manage");
  role.require_subcommand(1);
  CLI::App& list = *role.add_subcommand("list", "list all, by the names that `add-role` takes");
  list.callback([&parsed] {
    parsed.local = [](const Terminal& t) {
      boost::json::array roles;
      for (const RoleDefinition& definition : built_in_roles()) {
        roles.push_back(boost::json::object{{"displayName", definition.display_name},
                                            {"roleTemplateId", definition.template_id}});
      }
      if (t.is_json()) {
        t.json(roles);
      } else {
        t.table({{"DISPLAY NAME", "displayName"}, {"ID", "roleTemplateId"}}, roles);
      }
      return Exit::ok;
    };
  });
}

void add_local_verbs(CLI::App& app, Parsed& parsed) {
  const auto file = std::make_shared<std::string>();
  const auto keys = std::make_shared<std::string>();
  CLI::App& verify =
      *app.add_subcommand("verify", "check a report offline; finds any changed byte");
  verify.add_option("file", *file)->required();
  verify.add_option("--keys", *keys, "the server's report keys: a trusted copy of its key set");
  verify.callback([=, &parsed] {
    parsed.local = [=](const Terminal& t) { return verify_file(t, *file, *keys); };
  });

  add_ca_commands(app, parsed);

  CLI::App& completion = *app.add_subcommand("completion", "a completion script for bash");
  completion.callback([&app, &parsed] {
    parsed.local = [&app](const Terminal& t) {
      t.line(bash_completion(app));
      return Exit::ok;
    };
  });
}

Exit perform(const Parsed& parsed, const Terminal& terminal) {
  if (parsed.local) return parsed.local(terminal);
  Result<Connection> server = Connection::open(with_environment(parsed.connection));
  if (!server.ok()) return terminal.fail(server.error());
  return parsed.action(*server, terminal);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app{std::string{kAbout}, "curfew"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", CURFEW_VERSION);
  Parsed parsed;
  const Choose choose = [&parsed](Action action) { parsed.action = std::move(action); };
  add_common_options(app, parsed);
  add_revoke(app, choose);
  add_plain_verbs(app, choose);
  add_audit(app, choose);
  add_local_verbs(app, parsed);
  add_roles(app, parsed);
  add_nouns(app, choose);
  add_fence_commands(app, choose);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_failure = error.get_exit_code() != 0;
    if (const auto said = unknown_command(app, {argv + 1, argv + argc}); is_failure && said) {
      std::fprintf(stderr, "curfew: %s\n", said->c_str());
      return static_cast<int>(Exit::usage);
    }
    const int status = app.exit(error);
    return status == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  const Terminal terminal{parsed.output == "json" ? Style::json : Style::automatic};
  try {
    return static_cast<int>(perform(parsed, terminal));
  } catch (const std::exception&) {
    // Boost.JSON's answer to a member that is not there or of another type.
    const Error error = Error::permanent(
        ErrorCode::protocol, "the server's answer is not one that this program understands");
    return static_cast<int>(terminal.fail(error));
  }
}

}  // namespace curfew
