// tests/bench/rows_size.cpp: what sessions weigh, and what a second core brings.
#include <algorithm>
#include <limits>
#include <utility>

#include "tests/bench/bench.hpp"

namespace curfew::bench {

namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr double kPer = 100'000;

Scripts all_refreshes(const Bench& bench, const TokenWorld& known) {
  Scripts scripts;
  for (auto& hand : dealt(known.refresh_tokens, bench.scale().connections)) {
    scripts.push_back(std::make_unique<RefreshScript>(refresh_form(*known.world, known.apps.web),
                                                      std::move(hand),
                                                      RefreshScript::Expect::no_id_token));
  }
  return scripts;
}

Scripts app_tokens(const Bench& bench, const TokenWorld& known) {
  Scripts scripts;
  for (std::size_t i = 0; i < bench.scale().connections; ++i) {
    scripts.push_back(
        std::make_unique<AppTokenScript>(*known.world, known.apps.service, known.apps.scope()));
  }
  return scripts;
}

// The throughput that the server's processors gave while they were its own: what the load generator
// on the same machine took is no fault of the server's, what stood idle is.
struct Throughput {
  double per_second = 0;
  double cpu_us = 0;
  double server_cores = 0;     // that the server had in use
  double generator_cores = 0;  // that the load generator had
  double idle_cores = 0;       // that nobody had
};

Throughput throughput_of(const LoadResult& result) {
  const double micros = result.seconds * 1e6;
  return {result.per_second(), result.cpu_micros_each(), result.server_cpu_micros / micros,
          result.own_cpu_micros / micros, result.idle_seconds / result.seconds};
}

using MakeScripts = Scripts (*)(const Bench&, const TokenWorld&);

Result<Throughput> throughput_with(Bench& bench, std::size_t threads, MakeScripts scripts) {
  CURFEW_TRY(TokenWorld* const known, bench.fresh_tokens(threads));
  Load load = bench.load_of(scripts(bench, *known));
  load.waiting = Waiting::sleeps;
  CURFEW_TRY(const LoadResult result, run_load(known->world->target(), std::move(load)));
  return throughput_of(result);
}

Status compare(Bench& bench, Row& row, const std::string& what, MakeScripts scripts) {
  CURFEW_TRY(const Throughput one, throughput_with(bench, 1, scripts));
  CURFEW_TRY(const Throughput two, throughput_with(bench, 2, scripts));
  row.add(what + "_cpu_us_1", one.cpu_us, "us").add(what + "_cpu_us_2", two.cpu_us, "us");
  row.add(what + "_times", 2 * one.cpu_us / two.cpu_us, "x");
  row.add(what + "_per_second_1", one.per_second, "/s");
  row.add(what + "_per_second_2", two.per_second, "/s");
  row.add(what + "_server_cores_2", two.server_cores, "");
  row.add(what + "_generator_cores_2", two.generator_cores, "");
  row.add(what + "_idle_cores_2", two.idle_cores, "");
  return Done{};
}

}  // namespace

Status measure_memory(Bench& bench, Row& row) {
  CURFEW_TRY(const TokenWorld* const known, bench.fresh_tokens(1));
  const pid_t pid = known->world->target().pid;
  const double before = static_cast<double>(resident_bytes_of(pid));
  Load load;
  load.scripts = all_refreshes(bench, *known);
  load.count = known->refresh_tokens.size();
  load.time_max = bench.scale().memory_time;
  CURFEW_TRY(const LoadResult result, run_load(known->world->target(), std::move(load)));
  const double after = static_cast<double>(resident_bytes_of(pid));
  const double used = static_cast<double>(result.ended);
  const double stored = static_cast<double>(bench.scale().sessions);
  row.add("sessions_used", used, "");
  row.add("resident_before", before / kMebibyte, "MiB");
  row.add("resident_after", after / kMebibyte, "MiB");
  row.add("memory_per_100k", (after - before) / kMebibyte / used * kPer, "MiB");
  const double on_disk = static_cast<double>(known->bytes_after - known->bytes_before);
  row.add("disk_per_100k", on_disk / kMebibyte / stored * kPer, "MiB");
  return Done{};
}

Status measure_two_cores(Bench& bench, Row& row) {
  CURFEW_TRY_STATUS(compare(bench, row, "app_token", app_tokens));
  return compare(bench, row, "refresh", all_refreshes);
}

}  // namespace curfew::bench
