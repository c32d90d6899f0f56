// tests/support/acting_source.hpp: a server with a source whose events are acted on when it is
// told.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "model/run.hpp"
#include "protocol/ssf/received_events.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/source_rig.hpp"

namespace curfew::test {

// A source that pushes, and what its signals led to.
struct ActingSource {
  ActingSource() { rig.add(); }
  ~ActingSource() { server.runtime->stop_and_wait(); }
  ActingSource(const ActingSource&) = delete;
  ActingSource& operator=(const ActingSource&) = delete;

  ServerFixture server;
  SourceRig rig{server};

  ReceivedSignal heard(const std::string& set) {
    server.clock.advance(std::chrono::seconds{1});  // after all that was done before
    REQUIRE(rig.push(set).status == 202);
    return rig.settled().back();
  }
  void policy(const std::string& event, const std::string& effect) {
    rig.change(
        [&](SignalSource& source) { source.policy = {policy_entry(event, effect).value()}; });
  }
  bool is_enabled() { return server.row<User>(server.john).account_enabled; }
  UserId add_clerk() {
    User clerk;
    clerk.tenant_id = server.tenant;
    clerk.id = UserId{new_guid()};
    clerk.user_principal_name = "clerk@contoso.com";
    server.put(clerk);
    return clerk.id;
  }
  std::string about_clerk(const std::string& event) {
    return rig.sign(rig.claims(event, {{"format", "email"}, {"email", "clerk@contoso.com"}}));
  }
  // With the transmitter's name for the incident.
  std::string in_incident(const std::string& event, const std::string& txn) {
    boost::json::object claims = rig.claims(event, rig.john());
    claims["txn"] = txn;
    return rig.sign(claims);
  }
  std::size_t runs() { return server.all<Run>().size(); }
};

}  // namespace curfew::test
