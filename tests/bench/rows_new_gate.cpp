// tests/bench/rows_new_gate.cpp: a gate that has nothing, at a server with a long journal; and
// whether a gate that follows already feels it.
#include <algorithm>
#include <future>
#include <utility>

#include "tests/bench/gate_world.hpp"

namespace curfew::bench {

namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr double kUpToDateMicrosMax = 300e6;
constexpr Duration kApart{100};

struct Brought {
  std::vector<double> micros;  // of each gate, sorted
  double server_cpu = 0;
  double gate_cpu = 0;
};

// From when the program begins, and so before it connects, to the first request that it lets in.
Status bring_one(const GateWorld& world, const std::string& folder, const std::string& token,
                 Brought& brought) {
  const pid_t server = world.known.world->target().pid;
  CURFEW_TRY(const GateIdentity identity, GateFolder{folder}.enrolled_identity());
  const double cpu = cpu_micros_of(server);
  CURFEW_TRY(const GateProgram program, run_gate_program(world.options, folder));
  const double began = monotonic_micros();
  CURFEW_TRY(const auto reader,
             GateReader::make(program.replica(), identity, {token}, world.audience));
  CURFEW_TRY_STATUS(reader->await_accepted(kUpToDateMicrosMax));
  brought.micros.push_back(monotonic_micros() - began);
  brought.server_cpu += cpu_micros_of(server) - cpu;
  brought.gate_cpu += cpu_micros_of(program.process.pid());
  return Done{};
}

Result<Brought> bring_all(const GateWorld& world, const std::vector<std::string>& folders) {
  Brought brought;
  for (const std::string& folder : folders) {
    CURFEW_TRY_STATUS(bring_one(world, folder, world.tokens.back(), brought));
  }
  std::ranges::sort(brought.micros);
  return brought;
}

// Revocations that a gate of before has to hear of, until it is over.
Result<LoadResult> revoke_meanwhile(GateWorld& world) {
  Load load;
  load.scripts.push_back(timed_revocations(world, world.timed.began.size() - 1, kApart));
  load.count = world.timed.began.size();
  load.time_max = Duration{600'000};
  load.waiting = Waiting::sleeps;
  return run_load(world.known.world->target(), std::move(load));
}

Result<std::vector<std::string>> enrol_new_gates(const GateWorld& world, std::size_t count) {
  CURFEW_TRY(const auto codes, add_gates(world.known, world.operator_token, "new", count));
  std::vector<std::string> folders;
  for (const std::string& code : codes) {
    folders.push_back(world.folder + std::to_string(folders.size()));
    CURFEW_TRY_STATUS(enrol_program(world.options, world.known, code, folders.back()));
  }
  return folders;
}

// With its journal, and the gate that follows already.
Result<std::unique_ptr<GateWorld>> make_world(const Bench& bench) {
  CURFEW_TRY(auto made, GateWorld::make(bench, 0));
  World& server = *made->known.world;
  server.stop_server();
  CURFEW_TRY_STATUS(server.fill([&](OfflineTenant& tenant) {
    return add_journal_entries(tenant, bench.scale().journal_entries);
  }));
  CURFEW_TRY_STATUS(server.serve(1));
  CURFEW_TRY_STATUS(made->enrol(2));
  CURFEW_TRY_STATUS(made->make_swarm(made->identity));
  return made;
}

}  // namespace

Status measure_new_gate(Bench& bench, Row& row) {
  const std::size_t entries = bench.scale().journal_entries;
  row.title =
      "a new gate is brought up to date with a journal of " + std::to_string(entries) + " entries";
  CURFEW_TRY(const auto world, make_world(bench));
  CURFEW_TRY(const auto folders, enrol_new_gates(*world, bench.scale().new_gates));
  CURFEW_TRY(const FloorServer floor, start_floor_server(bench.options(), *world->known.world));
  CURFEW_TRY(const Timing floor_alone,
             floor_times(floor, Duration{2}, 2 * bench.scale().gate_revocations, Duration{60'000}));
  const pid_t server = world->known.world->target().pid;
  const double before = static_cast<double>(resident_bytes_of(server));
  auto meanwhile = std::async(std::launch::async, [&] { return revoke_meanwhile(*world); });
  const Result<Brought> brought = bring_all(*world, folders);
  world->timed.is_over = true;
  const Result<LoadResult> revoked = meanwhile.get();
  CURFEW_TRY_STATUS(brought);
  CURFEW_TRY_STATUS(revoked);
  CURFEW_TRY_STATUS(world->swarm->await_refused(world->timed.begun));
  const double after_all = static_cast<double>(resident_bytes_of(server));

  const auto count = static_cast<double>(folders.size());
  const Timing timing{brought->micros};
  row.add("entries", static_cast<double>(entries), "").add("new_gates", count, "");
  row.add("up_to_date_p50_s", timing.percentile(0.5) / 1e6, "s");
  row.add("up_to_date_max_s", timing.percentile(1) / 1e6, "s");
  row.add("entries_per_second", static_cast<double>(entries) / timing.percentile(0.5) * 1e6, "/s");
  row.add("server_cpu_s", brought->server_cpu / count / 1e6, "s");
  row.add("gate_cpu_s", brought->gate_cpu / count / 1e6, "s");
  row.add("resident_before", before / kMebibyte, "MiB");
  row.add("resident_after", after_all / kMebibyte, "MiB");
  const Timing refused = after(world->timed.began, {world->swarm->times().front().refused}, 0);
  row.add("refused_meanwhile_p50_ms", refused.percentile(0.5) / 1e3, "ms");
  row.add("refused_meanwhile_p99_ms", refused.percentile(0.99) / 1e3, "ms");
  row.add("floor_p50_ms", floor_alone.percentile(0.5) / 1e3, "ms");
  row.add("floor_p99_ms", floor_alone.percentile(0.99) / 1e3, "ms");
  row.add("refused_meanwhile", static_cast<double>(refused.count()), "");
  return Done{};
}

}  // namespace curfew::bench
