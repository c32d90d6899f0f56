#include "api/ssf/settled_signals.hpp"

#include <doctest/doctest.h>

#include "revocation/signal_steps.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/signal_rig.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ServerFixture;
using test::SignalRig;

constexpr const char* kStream = "a-stream";

struct Fixture {
  ServerFixture server;
  SignalRig rig{server};
  std::int64_t sequence = 0;

  // A run whose step waits for the stream, and `count` of its signals that were settled now.
  void settled(const std::string& run, int count) {
    server.write([&](WriteTx& tx) -> Status {
      Step step;
      step.tenant_id = server.tenant;
      step.run_id = RunId{run};
      step.id = StepId{run + ".0"};
      step.connector = kSignalsConnector;
      step.target = kStream;
      step.state = StepState::failed;
      CURFEW_TRY_STATUS(save(tx, step));
      for (int i = 0; i < count; ++i) {
        CURFEW_TRY_STATUS(add(tx, settled_of(run)));
      }
      return Done{};
    });
  }
  Signal settled_of(const std::string& run) {
    Signal signal;
    signal.tenant_id = server.tenant;
    signal.stream_id = kStream;
    signal.sequence = ++sequence;
    signal.jti = "jti-" + std::to_string(sequence);
    signal.event = signal_event::kSessionRevoked;
    signal.run_id = run;
    signal.state = SignalState::acknowledged;
    signal.settled_at = server.clock.now();
    return signal;
  }
  // The runs that the next rounds wake.
  std::vector<std::string> woken() {
    for (int i = 0; i < 5; ++i) rig.round();
    std::vector<std::string> runs;
    for (const auto& [run, step] : std::exchange(rig.woken, {})) runs.push_back(run.str());
    return runs;
  }
};

using Runs = std::vector<std::string>;

TEST_CASE_FIXTURE(Fixture,
                  "however many were settled in one moment, what comes later wakes its run") {
  settled("run-1", 1);
  server.clock.advance(1ms);
  settled("run-2", 700);
  CHECK(woken() == Runs{"run-1", "run-2"});
  settled("run-3", 1);  // in the same moment
  CHECK(woken() == Runs{"run-3"});
  server.clock.advance(1ms);
  settled("run-4", 1);
  CHECK(woken() == Runs{"run-4"});
}

TEST_CASE_FIXTURE(Fixture, "what was settled wakes its run once") {
  settled("run-1", 2);
  CHECK(woken() == Runs{"run-1"});
  server.clock.advance(11s);
  CHECK(woken().empty());
}

TEST_CASE_FIXTURE(Fixture, "several pages are gone through without anything new") {
  for (int i = 0; i < 3; ++i) {
    server.clock.advance(1ms);
    settled("run-" + std::to_string(i), 499);
  }
  CHECK(woken() == Runs{"run-0", "run-1", "run-2"});
}

}  // namespace
}  // namespace curfew
