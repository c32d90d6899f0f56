// apps/sim/main.cpp: curfew-sim: many seeded simulations of revocation runs under faults.
//
//   curfew-sim [--runs N] [--seed S]
// Ends with 0 if no simulation found a violation. A violation is printed with the line that repeats
// it.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "apps/sim/simulation.hpp"
#include "base/log.hpp"

namespace {

constexpr std::uint64_t kRunsDefault = 2'000;

std::optional<std::uint64_t> number_of(const char* text) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long number = std::strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || *text == '-') return std::nullopt;
  return number;
}

int usage() {
  std::fputs("usage: curfew-sim [--runs N] [--seed S]\n", stderr);
  return 2;
}

int simulate_all(std::uint64_t first_seed, std::uint64_t count) {
  curfew::SimulationCounts counts;
  for (std::uint64_t at = 0; at < count; ++at) {
    const curfew::SimulationOutcome outcome = curfew::simulate(first_seed + at);
    counts.add(outcome.counts);
    if (!outcome.violation) continue;
    std::printf("violation: %s\nrepeat with: curfew-sim --runs 1 --seed %llu\n",
                outcome.violation->c_str(), static_cast<unsigned long long>(first_seed + at));
    return 1;
  }
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu simulations from seed %llu: no violation\n"
      "  %llu runs, %llu steps at peers, %llu orders, %llu crashes, %llu refused saves\n"
      "  %llu revivals, %llu undone; steps ended %llu, acknowledged %llu, given up %llu\n"
      "  %llu of those asked for again, with the peers well, and ended\n",
      number(count), number(first_seed), number(counts.runs), number(counts.steps),
      number(counts.orders), number(counts.crashes), number(counts.refused_saves),
      number(counts.revivals), number(counts.restored), number(counts.ended),
      number(counts.acknowledged), number(counts.given_up), number(counts.retried));
  return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint64_t runs = kRunsDefault;
  std::uint64_t seed = 1;
  for (int at = 1; at < argument_count; at += 2) {
    const std::string_view name = arguments[at];
    if (at + 1 >= argument_count) return usage();
    const auto value = number_of(arguments[at + 1]);
    if (!value) return usage();
    if (name == "--runs") {
      runs = *value;
    } else if (name == "--seed") {
      seed = *value;
    } else {
      return usage();
    }
  }
  curfew::configure_log(curfew::LogLevel::error, -1);  // refused saves are part of the game
  return simulate_all(seed, runs);
}
