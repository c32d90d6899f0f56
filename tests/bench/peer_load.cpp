// tests/bench/peer_load.cpp: the load generator against a server that somebody else started and
// filled, of whatever make (tests/bench/peers.py).
//
//   peer_load app-token|refresh|introspection --port N --pid N --ca FILE --target PATH --header
//   LINE
//             --connections N --warm-up N --requests N --seconds N  < FORMS
//
// FORMS is the beginning of the form in the first line, and below it what completes it, one a line:
// a scope, refresh tokens, access tokens. Prints one JSON object; ends with 0 only if every answer
// was right.
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/process.hpp"
#include "tests/bench/scripts.hpp"

namespace curfew::bench {
namespace {

using Options = std::map<std::string, std::string>;

long number_of(const Options& options, const std::string& name) {
  long number = 0;
  const auto found = options.find(name);
  if (found == options.end()) return number;
  const char* const end = found->second.data() + found->second.size();
  std::from_chars(found->second.data(), end, number);
  return number;
}

std::size_t count_of(const Options& options, const std::string& name) {
  return static_cast<std::size_t>(number_of(options, name));
}

std::string text_of(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

std::vector<std::string> lines_of_standard_input() {
  std::string text;
  std::array<char, 65'536> piece{};
  for (std::size_t size = 1; size != 0;) {
    size = std::fread(piece.data(), 1, piece.size(), stdin);
    text.append(piece.data(), size);
  }
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  return lines;
}

std::unique_ptr<Script> script_of(const std::string& kind, const FormHead& form,
                                  std::vector<std::string> ends) {
  if (kind == "refresh") {
    return std::make_unique<RefreshScript>(form, std::move(ends),
                                           RefreshScript::Expect::no_id_token);
  }
  if (kind == "introspection") {
    return std::make_unique<IntrospectScript>(form, std::move(ends), FormScript::Turns::for_ever);
  }
  return std::make_unique<GrantScript>(form, std::move(ends), FormScript::Turns::for_ever);
}

Load load_of(const std::string& kind, const Options& options) {
  FormHead form{text_of(options, "--target"), {}};
  const std::string header = text_of(options, "--header");
  if (!header.empty()) form.headers = header + "\r\n";
  std::vector<std::string> ends = lines_of_standard_input();
  form.begin = std::move(ends.front());  // split() gives one piece at least
  ends.erase(ends.begin());
  const std::size_t connections = count_of(options, "--connections");
  // A scope is everybody's; a token is one connection's.
  if (kind == "app-token" && !ends.empty()) ends.resize(connections, ends.front());
  Load load;
  for (auto& hand : dealt(ends, connections)) {
    load.scripts.push_back(script_of(kind, form, std::move(hand)));
  }
  load.warm_up = count_of(options, "--warm-up");
  load.count = count_of(options, "--requests");
  load.time_max = Duration{1'000 * number_of(options, "--seconds")};
  return load;
}

int run(const std::vector<std::string>& args) {
  Options options;
  for (std::size_t at = 1; at + 1 < args.size(); at += 2) options[args[at]] = args[at + 1];
  const Target target{static_cast<std::uint16_t>(number_of(options, "--port")),
                      static_cast<pid_t>(number_of(options, "--pid")), text_of(options, "--ca")};
  const auto result = run_load(target, load_of(args.empty() ? "" : args.front(), options));
  if (!result.ok()) {
    std::fprintf(stderr, "peer_load: %s\n", result.error().message().c_str());
    return 1;
  }
  std::printf("{\"cpu_us\":%.3f,\"measured\":%zu,\"per_second\":%.1f,\"resident\":%llu}\n",
              result->cpu_micros_each(), result->ended, result->per_second(),
              static_cast<unsigned long long>(resident_bytes_of(target.pid)));
  return 0;
}

}  // namespace
}  // namespace curfew::bench

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return curfew::bench::run({argv + 1, argv + argc});
}
