// apps/curfewd/main.cpp: the server program: its commands and their options.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "apps/curfewd/audit_commands.hpp"
#include "apps/curfewd/init.hpp"
#include "apps/curfewd/maintenance.hpp"
#include "apps/curfewd/serve.hpp"
#include "apps/curfewd/signing_keys.hpp"
#include "revocation/crash_points.hpp"

namespace curfew {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int report_failure(const Error& error) {
  std::fprintf(stderr, "curfewd: %s\n", error.message().c_str());
  return kExitFailed;
}

int finish(const Status& status) { return status.ok() ? 0 : report_failure(status.error()); }

int run_init(const InitOptions& options) {
  const Result<InitResult> made = init_data_folder(options);
  if (!made.ok()) return report_failure(made.error());
  std::fputs(describe(options, *made).c_str(), stdout);
  return 0;
}

// --data and --key-file, which every command takes.
void add_folder_options(CLI::App& command, DataFolder& folder) {
  command.add_option("--data", folder.path, "the server's data folder")->required();
  command.add_option("--key-file", folder.key_file,
                     "the master key, if it is not in the data folder");
}

void add_init(CLI::App& app, InitOptions& options) {
  CLI::App& command = *app.add_subcommand("init", "make a data folder with one tenant");
  add_folder_options(command, options.folder);
  command.add_option("--domain", options.domain, "the tenant's domain, e.g. contoso.com")
      ->required();
  command.add_option("--name", options.display_name, "the tenant's display name");
  command.add_option("--host", options.host, "the name that clients reach the server by")
      ->capture_default_str();
  command.add_option("--port", options.port, "the TLS port on 127.0.0.1")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command.add_option("--admin", options.admin_name, "the first administrator's name before the @")
      ->capture_default_str();
}

void add_serve(CLI::App& app, ServeOptions& options) {
  CLI::App& command = *app.add_subcommand("serve", "run the server");
  add_folder_options(command, options.folder);
  command.add_option("--config", options.config_file,
                     "settings (default: curfewd.toml in the folder)");
  command.add_option("--witness", options.witness_file,
                     "high-water file that `new-witness` made: proves a restored backup");
}

// POINT:N, for a build that can be told to die (revocation/crash_points.hpp).
bool arm(const std::string& crash_at) {
  const std::size_t colon = crash_at.find(':');
  if (colon == std::string::npos) return false;
  const auto nth = static_cast<unsigned>(std::strtoul(crash_at.c_str() + colon + 1, nullptr, 10));
  return arm_crash_point(crash_at.substr(0, colon), nth);
}

// A build for use has no crash points, so it does not know these words.
void add_crash_points(CLI::App& app) {
  if (crash_points().empty()) return;
  app.add_subcommand("crash-points", "the places at which a test can end the server")->callback([] {
    for (const std::string_view name : crash_points()) {
      std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
    }
    std::exit(0);
  });
  app.get_subcommand("serve")->add_option_function<std::string>(
      "--crash-at",
      [](const std::string& text) {
        if (!arm(text)) throw CLI::ValidationError("--crash-at", "no such point: " + text);
      },
      "POINT:N, die at the Nth passing");
}

void add_maintenance(CLI::App& app, MaintenanceOptions& options) {
  CLI::App& reset = *app.add_subcommand("reset-password", "give a user a one-time password");
  add_folder_options(reset, options.folder);
  reset.add_option("user", options.user_principal_name, "user principal name")->required();
  reset.add_option("--witness", options.witness_file, "the server's witness file");

  CLI::App& backup = *app.add_subcommand("backup", "copy the live database");
  add_folder_options(backup, options.folder);
  backup.add_option("target", options.backup_file, "the new file")->required();

  CLI::App& restore = *app.add_subcommand("restore", "put a backup in the place of the database");
  add_folder_options(restore, options.folder);
  restore.add_option("backup", options.backup_file, "the file that `backup` wrote")->required();
  restore.add_option("--witness", options.witness_file, "the server's witness file");

  CLI::App& fence = *app.add_subcommand(
      "fence", "start a new generation after a restore: all must sign in again");
  add_folder_options(fence, options.folder);
  fence.add_option("--witness", options.witness_file, "the server's witness file");
}

void add_witness(CLI::App& app, MaintenanceOptions& options) {
  CLI::App& make = *app.add_subcommand(
      "new-witness", "make the file that proves a restored backup; nothing is served without it");
  add_folder_options(make, options.folder);
  make.add_option("--witness", options.witness_file,
                  "where: on another disk than the data, in no backup")
      ->required();

  CLI::App& drop = *app.add_subcommand("drop-witness",
                                       "give up a witness that is lost, knowing what that means");
  add_folder_options(drop, options.folder);
}

void add_signing_keys(CLI::App& app, SigningKeyOptions& options) {
  CLI::App& list = *app.add_subcommand("keys", "list the signing keys and their states");
  add_folder_options(list, options.folder);

  CLI::App& rotate = *app.add_subcommand(
      "rotate-keys", "sign with the next keys, retire the active ones, publish new next ones");
  add_folder_options(rotate, options.folder);

  CLI::App& withdraw = *app.add_subcommand(
      "withdraw-key", "a key that others may have: everything that it signed is dead at once");
  add_folder_options(withdraw, options.folder);
  withdraw
      .add_option("key", options.key_id,
                  "its id, as `keys` shows it; after -- if it begins with a dash")
      ->required();
  withdraw.add_option("--witness", options.witness_file, "the server's witness file");
}

void add_audit(CLI::App& app, AuditOptions& options) {
  CLI::App& verify = *app.add_subcommand(
      "verify-audit", "check the chains of the audit and the journal, also of a running server");
  add_folder_options(verify, options.folder);
  verify.add_option("--noted", options.noted, "a head that this printed before; can be repeated");

  CLI::App& erase = *app.add_subcommand(
      "erase-person", "take out what is known of a person whose account was removed");
  add_folder_options(erase, options.folder);
  erase.add_option("user", options.person, "user principal name, or the id")->required();
}

int run(int argc, char** argv) {
  CLI::App app{"Curfew's server: signs people in, and takes one person's access away everywhere."};
  app.require_subcommand(1);
  app.set_version_flag("--version", CURFEW_VERSION);
  InitOptions init;
  ServeOptions serving;
  MaintenanceOptions maintenance;
  SigningKeyOptions signing_keys;
  AuditOptions audit;
  add_init(app, init);
  add_serve(app, serving);
  add_maintenance(app, maintenance);
  add_witness(app, maintenance);
  add_signing_keys(app, signing_keys);
  add_audit(app, audit);
  add_crash_points(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }

  if (app.got_subcommand("init")) return run_init(init);
  if (app.got_subcommand("serve")) return finish(serve(serving));
  if (app.got_subcommand("reset-password")) return finish(reset_password(maintenance));
  if (app.got_subcommand("backup")) return finish(backup(maintenance));
  if (app.got_subcommand("restore")) return finish(restore(maintenance));
  if (app.got_subcommand("fence")) return finish(fence(maintenance));
  if (app.got_subcommand("new-witness")) return finish(new_witness(maintenance));
  if (app.got_subcommand("drop-witness")) return finish(drop_witness(maintenance));
  if (app.got_subcommand("verify-audit")) return finish(verify_audit(audit));
  if (app.got_subcommand("erase-person")) return finish(erase_person(audit));
  if (app.got_subcommand("keys")) return finish(list_keys(signing_keys.folder));
  if (app.got_subcommand("rotate-keys")) return finish(rotate_keys(signing_keys.folder));
  return finish(withdraw_key(signing_keys));
}

}  // namespace
}  // namespace curfew

int main(int argc, char** argv) { return curfew::run(argc, argv); }
