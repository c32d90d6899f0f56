#include "apps/curfew-gate/command_line.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "apps/curfew-gate/gate_folder.hpp"
#include "apps/curfew-gate/log_level.hpp"
#include "apps/curfew-gate/look.hpp"
#include "apps/curfew-gate/run.hpp"
#include "apps/curfew-gate/server_calls.hpp"
#include "apps/curfew-gate/site_commands.hpp"
#include "apps/curfew/suggestion.hpp"
#include "apps/curfew/terminal.hpp"
#include "base/text.hpp"
#include "io/file.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr std::string_view kAbout =
    "Curfew's gate: an enforcement point beside other people's applications.\n\n"
    "An administrator makes one with `curfew gate add NAME` and gets a code; `curfew-gate enrol` "
    "on\n"
    "the gate's machine makes a key, which never leaves it, and trades the code for an identity.\n"
    "`curfew-gate run` then follows what is revoked, and programs beside it judge by its replica.\n"
    "Exit status: 0 done, 1 failed, 2 usage, 4 the server refused.";
constexpr std::size_t kCaBytesMax = 64UL * 1024;
constexpr std::size_t kCodeBytesMax = 256;

struct Options {
  std::string data;
  std::string server;
  std::string ca_file;
  std::string code;
  bool again = false;
  std::string output = "auto";
  RunOptions run;
  std::string log_level = "info";
  std::string key;
};

// From the option, from standard input, or from the environment: a command line can be read by
// everybody on the machine.
Result<Secret> code_of(const Options& options) {
  std::string code = options.code;
  const char* const from_environment = std::getenv("CURFEW_GATE_CODE");
  if (code.empty() && from_environment != nullptr) code = from_environment;
  if (code == "-") code = read_line(kCodeBytesMax + 1);
  code = std::string{trim_ascii(code)};
  if (!code.empty() && code.size() <= kCodeBytesMax) return Secret{std::move(code)};
  return Error{
      ErrorCode::invalid_argument, Retry::after_human,
      "there is no enrolment code, or it is too long: give the one that `curfew gate add "
      "NAME` printed with --code, with --code - on standard input, or in CURFEW_GATE_CODE"};
}

Result<Enrolling> enrolling_of(const Options& options) {
  Enrolling enrolling{options.server, options.ca_file, {}};
  if (!enrolling.server.starts_with("https://")) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "--server must begin with https://, as in https://login.example.com");
  }
  while (enrolling.server.ends_with('/')) enrolling.server.pop_back();
  CURFEW_TRY(enrolling.code, code_of(options));
  return enrolling;
}

// Whether there is something to enrol: a folder that is a gate's already is not made another's by
// mistake.
Status check_is_free(const GateFolder& folder, bool again) {
  CURFEW_TRY(const auto known, folder.identity());
  if (!known || again) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               folder.path() + " is the folder of the gate " + known->name +
                   " already; `curfew-gate check` shows whether it works, and --again with a code "
                   "of `curfew gate add " +
                   known->name + " --again` gives it a new key"};
}

boost::json::object json_of(const GateIdentity& gate) {
  return {{"name", gate.name},
          {"client_id", gate.client_id},
          {"mode", gate.mode},
          {"issuer", gate.issuer}};
}

void show(const Terminal& terminal, const Options& options, const GateIdentity& gate) {
  if (terminal.is_json()) {
    boost::json::object shown = json_of(gate);
    shown["data"] = options.data;
    terminal.json(shown);
    return;
  }
  terminal.line("gate " + visible_text(gate.name, kCodeBytesMax) + " (" + gate.client_id + ", " +
                gate.mode + ") is enrolled at " + gate.issuer);
  terminal.note("its key and what the server said are in " + options.data +
                "; `curfew-gate check --data " + options.data + "` shows that it works");
}

Result<GateIdentity> enrol(const Options& options) {
  CURFEW_TRY(const Enrolling enrolling, enrolling_of(options));
  std::string ca_pem;
  if (!options.ca_file.empty()) {
    CURFEW_TRY(ca_pem, read_file(options.ca_file, kCaBytesMax));
  }
  const GateFolder folder{options.data};
  CURFEW_TRY_STATUS(make_private_directory(options.data));
  CURFEW_TRY(const FileLock lock, FileLock::acquire(options.data + "/lock"));
  CURFEW_TRY(const bool was_waiting, folder.settle());
  if (!was_waiting) {
    CURFEW_TRY_STATUS(check_is_free(folder, options.again));
    CURFEW_TRY(const GateKey key, folder.enrolling_key());
    HttpClient client;
    CURFEW_TRY(boost::json::object answer, ask_to_enrol(client, enrolling, key));
    CURFEW_TRY_STATUS(folder.enrolled(std::move(answer), key, ca_pem));
  }
  CURFEW_TRY(auto identity, folder.identity());
  if (identity) return *std::move(identity);
  return Error::permanent(ErrorCode::internal, "gate.json is gone from " + options.data);
}

struct Checked {
  GateIdentity gate;
  std::string token_expires_at;  // RFC 3339
};

Result<Checked> check(const Options& options) {
  const GateFolder folder{options.data};
  CURFEW_TRY_STATUS(folder.settle());
  CURFEW_TRY(GateIdentity gate, folder.enrolled_identity());
  CURFEW_TRY(const GateKey key, folder.key(gate));
  HttpClient client;
  const TimePoint now = SystemClock{}.now();
  CURFEW_TRY(const FeedToken token, ask_for_token(client, gate, key, folder.ca_file(), now));
  return Checked{std::move(gate), to_rfc3339(now + token.lifetime)};
}

Exit run_enrol(const Terminal& terminal, const Options& options) {
  const auto identity = enrol(options);
  if (!identity.ok()) return terminal.fail(identity.error());
  show(terminal, options, *identity);
  return Exit::ok;
}

Exit run_check(const Terminal& terminal, const Options& options) {
  const auto checked = check(options);
  if (!checked.ok()) return terminal.fail(checked.error());
  const GateIdentity& gate = checked->gate;
  if (terminal.is_json()) {
    boost::json::object shown = json_of(gate);
    shown["resource"] = gate.resource;
    shown["token"] = boost::json::object{{"expires_at", checked->token_expires_at}};
    terminal.json(shown);
    return Exit::ok;
  }
  terminal.line("gate " + visible_text(gate.name, kCodeBytesMax) + " (" + gate.client_id + ", " +
                gate.mode + ") works: " + gate.issuer + " gave it a token for " + gate.resource +
                " until " + checked->token_expires_at);
  return Exit::ok;
}

Exit run_run(const Terminal& terminal, const Options& options) {
  RunOptions run = options.run;
  run.data = options.data;
  run.log_level = log_level_of(options.log_level);
  const Status done = run_gate(run);
  return done.ok() ? Exit::ok : terminal.fail(done.error());
}

// A replica that may not be judged by is a failure: for monitors.
Exit show_looked(const Terminal& terminal, const Result<Looked>& looked,
                 std::string (*describe)(const boost::json::object&)) {
  if (!looked.ok()) return terminal.fail(looked.error());
  if (terminal.is_json()) {
    terminal.json(looked->facts);
  } else {
    terminal.line(describe(looked->facts));
  }
  return looked->may_judge ? Exit::ok : Exit::failed;
}

Result<MachineTime> time_of_machine() {
  CURFEW_TRY(const BootId boot_id, read_boot_id());
  return machine_time(boot_id, SystemClock{});
}

Exit run_status(const Terminal& terminal, const Options& options) {
  const auto time = time_of_machine();
  if (!time.ok()) return terminal.fail(time.error());
  const GateFolder folder{options.data};
  return show_looked(terminal, look_at_gate(folder, options.run.replica, *time), describe_gate);
}

Exit run_explain(const Terminal& terminal, const Options& options) {
  const auto time = time_of_machine();
  if (!time.ok()) return terminal.fail(time.error());
  const GateFolder folder{options.data};
  return show_looked(terminal, explain_key(folder, options.run.replica, options.key, *time),
                     describe_key);
}

using Run = Exit (*)(const Terminal&, const Options&);

void add_replica_option(CLI::App& command, Options& options, const char* otherwise) {
  command.add_option("--data", options.data, "the gate's folder")->required();
  command.add_option("--replica", options.run.replica,
                     std::string{"the replica's path, in memory (default: "} + otherwise + ")");
}

void add_running(CLI::App& app, Options& options, Run& chosen) {
  CLI::App& running = *app.add_subcommand(
      "run", "follow what is revoked, and keep the replica that programs beside it judge by");
  add_replica_option(running, options, "replica in $RUNTIME_DIRECTORY, or in a folder in /dev/shm");
  running
      .add_option("--server", options.run.servers,
                  "an address of the server, https://host[:port]; can be repeated (default: "
                  "those of the enrolment)")
      ->allow_extra_args(false);
  running.add_option("--reader-group", options.run.reader_group,
                     "the group of the programs that read the replica");
  add_log_level_option(running, options.log_level);
  running.callback([&chosen] { chosen = run_run; });
}

void add_looking(CLI::App& app, Options& options, Run& chosen) {
  constexpr const char* kWhere = "where `run` last had it";
  CLI::App& status = *app.add_subcommand(
      "status", "what the replica and the process say; fails if readers refuse everything now");
  add_replica_option(status, options, kWhere);
  status.callback([&chosen] { chosen = run_status; });
  CLI::App& explaining = *app.add_subcommand("explain", "what the replica has on one key");
  add_replica_option(explaining, options, kWhere);
  explaining.add_option("--key", options.key, "KIND:ID, as in user:3f2c...")->required();
  explaining.callback([&chosen] { chosen = run_explain; });
}

void add_commands(CLI::App& app, Options& options, Run& chosen) {
  app.add_option("-o,--output", options.output, "auto or json")
      ->check(CLI::IsMember({"auto", "json"}))
      ->capture_default_str();
  CLI::App& enrolling =
      *app.add_subcommand("enrol", "make a key, and trade a code for an identity");
  enrolling.add_option("--server", options.server, "the Curfew server, https://host[:port]")
      ->required();
  enrolling.add_option("--code", options.code,
                       "what `curfew gate add` printed; - reads it from standard input "
                       "(environment: CURFEW_GATE_CODE)");
  enrolling.add_option("--data", options.data, "the gate's folder; made if it is not there")
      ->required();
  enrolling.add_option("--ca", options.ca_file,
                       "PEM of the authority to trust; kept in the folder for later");
  enrolling.add_flag("--again", options.again, "the folder is a gate's already: give it a new key");
  enrolling.callback([&chosen] { chosen = run_enrol; });
  CLI::App& checking = *app.add_subcommand("check", "get a token, and say who the gate is");
  checking.add_option("--data", options.data, "the gate's folder")->required();
  checking.callback([&chosen] { chosen = run_check; });
}

}  // namespace

int run_gate_command_line(int argc, char** argv) {
  CLI::App app{std::string{kAbout}, "curfew-gate"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", CURFEW_VERSION);
  Options options;
  Run chosen = nullptr;
  add_commands(app, options, chosen);
  add_running(app, options, chosen);
  add_looking(app, options, chosen);
  SiteCommand of_sites;
  add_site_commands(app, [&of_sites](SiteCommand command) { of_sites = std::move(command); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_failure = error.get_exit_code() != 0;
    if (const auto said = unknown_command(app, {argv + 1, argv + argc}); is_failure && said) {
      std::fprintf(stderr, "curfew-gate: %s\n", said->c_str());
      return static_cast<int>(Exit::usage);
    }
    const int status = app.exit(error);
    return status == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  const Terminal terminal{options.output == "json" ? Style::json : Style::automatic, "curfew-gate"};
  return static_cast<int>(of_sites ? of_sites(terminal) : chosen(terminal, options));
}

}  // namespace curfew
