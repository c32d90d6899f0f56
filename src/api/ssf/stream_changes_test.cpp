#include "api/ssf/stream_changes.hpp"

#include <doctest/doctest.h>

#include "revocation/removal.hpp"
#include "tests/support/admin_office.hpp"
#include "tests/support/signal_rig.hpp"

// What an administrator's pause, resume and stop of a stream leave of what its receiver must hear.

namespace curfew {
namespace {

using test::contains;
using test::Office;
using test::SignalRig;

struct Fixture {
  Office office;
  SignalRig rig{office.server};
  std::string id = rig.poll_stream();

  void set(const std::string& members) {
    // A new one each time: what is lost is lost by revoking the same person's sessions.
    const std::string admin = office.token_of_john(Role::application_administrator);
    const HttpResponse answer = office.call(admin, HttpMethod::patch, "/streams/" + id, members);
    CAPTURE(answer.body);
    REQUIRE(answer.status == 200);
  }
  // One event is dropped for want of room.
  void lose_one() {
    office.server.take_away(RemovalKind::revoke_sessions);
    office.server.change<SignalStream>(id,
                                       [](SignalStream& stream) { stream.pending_count = 10'000; });
    office.server.take_away(RemovalKind::revoke_sessions);
    office.server.change<SignalStream>(id, [&](SignalStream& stream) { stream.pending_count = 2; });
  }
  std::string reason_in(const std::vector<boost::json::object>& sets) {
    REQUIRE_FALSE(sets.empty());
    REQUIRE(SignalRig::names_of(sets).front() == "stream-updated");
    const auto& event = SignalRig::event_in(sets.front());
    return event.contains("reason") ? std::string{event.at("reason").as_string()} : "";
  }
};

TEST_CASE_FIXTURE(Fixture, "a receiver hears of a loss, whatever an administrator sets after it") {
  lose_one();
  set(R"({"status":"paused","reason":"moving house"})");
  const std::string paused = reason_in(rig.poll(id));
  CHECK(contains(paused, "moving house; 1 events were dropped"));
  set(R"({"status":"enabled"})");
  const auto sets = rig.poll(id);
  CHECK(contains(reason_in(sets), "1 events were dropped"));
  CHECK_FALSE(contains(reason_in(sets), "moving house"));
  CHECK(SignalRig::event_in(sets.front()).at("status").as_string() == "enabled");
  // Once it has acknowledged that, it is not told again.
  rig.acknowledge(id, sets);
  set(R"({"status":"paused"})");
  CHECK(reason_in(rig.poll(id)).empty());
}

TEST_CASE_FIXTURE(Fixture, "a loss does not take away the reason that an administrator gave") {
  set(R"({"status":"paused","reason":"moving house"})");
  lose_one();
  CHECK(contains(reason_in(rig.poll(id)), "moving house; 1 events were dropped"));
}

TEST_CASE_FIXTURE(Fixture, "a new notice does not inherit what its receiver refused of the old") {
  set(R"({"status":"paused"})");
  for (Signal& signal : office.server.all<Signal>()) {
    signal.refusal_count = 4;
    signal.last_error = "invalid_audience";
    office.server.put(signal);
  }
  set(R"({"status":"enabled"})");
  REQUIRE(office.server.all<Signal>().size() == 1);
  CHECK(office.server.all<Signal>().front().refusal_count == 0);
  CHECK(office.server.all<Signal>().front().last_error.empty());
}

}  // namespace
}  // namespace curfew
