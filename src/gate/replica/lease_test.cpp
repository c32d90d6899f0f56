#include "gate/replica/lease.hpp"

#include "gate/replica/test_replica.hpp"

namespace curfew {

using namespace replica;
using namespace testing;
using namespace std::chrono_literals;

namespace {

// A replica with a lease until 60 s after boot, which is kTestStart + 10 s.
struct Leased {
  TestReplica replica;
  std::unique_ptr<ReplicaWriter> writer = serving_writer(replica);

  Leased() { REQUIRE(writer->set_lease({at(0), 60s, kTestStart + 10s}, at(0))); }
  [[nodiscard]] const ReplicaView& view() const { return *writer->serving(); }
  [[nodiscard]] LeaseState state(std::chrono::nanoseconds since_boot, TimePoint now,
                                 BootId boot = kTestBoot) const {
    return lease_state(HeldLease{view()}, {boot, since_boot, now});
  }
};

}  // namespace

TEST_CASE("a lease ends by boot time, whatever the wall clock says") {
  const Leased leased;
  CHECK(leased.state(60s - 1ns, kTestStart) == LeaseState::valid);
  CHECK(leased.state(60s, kTestStart) == LeaseState::ended);
  CHECK(leased.state(61s, kTestStart - 24h) == LeaseState::ended);
  CHECK(leased.state(-1ns, kTestStart) == LeaseState::ended);
}

TEST_CASE("a lease ends by the wall clock, for a machine that was stopped without knowing") {
  const Leased leased;
  CHECK(leased.state(50s, kTestStart + 10s - 1ms) == LeaseState::valid);
  CHECK(leased.state(50s, kTestStart + 10s) == LeaseState::ended);
}

TEST_CASE("a lease of another start of the machine is none, not even at best effort") {
  const Leased leased;
  const MachineTime other{{{0x1111, 0x2223}}, 50s, kTestStart};
  CHECK(lease_state(HeldLease{leased.view()}, other) == LeaseState::another_boot);
  leased.writer->set_mode(GateMode::best_effort);
  CHECK_FALSE(may_judge_by(HeldLease{leased.view()}, other));
}

TEST_CASE("without a lease a strict gate judges nothing, and one of best effort goes on") {
  const Leased leased;
  const MachineTime within{kTestBoot, 50s, kTestStart};
  const MachineTime after{kTestBoot, 70s, kTestStart + 20s};
  CHECK(may_judge_by(HeldLease{leased.view()}, within));
  CHECK_FALSE(may_judge_by(HeldLease{leased.view()}, after));
  leased.writer->end_lease();
  CHECK_FALSE(may_judge_by(HeldLease{leased.view()}, within));
  leased.writer->set_mode(GateMode::best_effort);
  CHECK(may_judge_by(HeldLease{leased.view()}, after));
}

TEST_CASE("whoever asks for a lease gets no judgement without one, at best effort either") {
  const Leased leased;
  const MachineTime within{kTestBoot, 50s, kTestStart};
  const MachineTime after{kTestBoot, 70s, kTestStart + 20s};
  for (const GateMode mode : {GateMode::strict, GateMode::best_effort}) {
    leased.writer->set_mode(mode);
    CHECK(may_judge_by(HeldLease{leased.view()}, within, LeaseNeed::always));
    CHECK_FALSE(may_judge_by(HeldLease{leased.view()}, after, LeaseNeed::always));
  }
}

TEST_CASE("the machine's time is of this start and never early") {
  const Result<BootId> boot_id = read_boot_id();
  REQUIRE(boot_id.ok());
  CHECK_FALSE(*boot_id == BootId{});
  CHECK(*read_boot_id() == *boot_id);
  ManualClock clock{kTestStart};
  clock.advance(5s);
  const MachineTime time = machine_time(*boot_id, clock);
  CHECK(time.since_boot > 5s);
  CHECK(time.now > kTestStart + 5s);
  CHECK(parse_boot_id("3f14fecf-4ef3-440e-83ed-4aec1437d8fb").has_value());
  CHECK_FALSE(parse_boot_id("3f14fecf-4ef3-440e-83ed-4aec1437d8f").has_value());
  CHECK_FALSE(parse_boot_id("").has_value());
}

}  // namespace curfew
