#include "api/gate_feed/removed_gates.hpp"

#include <doctest/doctest.h>

#include "tests/support/gate_office.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::EnrolledGate;
using test::GateOffice;

struct Fixture {
  GateOffice office;

  bool may_have_some() {
    return read_value<bool>(*office.server.store,
                            [&](ReadTx& tx) {
                              return may_have_removed_gates(tx, office.server.tenant,
                                                            office.server.clock.now());
                            })
        .value();
  }
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

}  // namespace
}  // namespace curfew
