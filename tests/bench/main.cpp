// tests/bench/main.cpp: the benchmark's command line.
//
//   curfew-bench [--gates] [ROW...] [--json] [--quick] [--list] [--seconds N] [--bin FOLDER]
//   [--temp FOLDER]
//
// Ends with 0 only if every row was measured: a server that answers wrongly has no figures.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "tests/bench/bench.hpp"

namespace curfew::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kStandardError = 2;
constexpr std::size_t kRequestsInSecond = 100'000;  // more than any server here answers

struct CommandLine {
  std::vector<std::string> names;  // none: every row
  bool json = false;
  bool quick = false;
  bool list = false;
  bool gates = false;  // the rows about gates, and no others
  std::string bin;
  std::string temp = "/var/tmp";  // on a disk, where /tmp may be memory
  int seconds = 0;                // 0: as the scale says
  std::string mistake;
};

// 0 for what is no such number.
int seconds_of(const std::string& text) {
  int seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  return error == std::errc{} && stop == end && seconds >= 1 && seconds <= 600 ? seconds : 0;
}

CommandLine parse(const std::vector<std::string>& args) {
  CommandLine line;
  for (std::size_t at = 0; at < args.size(); ++at) {
    const std::string& arg = args[at];
    const bool takes_value = arg == "--bin" || arg == "--temp" || arg == "--seconds";
    if (takes_value && at + 1 == args.size()) {
      line.mistake = arg + " needs a value";
    } else if (arg == "--seconds") {
      line.seconds = seconds_of(args[++at]);
      if (line.seconds == 0) line.mistake = "--seconds is a number from 1 to 600";
    } else if (takes_value) {
      (arg == "--bin" ? line.bin : line.temp) = args[++at];
    } else if (arg == "--json") {
      line.json = true;
    } else if (arg == "--quick") {
      line.quick = true;
    } else if (arg == "--list") {
      line.list = true;
    } else if (arg == "--gates") {
      line.gates = true;
    } else if (arg.starts_with("-")) {
      line.mistake = "there is no option " + arg;
    } else {
      line.names.push_back(arg);
    }
  }
  return line;
}

const std::vector<RowSpec>& table_of(const CommandLine& line) {
  return line.gates ? gate_rows() : all_rows();
}

bool is_row(const std::vector<RowSpec>& rows, const std::string& name) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const RowSpec& row) { return row.name == name; });
}

std::string usage(const std::vector<RowSpec>& rows) {
  std::string text =
      "usage: curfew-bench [--gates] [ROW...] [--json] [--quick] [--list] [--seconds N] "
      "[--bin FOLDER] [--temp FOLDER]\n\n"
      "  --gates     the rows about gates; nothing else should run on the machine\n"
      "  --json      for a program to read\n"
      "  --quick     tiny counts: does it work at all\n"
      "  --list      the names of the rows\n"
      "  --seconds   how long requests are measured, for each row; default 4\n"
      "  --bin       the folder of curfewd and http_floor; default: that of this program\n"
      "  --temp      where data folders are made; default /var/tmp, to be on a disk\n\nrows:\n";
  for (const RowSpec& row : rows) {
    text += "  " + std::string{row.name} + std::string(20 - row.name.size(), ' ') +
            std::string{row.title} + "\n";
  }
  return text;
}

// Stops at the first row that cannot be measured.
Status measure(const CommandLine& line, Bench& bench, std::vector<Row>& rows) {
  for (const RowSpec& spec : table_of(line)) {
    const bool is_wanted = line.names.empty() || std::find(line.names.begin(), line.names.end(),
                                                           spec.name) != line.names.end();
    if (!is_wanted) continue;
    std::fprintf(stderr, "%s ...\n", std::string{spec.name}.c_str());
    Row row{std::string{spec.name}, std::string{spec.title}};
    const Status measured = spec.measure(bench, row);
    if (!measured.ok()) return measured.error().within(row.name);
    rows.push_back(std::move(row));
  }
  return Done{};
}

int run(const std::vector<std::string>& args) {
  CommandLine line = parse(args);
  for (const std::string& name : line.names) {
    if (!is_row(table_of(line), name)) line.mistake = "there is no row " + name;
  }
  if (!line.mistake.empty()) {
    std::fprintf(stderr, "curfew-bench: %s\n%s", line.mistake.c_str(),
                 usage(table_of(line)).c_str());
    return kExitUsage;
  }
  if (line.list) {
    for (const RowSpec& row : table_of(line)) std::printf("%s\n", std::string{row.name}.c_str());
    return 0;
  }
  if (line.bin.empty()) {
    line.bin = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  }
  Scale scale = line.quick ? quick_scale() : Scale{};
  if (line.seconds != 0) {
    scale.row_time = Duration{line.seconds * 1'000L};
    scale.requests = kRequestsInSecond * static_cast<std::size_t>(line.seconds);
  }
  Bench bench{{scale, line.bin, line.temp}};
  std::vector<Row> rows;
  const Status measured = measure(line, bench, rows);
  std::fputs((line.json ? json_text(rows) : plain_text(rows)).c_str(), stdout);
  if (measured.ok()) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "curfew-bench: %s\n", measured.error().message().c_str());
  return kExitFailed;
}

}  // namespace
}  // namespace curfew::bench

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  curfew::configure_log(curfew::LogLevel::error, curfew::bench::kStandardError);
  return curfew::bench::run({argv + 1, argv + argc});
}
