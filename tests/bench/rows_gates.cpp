// tests/bench/rows_gates.cpp: from the command that revokes somebody to the refusal at every gate,
// while others are revoked all the time.
#include <cstdlib>
#include <future>
#include <limits>
#include <optional>
#include <thread>
#include <utility>

#include "tests/bench/gate_world.hpp"

namespace curfew::bench {

namespace {

constexpr double kMicrosOfMinute = 60e6;
constexpr std::size_t kOthersLanes = 8;
constexpr Duration kFloorPause{20};
constexpr double kKibibyte = 1024;
constexpr double kMebibyte = 1024.0 * 1024.0;

double load_of_machine() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

// Revokes its users in turn, as many a minute whatever the answers take.
class OthersScript final : public PacedScript {
 public:
  OthersScript(std::string token, std::vector<UserId> subjects, double first_due, double period)
      : PacedScript(first_due, period), token_(std::move(token)), subjects_(std::move(subjects)) {}
  std::string next() override {
    return revocation_request(token_, subjects_[at_++ % subjects_.size()]);
  }

 private:
  std::string token_;
  std::vector<UserId> subjects_;
  std::size_t at_ = 0;
};

double seconds_of(const Scale& scale) {
  return static_cast<double>(scale.gate_revocations) *
         static_cast<double>(scale.gate_pause.count()) / 1e3;
}

// Users that are revoked beside those who are timed: each once, if all goes at the pace.
std::size_t others_of(const Scale& scale) {
  return kOthersLanes + static_cast<std::size_t>(1.5 * seconds_of(scale) / 60 *
                                                 static_cast<double>(scale.others_per_minute));
}

Scripts others_of(const Scale& scale, const GateWorld& world) {
  std::vector<UserId> subjects;
  const std::vector<User>& users = world.known.users;
  for (std::size_t at = scale.gate_revocations; at < users.size(); ++at) {
    subjects.push_back(users[at].id);
  }
  const double apart = kMicrosOfMinute / static_cast<double>(scale.others_per_minute);
  const double now = monotonic_micros();
  Scripts scripts;
  for (auto& hand : dealt(subjects, kOthersLanes)) {
    scripts.push_back(std::make_unique<OthersScript>(
        world.operator_token, std::move(hand), now + apart * static_cast<double>(scripts.size()),
        apart * kOthersLanes));
  }
  return scripts;
}

struct Measured {
  LoadResult load;
  Timing floor_alone;
  Timing floor_meanwhile;
};

// Everything that is timed; the floor in a thread of its own, in the same time.
Result<Measured> run_all(const Scale& scale, GateWorld& world, const FloorServer& floor) {
  Measured measured;
  CURFEW_TRY(measured.floor_alone,
             floor_times(floor, kFloorPause / 10, 2 * scale.gate_revocations, Duration{60'000}));
  auto meanwhile = std::async(std::launch::async, [&] {
    return floor_times(floor, kFloorPause, std::numeric_limits<std::size_t>::max(),
                       scale.gate_pause * static_cast<int>(scale.gate_revocations));
  });
  world.reader->watch(world.timed.begun);
  Load load;
  load.scripts.push_back(timed_revocations(world, scale.gate_revocations, scale.gate_pause));
  load.background = others_of(scale, world);
  load.count = scale.gate_revocations;
  load.time_max = Duration{600'000};
  load.waiting = Waiting::sleeps;
  Result<LoadResult> done = run_load(world.known.world->target(), std::move(load));
  CURFEW_TRY(measured.floor_meanwhile, meanwhile.get());
  CURFEW_TRY(measured.load, std::move(done));
  CURFEW_TRY_STATUS(world.reader->await_refused(scale.gate_revocations));
  CURFEW_TRY_STATUS(world.swarm->await_refused(scale.gate_revocations));
  return measured;
}

void add_percentiles(Row& row, const std::string& name, const Timing& timing) {
  row.add(name + "_p50_ms", timing.percentile(0.5) / 1e3, "ms");
  row.add(name + "_p99_ms", timing.percentile(0.99) / 1e3, "ms");
}

void add_refusals(Row& row, const Scale& scale, GateWorld& world) {
  std::vector<std::vector<double>> refused{world.reader->refused()};
  std::vector<std::vector<double>> acknowledged;
  double without_lease = 0;
  for (GateTimes& times : world.swarm->times()) {
    without_lease += static_cast<double>(times.without_lease);
    refused.push_back(std::move(times.refused));
    acknowledged.push_back(std::move(times.acknowledged));
  }
  const std::vector<double>& began = world.timed.began;
  const Timing each = after(began, refused, scale.gate_warm_up);
  add_percentiles(row, "refused", each);
  row.add("refused_max_ms", each.percentile(1) / 1e3, "ms");
  add_percentiles(row, "last_gate", last_after(began, refused, scale.gate_warm_up));
  add_percentiles(row, "reader", after(began, {refused.front()}, scale.gate_warm_up));
  if (!acknowledged.empty()) {
    add_percentiles(row, "acknowledged", after(began, acknowledged, scale.gate_warm_up));
  }
  row.add("refusals", static_cast<double>(each.count()), "");
  row.add("without_lease", without_lease, "");
}

void add_load(Row& row, const Measured& measured) {
  const LoadResult& load = measured.load;
  add_percentiles(row, "answer", load.units);
  row.add("others_per_minute", static_cast<double>(load.background.count()) / load.seconds * 60,
          "/min");
  add_percentiles(row, "others", load.background);
  add_percentiles(row, "floor_alone", measured.floor_alone);
  add_percentiles(row, "floor_meanwhile", measured.floor_meanwhile);
  row.add("server_cores", load.server_cpu_micros / load.seconds / 1e6, "");
  row.add("bench_cores", load.own_cpu_micros / load.seconds / 1e6, "");
  row.add("idle_cores", load.idle_seconds / load.seconds, "");
}

Status measure_gates(Bench& bench, Row& row, std::size_t count, std::size_t others_per_minute) {
  Scale scale = bench.scale();
  scale.others_per_minute = others_per_minute;
  row.title = "from a revocation to the refusal at " + std::to_string(count) +
              (count == 1 ? " gate" : " gates") + ", while " + std::to_string(others_per_minute) +
              " others a minute are revoked";
  row.add("gates", static_cast<double>(count), "");
  row.add("load_before", load_of_machine(), "");
  CURFEW_TRY(const auto world, GateWorld::make(bench, others_of(scale)));
  CURFEW_TRY_STATUS(world->enrol(count));
  // Of what enrolling has left in the server's memory nothing is counted.
  CURFEW_TRY_STATUS(world->known.world->serve(1));
  const auto settled = std::chrono::steady_clock::now() + scale.gate_settling;
  const pid_t server = world->known.world->target().pid;
  const double before = static_cast<double>(resident_bytes_of(server));
  CURFEW_TRY_STATUS(world->connect());
  const double connected = static_cast<double>(resident_bytes_of(server));
  CURFEW_TRY(const FloorServer floor, start_floor_server(bench.options(), *world->known.world));
  std::this_thread::sleep_until(settled);
  CURFEW_TRY(const Measured measured, run_all(scale, *world, floor));
  add_refusals(row, scale, *world);
  add_load(row, measured);
  row.add("memory_per_gate", (connected - before) / static_cast<double>(count) / kKibibyte, "KiB");
  row.add("resident_before", before / kMebibyte, "MiB");
  row.add("resident_connected", connected / kMebibyte, "MiB");
  row.add("resident_after", static_cast<double>(resident_bytes_of(server)) / kMebibyte, "MiB");
  return Done{};
}

}  // namespace

Status measure_one_gate(Bench& bench, Row& row) {
  return measure_gates(bench, row, bench.scale().gates[0], bench.scale().others_per_minute);
}

Status measure_some_gates(Bench& bench, Row& row) {
  return measure_gates(bench, row, bench.scale().gates[1], bench.scale().others_per_minute);
}

Status measure_many_gates(Bench& bench, Row& row) {
  row.budget = Budget{"refused_p99_ms", 30};
  return measure_gates(bench, row, bench.scale().gates[2], bench.scale().others_per_minute);
}

Status measure_many_gates_alone(Bench& bench, Row& row) {
  row.budget = Budget{"refused_p99_ms", 30};
  return measure_gates(bench, row, bench.scale().gates[2], bench.scale().few_others_per_minute);
}

}  // namespace curfew::bench
