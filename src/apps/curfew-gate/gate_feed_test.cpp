// A gate's feed against a server over real TLS and WebSockets, with a replica in shared memory.
#include "apps/curfew-gate/gate_feed.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "apps/curfew-gate/test_gate.hpp"
#include "gate/replica/lease.hpp"

namespace curfew {

using namespace testing;

namespace {

bool has_lease(const GateMachine& machine) {
  return eventually([&] { return machine.lease_end_ns() != 0; });
}

// As `dd if=/dev/zero conv=notrunc` does it.
void overwrite(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(static_cast<std::streamoff>(offset));
  file << std::string(bytes, '\0') << std::flush;
  REQUIRE(file.good());
}

}  // namespace

TEST_CASE("what is blocked at the server is blocked in the replica, acknowledged and complete") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  CHECK(has_lease(machine));
  CHECK_FALSE(machine.is_blocked("john"));
  const Position cut = server.block("john");
  CHECK(server.is_acknowledged(cut));
  CHECK(machine.is_blocked("john"));
  CHECK(machine.position() == cut);
  CHECK(server.is_complete(cut));
  CHECK(machine.read()->view().signing_keys().value().find("\"server\"") != std::string::npos);
  CHECK(eventually([&] { return machine.status().state == "following"; }));
  CHECK(machine.status().server == server.url());
}

TEST_CASE(
    "a gate that starts again is another instance, has no lease, and goes on without a snapshot") {
  TestFeedServer server;
  const GateMachine machine{server};
  {
    RunningGate gate{machine};
    CHECK(server.is_acknowledged(server.block("john")));
    CHECK(has_lease(machine));
    gate.stop();
    CHECK(machine.lease_end_ns() == 0);
    CHECK(machine.status().state == "stopped");
  }
  const Position missed = server.block("mary");
  const RunningGate gate{machine};
  CHECK(server.is_acknowledged(missed));
  CHECK(machine.is_blocked("john"));
  CHECK(machine.is_blocked("mary"));
  const auto seen = server.seen();
  CHECK(seen.snapshots == 1);
  REQUIRE(seen.instances.size() == 2);
  CHECK(seen.instances[0] != seen.instances[1]);
}

TEST_CASE("a token that the server outdates is asked for again by itself") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  CHECK(has_lease(machine));
  server.outdate_tokens();
  const Position cut = server.block("john");
  CHECK(server.is_acknowledged(cut));
  const auto seen = server.seen();
  CHECK(seen.tokens == 2);
  CHECK(seen.refused == 1);
}

TEST_CASE("a connection over which no question for a lease is answered is given up") {
  TestFeedServer server;
  server.set_faults({.answers_leases = false});
  const GateMachine machine{server};
  FeedTimes times = RunningGate::quick();
  times.lease_answer_max = Duration{200};
  const RunningGate gate{machine, {}, times};
  CHECK(eventually([&] { return server.seen().connections >= 2; }));
  CHECK(machine.lease_end_ns() == 0);
  server.set_faults({});
  CHECK(has_lease(machine));
}

TEST_CASE("a server that does not greet is left") {
  TestFeedServer server;
  server.set_faults({.greets = false});
  const GateMachine machine{server};
  FeedTimes times = RunningGate::quick();
  times.greeting_max = Duration{200};
  const RunningGate gate{machine, {}, times};
  CHECK(eventually([&] { return server.seen().connections >= 2; }));
  server.set_faults({});
  CHECK(server.is_acknowledged(server.block("john")));
}

TEST_CASE("an address at which nobody is costs the gate little") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine, {"https://localhost:1", "https://127.0.0.1:1", server.url()}};
  CHECK(has_lease(machine));
  CHECK(server.is_acknowledged(server.block("john")));
}

TEST_CASE("a server that talks nonsense gets no connection for long, and loses the gate nothing") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  CHECK(server.is_acknowledged(server.block("john")));
  server.set_faults({.talks_nonsense = true});
  const int before = server.seen().connections;
  server.end_sessions();
  CHECK(eventually([&] { return server.seen().connections >= before + 2; }));
  CHECK(
      eventually([&] { return machine.status().last_error.find("a message of the server") == 0; }));
  CHECK(machine.is_blocked("john"));
  server.set_faults({});
  CHECK(server.is_acknowledged(server.block("mary")));
  CHECK(server.seen().snapshots == 1);
}

TEST_CASE("a server that was rolled back is not followed, and what was refused stays refused") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  const Position lost = server.block("john");
  CHECK(server.is_acknowledged(lost));
  server.roll_back(1);
  CHECK(eventually([&] { return server.seen().is_rollback_proved; }));
  CHECK(eventually([&] { return machine.status().state == "diverged"; }));
  CHECK_FALSE(machine.status().divergence.empty());
  // What the old database writes on is another journal's.
  server.commit({KeyKind::user, "mary"}, Effect::block);
  const int before = server.seen().connections;
  CHECK(eventually([&] { return server.seen().connections > before + 1; }));
  CHECK(machine.is_blocked("john"));
  CHECK_FALSE(machine.is_blocked("mary"));
  CHECK(machine.position() == lost);

  server.fence();
  CHECK(eventually([&] { return machine.position().generation == 2; }));
  CHECK(eventually([&] { return machine.status().state == "following"; }));
  CHECK(machine.status().divergence.empty());
  CHECK(machine.is_blocked("mary"));
  // What the old database has lost, the gate has.
  const auto blocks = server.seen().blocks;
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].key == Key{KeyKind::user, "john"});
}

TEST_CASE("a gate that starts again still knows the names of what is blocked") {
  TestFeedServer server;
  const GateMachine machine{server};
  {
    const RunningGate gate{machine};
    CHECK(server.is_acknowledged(server.block("john")));
  }
  server.fence();
  const RunningGate gate{machine};
  CHECK(eventually([&] { return machine.position().generation == 2; }));
  const auto blocks = server.seen().blocks;
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].key == Key{KeyKind::user, "john"});
}

TEST_CASE(
    "who has a connection open holds the acknowledgement and the lease up until it has closed it") {
  TestFeedServer server{std::chrono::seconds{3}};
  const GateMachine machine{server};
  const RunningGate gate{machine};
  CHECK(server.is_acknowledged(server.block("john")));
  CHECK(has_lease(machine));
  auto seat = ReaderSeat::take(reader_table_path(machine.replica()));
  REQUIRE(seat.ok());
  const Position judged = machine.position();
  seat->opening(judged);
  const Position cut = server.block("mary");
  CHECK(eventually([&] { return machine.is_blocked("mary"); }));
  const std::uint64_t lease = machine.lease_end_ns();
  // The lease of before runs out, whatever the server grants now.
  CHECK(eventually([&] {
    const MachineTime time = machine_time(read_boot_id().value(), SystemClock{});
    return lease_state(HeldLease{machine.read()->view()}, time) == LeaseState::ended;
  }));
  CHECK(machine.lease_end_ns() == lease);
  CHECK(server.seen().acknowledged < cut);
  seat->closed_through(cut);
  CHECK(server.is_acknowledged(cut));
  CHECK(eventually([&] { return machine.lease_end_ns() > lease; }));
}

TEST_CASE("nothing is acknowledged before what proves it is stored") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  CHECK(server.is_acknowledged(server.block("john")));
  // Nothing can be renamed over a directory.
  const std::string memory = quick_memory_path(machine.replica());
  std::filesystem::remove(memory);
  std::filesystem::create_directories(memory + "/x");
  const int before = server.seen().connections;
  const Position cut = server.block("mary");
  CHECK(eventually([&] {
    const auto seen = server.seen();
    return seen.connections > before + 1 || seen.acknowledged >= cut;
  }));
  CHECK(server.seen().acknowledged < cut);
  CHECK(machine.is_blocked("mary"));
  std::filesystem::remove_all(memory);
  CHECK(server.is_acknowledged(cut));
}

TEST_CASE("a gate that lost its memory asks for a snapshot, one that lost its replica too") {
  TestFeedServer server;
  const GateMachine machine{server};
  Position last;
  {
    const RunningGate gate{machine};
    last = server.block("john");
    CHECK(server.is_acknowledged(last));
  }
  std::ofstream{quick_memory_path(machine.replica())} << "{";
  std::ofstream{machine.folder().file("feed.json")} << "{";
  {
    const RunningGate gate{machine};
    last = server.block("mary");
    CHECK(server.is_acknowledged(last));
    CHECK(server.seen().snapshots == 2);
  }
  {
    std::fstream file{machine.replica(), std::ios::in | std::ios::out};
    file.seekp(100);
    file << "damaged!";
  }
  const RunningGate gate{machine};
  CHECK_FALSE(gate.replica->discarded().empty());
  last = server.block("bob");
  CHECK(server.is_acknowledged(last));
  CHECK(server.seen().snapshots == 3);
  for (const char* const user : {"john", "mary", "bob"}) CHECK(machine.is_blocked(user));
}

TEST_CASE("a replica that somebody removes is there again, with what it had") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  CHECK(server.is_acknowledged(server.block("john")));
  std::filesystem::remove(machine.replica());
  CHECK(eventually([&] { return machine.is_blocked("john"); }));
  CHECK(has_lease(machine));
}

TEST_CASE("a gate that is enrolled anew while it runs goes on with its new key") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  CHECK(has_lease(machine));
  const std::string before = machine.identity().kid;
  const GateKey key = machine.folder().enrolling_key().value();
  REQUIRE(machine.folder().enrolled(server.enrolment(), key, "").ok());
  CHECK(machine.identity().kid != before);
  server.outdate_tokens();
  CHECK(server.is_acknowledged(server.block("john")));

  // Another gate's enrolment is not followed.
  boost::json::object other = server.enrolment();
  other["client_id"] = "another";
  const GateKey other_key = machine.folder().enrolling_key().value();
  REQUIRE(machine.folder().enrolled(other, other_key, "").ok());
  server.outdate_tokens();
  CHECK(eventually([&] {
    return machine.status().last_error.find("is the folder of another gate now") !=
           std::string::npos;
  }));
}

TEST_CASE("a replica that is damaged while the gate runs is refused, and fetched anew") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  const Position cut = server.block("john");
  CHECK(server.is_acknowledged(cut));
  CHECK(has_lease(machine));
  const auto before = machine.read();
  REQUIRE(before.ok());
  const auto& fixed = before->view().fixed();
  server.set_faults({.greets = false});
  SUBCASE("its slots") { overwrite(machine.replica(), fixed.slots_offset, 24 * fixed.slot_count); }
  SUBCASE("its Bloom blocks") {
    overwrite(machine.replica(), fixed.bloom_offset, 32 * fixed.bloom_block_count);
  }
  SUBCASE("its head") { overwrite(machine.replica(), 0, 4096); }
  CHECK(eventually([&] { return before->view().state() == replica::FileState::superseded; }));
  CHECK_FALSE(machine.read().ok());
  CHECK(before->view().lease_boot_end_ns() == 0);
  const Position later = server.block("mary");
  CHECK(eventually([&] { return server.seen().connections >= 2; }));
  CHECK(server.seen().acknowledged == cut);
  server.set_faults({});
  server.end_sessions();
  CHECK(server.is_acknowledged(later));
  CHECK(has_lease(machine));
  CHECK(machine.is_blocked("john"));
  CHECK(machine.is_blocked("mary"));
  CHECK(server.seen().snapshots == 2);
}

}  // namespace curfew
