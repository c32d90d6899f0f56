#include "apps/curfew-gate/look.hpp"

#include <doctest/doctest.h>

#include "apps/curfew-gate/test_gate.hpp"
#include "apps/curfew/terminal.hpp"

namespace curfew {

using namespace testing;

namespace {

MachineTime machine_now() { return machine_time(read_boot_id().value(), SystemClock{}); }

// The member at a JSON pointer, as text.
std::string at(const boost::json::object& facts, const char* pointer) {
  const boost::json::value value(facts);
  return cell_text(&value.at_pointer(pointer));
}

}  // namespace

TEST_CASE("status says what the replica, the lease and the process are") {
  TestFeedServer server;
  const GateMachine machine{server};
  const auto none = look_at_gate(machine.folder(), machine.replica(), machine_now());
  REQUIRE(none.ok());
  CHECK_FALSE(none->may_judge);
  CHECK(none->facts.at("replica").is_null());
  CHECK(none->facts.at("process").is_null());
  CHECK(describe_gate(none->facts).find("no replica") != std::string::npos);
  CHECK(describe_gate(none->facts).find("curfew-gate run") != std::string::npos);

  RunningGate gate{machine};
  const Position cut = server.block("john");
  CHECK(server.is_acknowledged(cut));
  CHECK(eventually([&] { return machine.lease_end_ns() != 0; }));
  CHECK(eventually([&] { return machine.status().state == "following"; }));
  auto seat = ReaderSeat::take(reader_table_path(machine.replica()));
  REQUIRE(seat.ok());
  seat->opening(cut);
  // Where it was last is remembered.
  const auto looked = look_at_gate(machine.folder(), "", machine_now());
  REQUIRE(looked.ok());
  CHECK(looked->may_judge);
  const boost::json::object& facts = looked->facts;
  CHECK(at(facts, "/name") == "edge");
  CHECK(at(facts, "/newest_signed_head") == to_string(cut));
  CHECK(at(facts, "/replica/position") == to_string(cut));
  CHECK(at(facts, "/replica/blocked") == "1");
  CHECK(at(facts, "/replica/entries") == "2");
  CHECK(at(facts, "/replica/mode") == "strict");
  CHECK(at(facts, "/replica/readers/with_connections") == "1");
  CHECK(at(facts, "/replica/readers/slowest_pid") == std::to_string(::getpid()));
  CHECK(at(facts, "/lease/is_valid") == "yes");
  CHECK(at(facts, "/lease/left_ms") != "0");
  CHECK(at(facts, "/process/is_running") == "yes");
  CHECK(at(facts, "/process/server") == server.url());
  CHECK(describe_gate(looked->facts).find("blocked keys          1") != std::string::npos);

  gate.stop();
  const auto after = look_at_gate(machine.folder(), "", machine_now());
  REQUIRE(after.ok());
  CHECK_FALSE(after->may_judge);
  CHECK(at(after->facts, "/process/is_running") == "no");
  CHECK(at(after->facts, "/lease/left_ms") == "0");
}

TEST_CASE("explain says what the replica has on a key, and what a key is") {
  TestFeedServer server;
  const GateMachine machine{server};
  const RunningGate gate{machine};
  const Position cut = server.block("john");
  CHECK(server.is_acknowledged(cut));
  CHECK(eventually([&] { return machine.lease_end_ns() != 0; }));
  for (const char* const spelled : {"user:john", "user/john"}) {
    const auto john = explain_key(machine.folder(), machine.replica(), spelled, machine_now());
    REQUIRE(john.ok());
    CHECK(john->may_judge);
    CHECK(at(john->facts, "/key") == "user/john");
    CHECK(at(john->facts, "/is_blocked") == "yes");
    CHECK(at(john->facts, "/reauth") == to_string(cut));
    CHECK(at(john->facts, "/reevaluate") == "-");
  }
  const auto mary = explain_key(machine.folder(), machine.replica(), "user:mary", machine_now());
  REQUIRE(mary.ok());
  CHECK(at(mary->facts, "/is_known") == "no");
  CHECK(describe_key(mary->facts).find("known here            no") != std::string::npos);
  const auto wrong = explain_key(machine.folder(), machine.replica(), "person:john", machine_now());
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code() == ErrorCode::invalid_argument);
  CHECK(wrong.error().message().find("signing_key") != std::string::npos);
  // A name is in no replica: "not known here" would be taken for an answer.
  const auto name =
      explain_key(machine.folder(), machine.replica(), "user:john@contoso.com", machine_now());
  REQUIRE_FALSE(name.ok());
  CHECK(name.error().message().find("curfew user show john@contoso.com") != std::string::npos);
}

}  // namespace curfew
