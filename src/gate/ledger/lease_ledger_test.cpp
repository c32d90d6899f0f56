#include "gate/ledger/lease_ledger.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace curfew {

namespace {

using namespace std::chrono_literals;

const AppId kGate{"gate-1"};
const AppId kOther{"gate-2"};

GateInstanceId instance(int number) { return GateInstanceId{"instance-" + std::to_string(number)}; }

LedgerSettings small() {
  LedgerSettings settings;
  settings.instances_of_gate_max = 3;
  settings.open_grants_max = 4;
  settings.gates_max = 2;
  return settings;
}

HeadReader head_at(std::uint64_t sequence) {
  return [sequence] { return Position{1, sequence}; };
}

// A server that started at 0, with a gate that was enrolled since.
struct Server {
  LeaseLedger ledger{small(), 0s};
  Server() { CHECK(ledger.add_gate(kGate, true, GateOrigin::enrolled_now).ok()); }

  FeedConnection connect(int number, Duration now, Position has = {1, 5}) {
    return ledger.connect(kGate, instance(number), has, now).value().connection;
  }
  void lease(FeedConnection connection, std::uint64_t head, Duration now) {
    const auto answer = ledger.grant(connection, {7}, head_at(head), now);
    REQUIRE(answer.ok());
    CHECK(answer->request == 7);
    CHECK(answer->position == Position{1, head});
    CHECK(answer->duration == 10s);
  }
  bool is_complete(std::uint64_t sequence, Duration now) const {
    return ledger.is_complete(kGate, {1, sequence}, now);
  }
};

}  // namespace

TEST_CASE("an instance without a lease is not waited for") {
  Server server;
  CHECK(server.is_complete(6, 1s));
  server.connect(1, 1s);
  CHECK(server.is_complete(6, 1s));
}

TEST_CASE("a lease is waited for until it has ended, with the drift") {
  Server server;
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 2s);
  CHECK_FALSE(server.is_complete(6, 3s));
  CHECK_FALSE(server.is_complete(6, 13s - 1ms));
  CHECK(server.is_complete(6, 13s));
  const GateCompleteness waiting = server.ledger.completeness(kGate, {1, 6}, 3s);
  CHECK(waiting.until == 13s);
  REQUIRE(waiting.waits_for.size() == 1);
  CHECK(waiting.waits_for[0].instance == instance(1));
  CHECK(waiting.waits_for[0].until == 13s);
  CHECK(waiting.waits_for[0].is_connected);
  CHECK_FALSE(waiting.waits_for_unknown);
}

TEST_CASE("an acknowledgement ends the waiting at once") {
  Server server;
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 2s);
  server.ledger.sent(connection, {1, 7});
  CHECK(server.ledger.acknowledge(connection, {1, 5}, 3s).ok());
  CHECK_FALSE(server.is_complete(6, 3s));
  CHECK(server.ledger.acknowledge(connection, {1, 7}, 3s).ok());
  CHECK(server.is_complete(6, 3s));
  CHECK(server.is_complete(7, 3s));
  CHECK_FALSE(server.is_complete(8, 3s));
}

UncutRequests uncut_of(const LeaseLedger& ledger) {
  UncutRequests found{};
  ledger.each_gate({}, {1, 6}, 3s, [&](const AppId&, const GateStanding& standing) {
    found = standing.uncut;
    return true;
  });
  return found;
}

TEST_CASE("requests that go on by themselves are remembered of a gate, whatever it says later") {
  Server server;
  CHECK(uncut_of(server.ledger) == UncutRequests::none);
  CHECK_FALSE(server.ledger.is_news(kGate, false));
  CHECK(server.ledger.is_news(kGate, std::nullopt));
  server.ledger.note_uncut_requests(kGate, std::nullopt);  // of a version that does not say
  CHECK(uncut_of(server.ledger) == UncutRequests::unknown);
  CHECK_FALSE(server.ledger.is_news(kGate, std::nullopt));
  // No process speaks for another one.
  server.ledger.note_uncut_requests(kGate, false);
  CHECK(uncut_of(server.ledger) == UncutRequests::unknown);
  CHECK(server.ledger.is_news(kGate, true));
  server.ledger.note_uncut_requests(kGate, true);
  server.ledger.note_uncut_requests(kGate, false);
  server.ledger.note_uncut_requests(kGate, std::nullopt);
  CHECK(uncut_of(server.ledger) == UncutRequests::some);
  CHECK_FALSE(server.ledger.is_news(kGate, true));
  // What is read of it again may be older.
  CHECK(server.ledger.add_gate(kGate, true, GateOrigin::enrolled_now, UncutRequests::none).ok());
  CHECK(uncut_of(server.ledger) == UncutRequests::some);
  CHECK(server.ledger.is_news(kOther, false));
}

TEST_CASE("a server that was started anew goes by what was stored, and waits for a word") {
  LeaseLedger restarted{small(), 0s};
  CHECK(restarted.add_gate(kGate, true, GateOrigin::from_before).ok());
  CHECK(uncut_of(restarted) == UncutRequests::unknown);
  CHECK_FALSE(restarted.is_news(kGate, false));
  restarted.note_uncut_requests(kGate, false);
  CHECK(uncut_of(restarted) == UncutRequests::none);
  for (const UncutRequests stored : {UncutRequests::some, UncutRequests::unknown}) {
    LeaseLedger knows{small(), 0s};
    CHECK(knows.add_gate(kGate, true, GateOrigin::from_before, stored).ok());
    knows.note_uncut_requests(kGate, false);
    CHECK(uncut_of(knows) == stored);
  }
}

TEST_CASE("a gate that was withdrawn is forgotten unless what it let in may go on") {
  for (const bool has_some : {false, true}) {
    CAPTURE(has_some);
    Server server;
    server.ledger.note_uncut_requests(kGate, has_some);
    server.ledger.withdraw_gate(kGate);
    server.ledger.forget_ended(100s);
    CHECK(server.ledger.knows(kGate) == has_some);
  }
}

TEST_CASE("a lease that names the entry is not waited for, however often it is renewed") {
  Server server;
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 2s);
  server.lease(connection, 6, 8s);  // after the cut at 6
  CHECK_FALSE(server.is_complete(6, 12s));
  server.lease(connection, 6, 12s);
  CHECK(server.is_complete(6, 13s));
  CHECK_FALSE(server.is_complete(7, 13s));
  CHECK(server.ledger.completeness(kGate, {1, 7}, 13s).until == 23s);
}

TEST_CASE("a lease is remembered before the head that it names is read") {
  Server server;
  const auto connection = server.connect(1, 1s);
  bool was_complete = true;
  const auto head = [&]() -> std::optional<Position> {
    was_complete = server.is_complete(6, 2s);  // the cut happens here
    return Position{1, 5};
  };
  CHECK(server.ledger.grant(connection, {1}, head, 2s).ok());
  CHECK_FALSE(was_complete);
}

TEST_CASE("every instance is waited for, not the newest only") {
  Server server;
  const auto first = server.connect(1, 1s);
  server.lease(first, 5, 1s);
  server.ledger.disconnect(first, 2s);
  const auto second = server.connect(2, 3s);
  server.lease(second, 5, 3s);
  server.ledger.sent(second, {1, 6});
  CHECK(server.ledger.acknowledge(second, {1, 6}, 4s).ok());
  CHECK_FALSE(server.is_complete(6, 4s));
  CHECK(server.ledger.completeness(kGate, {1, 6}, 4s).waits_for.at(0).instance == instance(1));
  CHECK(server.is_complete(6, 12s));
}

TEST_CASE("a restarted server takes unknown leases to be outstanding") {
  LeaseLedger ledger{small(), 100s};
  CHECK(ledger.add_gate(kGate, true, GateOrigin::from_before).ok());
  CHECK(ledger.unknown_until() == 111s);
  CHECK_FALSE(ledger.is_complete(kGate, {1, 6}, 111s - 1ms));
  CHECK(ledger.completeness(kGate, {1, 6}, 101s).waits_for_unknown);
  CHECK(ledger.completeness(kGate, {1, 6}, 101s).until == 111s);
  CHECK(ledger.is_complete(kGate, {1, 6}, 111s));
  // Nor is a gate complete of which nobody told the ledger.
  CHECK_FALSE(ledger.is_complete(kOther, {1, 6}, 110s));
  CHECK(ledger.is_complete(kOther, {1, 6}, 111s));
}

TEST_CASE("leases of a best_effort gate prove nothing: it is waited for without end") {
  Server server;
  CHECK(server.ledger.add_gate(kGate, false, GateOrigin::enrolled_now).ok());
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 1s);
  CHECK_FALSE(server.is_complete(6, 1000s));
  CHECK_FALSE(server.ledger.completeness(kGate, {1, 6}, 1000s).until.has_value());
  server.ledger.sent(connection, {1, 6});
  CHECK(server.ledger.acknowledge(connection, {1, 6}, 1000s).ok());
  CHECK(server.is_complete(6, 1000s));
  // It is strict from now on, but nobody knows whether this instance has heard of it.
  CHECK(server.ledger.add_gate(kGate, true, GateOrigin::enrolled_now).ok());
  CHECK_FALSE(server.is_complete(7, 2000s));
}

TEST_CASE("a best_effort gate of an earlier life of the server is never said to be complete") {
  LeaseLedger ledger{small(), 0s};
  CHECK(ledger.add_gate(kGate, false, GateOrigin::from_before).ok());
  CHECK_FALSE(ledger.is_complete(kGate, {1, 6}, 1000s));
  CHECK_FALSE(ledger.completeness(kGate, {1, 6}, 1000s).until.has_value());
}

TEST_CASE("an acknowledgement of what was never sent, or that goes back, is refused") {
  Server server;
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 1s);
  server.ledger.sent(connection, {1, 7});
  const Status never = server.ledger.acknowledge(connection, {1, 8}, 1s);
  CHECK(never.error().code() == ErrorCode::protocol);
  CHECK(never.error().message() == "it acknowledged 1.8, and was sent nothing after 1.7");
  CHECK_FALSE(server.is_complete(6, 1s));
  CHECK(server.ledger.acknowledge(connection, {1, 7}, 1s).ok());
  CHECK(server.ledger.acknowledge(connection, {1, 6}, 1s).error().message() ==
        "it acknowledged 1.6 after 1.7: acknowledgements never go back");
}

TEST_CASE("an instance that comes back with less than it acknowledged is refused") {
  Server server;
  const auto connection = server.connect(1, 1s);
  server.ledger.sent(connection, {1, 7});
  CHECK(server.ledger.acknowledge(connection, {1, 7}, 1s).ok());
  server.ledger.disconnect(connection, 2s);
  CHECK(server.ledger.connect(kGate, instance(1), {1, 6}, 3s).error().code() ==
        ErrorCode::protocol);
  CHECK(server.ledger.connect(kGate, instance(1), {1, 7}, 3s).ok());
  CHECK(server.ledger.connect(kGate, instance(1), {}, 3s).ok());  // it wants a snapshot
}

TEST_CASE("nobody speaks for another gate's instance") {
  Server server;
  CHECK(server.ledger.add_gate(kOther, true, GateOrigin::enrolled_now).ok());
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 1s);
  CHECK(server.ledger.connect(kOther, instance(1), {1, 9}, 2s).error().code() == ErrorCode::denied);
  server.ledger.sent(connection, {1, 6});
  CHECK(server.ledger.acknowledge(connection, {1, 6}, 2s).ok());  // its own connection stands
}

TEST_CASE("a newer connection of an instance takes over; the older one is refused") {
  Server server;
  const auto older = server.connect(1, 1s);
  const auto newer = server.ledger.connect(kGate, instance(1), {1, 5}, 2s).value();
  CHECK(newer.replaced == older);
  server.ledger.sent(older, {1, 9});
  CHECK(server.ledger.acknowledge(older, {1, 5}, 2s).error().code() == ErrorCode::denied);
  CHECK(server.ledger.grant(older, {1}, head_at(5), 2s).error().code() == ErrorCode::denied);
  server.ledger.disconnect(older, 2s);
  CHECK(server.ledger.view(kGate)->connected == 1);
  CHECK(server.ledger.acknowledge(newer.connection, {1, 9}, 2s).error().code() ==
        ErrorCode::protocol);
}

TEST_CASE("gates are told one after the other, no more of them than are asked for") {
  Server server;
  CHECK(server.ledger.add_gate(kOther, true, GateOrigin::enrolled_now).ok());
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 2s);
  std::vector<AppId> told;
  std::vector<GateStanding> standings;
  const auto all = [&](const AppId& gate, const GateStanding& standing) {
    told.push_back(gate);
    standings.push_back(standing);
    return true;
  };
  server.ledger.each_gate({}, {1, 6}, 3s, all);
  CHECK(told == std::vector{kGate, kOther});
  CHECK_FALSE(standings[0].is_complete);
  CHECK(standings[0].until == server.ledger.completeness(kGate, {1, 6}, 3s).until);
  CHECK(standings[0].connected == 1);
  CHECK(standings[0].acknowledged == server.ledger.view(kGate)->acknowledged);
  CHECK(standings[1].is_complete);
  told.clear();
  server.ledger.each_gate(kOther, {1, 6}, 3s, all);
  CHECK(told == std::vector{kOther});
  told.clear();
  server.ledger.each_gate({}, {1, 6}, 3s, [&](const AppId& gate, const GateStanding& standing) {
    told.push_back(gate);
    return standing.is_complete;
  });
  CHECK(told == std::vector{kGate});
}

TEST_CASE("a withdrawn gate gets nothing, and what it has is waited for") {
  Server server;
  const auto connection = server.connect(1, 1s);
  server.lease(connection, 5, 1s);
  server.ledger.withdraw_gate(kGate);
  CHECK(server.ledger.grant(connection, {1}, head_at(6), 2s).error().code() == ErrorCode::denied);
  CHECK(server.ledger.acknowledge(connection, {1, 5}, 2s).error().code() == ErrorCode::denied);
  CHECK(server.ledger.connect(kGate, instance(2), {}, 2s).error().code() == ErrorCode::denied);
  server.ledger.forget_ended(11s);
  CHECK_FALSE(server.is_complete(6, 11s));
  server.ledger.forget_ended(12s);
  CHECK(server.ledger.gates().empty());
  CHECK(server.is_complete(6, 12s));
}

TEST_CASE("a gate that makes instances without end is contained, and none with a lease forgotten") {
  Server server;
  std::vector<FeedConnection> connections;
  for (int number = 1; number <= 3; ++number) {
    connections.push_back(server.connect(number, 1s * number));
    server.lease(connections.back(), 5, 1s * number);
  }
  CHECK(server.ledger.connect(kGate, instance(4), {}, 5s).error().code() == ErrorCode::exhausted);
  for (const FeedConnection connection : connections) server.ledger.disconnect(connection, 5s);
  // All are gone, but each may still accept something.
  CHECK(server.ledger.connect(kGate, instance(4), {}, 11s).error().code() == ErrorCode::exhausted);
  // The first one's lease is over at 12 s.
  CHECK(server.ledger.connect(kGate, instance(4), {}, 12s).ok());
  CHECK(server.ledger.view(kGate)->instances == 3);
  CHECK_FALSE(server.is_complete(6, 12s));
  CHECK(server.ledger.completeness(kGate, {1, 6}, 12s).until == 14s);
  CHECK(server.is_complete(6, 14s));
}

TEST_CASE("a forgotten instance of a best_effort gate is waited for as an unknown one") {
  Server server;
  CHECK(server.ledger.add_gate(kGate, false, GateOrigin::enrolled_now).ok());
  for (int number = 1; number <= 4; ++number) {
    const auto connection = server.connect(number, 1s * number);
    server.ledger.sent(connection, {1, 6});
    CHECK(server.ledger.acknowledge(connection, {1, 6}, 1s * number).ok());
    server.ledger.disconnect(connection, 1s * number);
    CHECK(server.is_complete(6, 10s) == (number < 4));
  }
}

TEST_CASE("leases without end are refused to one instance") {
  Server server;
  const auto connection = server.connect(1, 1s);
  for (std::uint64_t head = 5; head < 9; ++head) server.lease(connection, head, 1s);
  CHECK(server.ledger.grant(connection, {1}, head_at(9), 1s).error().retry() == Retry::later);
  CHECK(server.ledger.completeness(kGate, {1, 6}, 1s).until == 12s);
  server.lease(connection, 9, 12s);
}

TEST_CASE("without a head no lease is given, and none below an earlier one") {
  Server server;
  const auto connection = server.connect(1, 1s);
  const auto nothing = [] { return std::optional<Position>{}; };
  CHECK(server.ledger.grant(connection, {1}, nothing, 1s).error().code() == ErrorCode::unavailable);
  CHECK(server.is_complete(6, 1s));
  server.lease(connection, 5, 1s);
  CHECK(server.ledger.grant(connection, {1}, head_at(4), 2s).error().code() == ErrorCode::conflict);
  CHECK(server.ledger.completeness(kGate, {1, 6}, 2s).until == 12s);
}

TEST_CASE("there is a limit to the number of gates, and settings have bounds") {
  Server server;
  CHECK(server.ledger.add_gate(kOther, true, GateOrigin::enrolled_now).ok());
  CHECK(server.ledger.add_gate(AppId{"gate-3"}, true, GateOrigin::enrolled_now).error().code() ==
        ErrorCode::exhausted);
  LedgerSettings settings;
  CHECK(check_settings(settings).ok());
  settings.lease = 61s;
  CHECK_FALSE(check_settings(settings).ok());
  settings = {};
  settings.drift = 0s;
  CHECK_FALSE(check_settings(settings).ok());
  settings = {};
  settings.open_grants_max = 1;
  CHECK_FALSE(check_settings(settings).ok());
}

}  // namespace curfew
