#include "api/gate_feed/removed_gates.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/gate_office.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::EnrolledGate;
using test::GateOffice;

struct Fixture {
  GateOffice office;

  RemovedGates removed() {
    return read_value<RemovedGates>(*office.server.store,
                                    [&](ReadTx& tx) {
                                      return read_removed_gates(tx, office.server.tenant,
                                                                office.server.context->audit,
                                                                office.server.clock.now());
                                    })
        .value();
  }
  bool may_have_some() { return removed().may_be_some; }
};

TEST_CASE_FIXTURE(Fixture, "a gate that was removed is known from the audit, for a day") {
  const EnrolledGate gate{office};
  CHECK_FALSE(may_have_some());
  CHECK(office.call(office.admin, HttpMethod::delete_, "/gates/edge").status < 300);
  CHECK(may_have_some());
  office.server.clock.advance(23h);
  CHECK(may_have_some());
  office.server.clock.advance(2h);
  CHECK_FALSE(may_have_some());
}

TEST_CASE_FIXTURE(Fixture, "a gate that was removed as an application counts as well") {
  const EnrolledGate gate{office};
  const std::string admin = office.token_of_john(Role::global_administrator);
  CHECK(office.call(admin, HttpMethod::delete_, "/apps/" + gate.app.str()).status < 300);
  CHECK(may_have_some());
}

TEST_CASE_FIXTURE(Fixture, "of removed gates those are named that need no lease, for a day") {
  const EnrolledGate strict{office};
  const EnrolledGate loose{office, "loose"};
  const EnrolledGate other{office, "other"};
  for (const EnrolledGate* const gate : {&loose, &other}) {
    office.server.change<Gate>(gate->app, [](Gate& row) { row.mode = GateMode::best_effort; });
  }
  CHECK(office.call(office.admin, HttpMethod::delete_, "/gates/edge").status < 300);
  CHECK(removed().without_lease.empty());
  CHECK(office.call(office.admin, HttpMethod::delete_, "/gates/loose").status < 300);
  CHECK(removed().without_lease == std::vector<std::string>{"Gate loose"});
  const std::string admin = office.token_of_john(Role::global_administrator);
  CHECK(office.call(admin, HttpMethod::delete_, "/apps/" + other.app.str()).status < 300);
  CHECK(removed().without_lease == std::vector<std::string>{"Gate other", "Gate loose"});
  office.server.clock.advance(25h);
  CHECK(removed().without_lease.empty());
}

}  // namespace
}  // namespace curfew
