#include <algorithm>

#include "gate/follower/test_desk.hpp"

namespace curfew {

TEST_CASE("a gate that follows asks for a lease, counts it, and accepts") {
  Desk desk;
  const FollowerStep step = desk.start(5, 100s);
  CHECK_FALSE(desk.accepts("somebody", 100s));
  desk.get(answer_to(asked(step), 5), 101s);
  CHECK(desk.accepts("somebody", 101s));
  CHECK(desk.follower.lease_end() == 110s);  // from when it was sent
  CHECK(desk.accepts("somebody", 110s - 1ms));
  CHECK_FALSE(desk.accepts("somebody", 110s));
}

TEST_CASE("a lease does not count before the position that it names is applied") {
  Desk desk;
  const std::int64_t request = asked(desk.start(5, 100s));
  desk.get(answer_to(request, 7), 100s);
  CHECK_FALSE(desk.accepts("user-7", 100s));
  desk.get_entries(6, 6, 101s);
  CHECK_FALSE(desk.accepts("somebody", 101s));
  desk.get_entries(7, 7, 102s);
  CHECK(desk.accepts("somebody", 102s));
  CHECK_FALSE(desk.accepts("user-7", 102s));
}

TEST_CASE("a lease does not count before readers have closed what its position outdates") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  desk.replica.open(credential_of("user-6"), at(101s));
  desk.get_entries(6, 6, 102s);
  const auto requests = all_of<LeaseRequest>(desk.follower.tick(at(107s)));
  REQUIRE(requests.size() == 1);
  const FollowerStep step = desk.get(answer_to(requests[0].request, 6), 107s);
  CHECK(acknowledged(step) == Position{});
  CHECK(desk.follower.lease_end() == 110s);
  CHECK(desk.follower.next_due(107s) == 107s + gate_limits::kAckPause);
  desk.replica.close_outdated(at(108s));
  CHECK(desk.replica.open_connections().empty());
  CHECK(acknowledged(desk.follower.tick(at(108s))) == Position{1, 6});
  CHECK(desk.follower.lease_end() == 117s);
}

TEST_CASE("a lease ends by the wall clock too") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  const CredentialFacts credential = credential_of("somebody");
  CHECK(desk.replica.accepts(credential, {101s, kWall + 101s}));
  CHECK_FALSE(desk.replica.accepts(credential, {101s, kWall + 110s}));
}

TEST_CASE("the answer to a request that was given up counts for nothing") {
  Desk desk;
  const std::int64_t request = asked(desk.start(5, 100s));
  desk.follower.disconnected();
  const GateHello said = desk.follower.connected(at(101s));
  CHECK(said.has == ChainMark{{1, 5}, "h5"});
  const FollowerStep step = desk.get(hello({1, 5}, "h5", "h5"), 101s);
  CHECK(asked(step) != request);
  desk.get(answer_to(request, 5), 101s);
  CHECK_FALSE(desk.accepts("somebody", 101s));
  desk.get(answer_to(asked(step), 5), 120s);  // it would have ended
  CHECK_FALSE(desk.accepts("somebody", 120s));
}

TEST_CASE(
    "a gate that lost its replica acknowledges nothing, and asks for a snapshot and a lease") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  desk.replica.lose();
  desk.follower.replica_lost();
  CHECK_FALSE(desk.follower.settled().is_set());
  CHECK(desk.follower.lease_end() == Duration{});
  CHECK(desk.follower.tick(at(100s)).send.empty());
  CHECK(desk.connect(101s).has == ChainMark{});
  const FollowerStep greeted = desk.get(hello({1, 5}, "h5"), 101s);
  CHECK(all_of<FeedAck>(greeted).empty());
  const std::int64_t request = asked(greeted);
  const FollowerStep step = desk.get(whole_snapshot(5), 101s);
  CHECK(acknowledged(step) == Position{1, 5});
  desk.get(answer_to(request, 5, 4s), 101s);
  CHECK(desk.accepts("somebody", 101s));
}

TEST_CASE("a lease is asked for again when a third is left, by one request at a time") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5, 12s), 100s);
  CHECK(desk.follower.next_due(100s) == 108s);
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(108s - 1ms))).empty());
  const std::int64_t second = asked(desk.follower.tick(at(108s)));
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(111s))).empty());
  desk.get(answer_to(second, 5, 12s), 111s);
  CHECK(desk.follower.lease_end() == 120s);
  CHECK(desk.follower.next_due(111s) == 116s);
}

TEST_CASE("a request that was not answered in half of a lease is given up for another one") {
  Desk desk;
  const std::int64_t first = asked(desk.start(5, 100s));
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(105s - 1ms))).empty());
  const std::int64_t second = asked(desk.follower.tick(at(105s)));
  CHECK(second != first);
  desk.get(answer_to(first, 5), 106s);
  CHECK_FALSE(desk.accepts("somebody", 106s));
  desk.get(answer_to(second, 5), 106s);
  CHECK(desk.follower.lease_end() == 115s);
}

TEST_CASE("one lease waits for its position, the newest, and the one that counts goes on") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5, 30s), 100s);
  desk.get(answer_to(asked(desk.follower.tick(at(120s))), 7), 120s);
  CHECK(desk.follower.lease_end() == 130s);
  // Neither it nor the one that waits lasts longer: another is asked for, and takes its place.
  desk.get(answer_to(asked(desk.follower.tick(at(127s))), 9), 127s);
  desk.get_entries(6, 7, 128s);
  CHECK(desk.follower.lease_end() == 130s);
  CHECK_FALSE(desk.accepts("somebody", 131s));
  desk.get_entries(8, 9, 131s);
  CHECK(desk.follower.lease_end() == 137s);
  CHECK(desk.accepts("somebody", 131s));
}

TEST_CASE("an urgent entry is applied early, and does not move the position") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  CHECK(desk.accepts("user-8", 101s));
  const FollowerStep step = desk.get(urgent(entry_of(8, Effect::block)), 101s);
  CHECK_FALSE(desk.accepts("user-8", 101s));
  CHECK(acknowledged(step) == Position{});
  CHECK(desk.follower.settled() == Position{1, 5});
  CHECK(acknowledged(desk.get_entries(6, 8, 102s)) == Position{1, 8});
}

TEST_CASE("an unblock that comes in its turn does not undo a newer block that came early") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  CredentialFacts later = credential_of("u");
  later.stamps = {{1, 100}, {1, 100}};
  desk.get(urgent(entry_of(7, Effect::block, "u")), 101s);
  desk.get(FeedEntries{false, {entry_of(6, Effect::unblock, "u")}, head_of({1, 6}, "h6"), {}},
           101s);
  CHECK_FALSE(desk.replica.accepts(later, at(101s)));
  desk.get(FeedEntries{false,
                       {entry_of(7, Effect::block, "u"), entry_of(8, Effect::unblock, "u")},
                       head_of(8),
                       {}},
           101s);
  CHECK(desk.replica.accepts(later, at(101s)));
  // What is there already is not applied again.
  desk.get(urgent(entry_of(7, Effect::block, "u")), 101s);
  CHECK(desk.replica.accepts(later, at(101s)));
}

TEST_CASE("a hole closes the connection, and the gate goes on from before it") {
  Desk desk;
  desk.start(5, 100s);
  const FollowerStep step = desk.get_entries(7, 7, 101s);
  REQUIRE(step.close.has_value());
  CHECK(step.close->message() == "entries are missing after 1.5");
  CHECK(desk.follower.state() == FollowerState::away);
  CHECK(desk.follower.connected(at(101s)).has == ChainMark{{1, 5}, "h5"});
}

TEST_CASE("entries that are there already are passed over") {
  Desk desk;
  desk.start(5, 100s);
  CHECK_FALSE(desk.get_entries(4, 6, 101s).close.has_value());
  CHECK(desk.follower.settled() == Position{1, 6});
  CHECK_FALSE(desk.get_entries(5, 6, 101s).close.has_value());
  CHECK(desk.follower.settled() == Position{1, 6});
}

TEST_CASE("acknowledgements are gathered, and the first one goes at once") {
  Desk desk;
  CHECK(acknowledged(desk.start(5, 100s)) == Position{1, 5});
  CHECK(acknowledged(desk.get_entries(6, 6, 101s)) == Position{1, 6});
  CHECK(acknowledged(desk.get_entries(7, 7, 101s + 5ms)) == Position{});
  CHECK(acknowledged(desk.get_entries(8, 8, 101s + 10ms)) == Position{});
  CHECK(desk.follower.next_due(101s + 10ms) <= 101s + 10ms + gate_limits::kAckPause);
  CHECK(acknowledged(desk.follower.tick(at(101s + gate_limits::kAckPause))) == Position{1, 8});
  CHECK(acknowledged(desk.follower.tick(at(102s))) == Position{});
}

TEST_CASE("a server that has many gates to hear is told less often, for as long as it says so") {
  Desk desk;
  desk.start(5, 100s);
  const auto get = [&](std::uint64_t sequence, Duration ack_pause, Duration boot) {
    return acknowledged(
        desk.get(FeedEntries{false, {entry_of(sequence)}, head_of(sequence), {}, ack_pause}, boot));
  };
  CHECK(get(6, 60ms, 101s) == Position{1, 6});  // the last one was long ago
  CHECK(get(7, 60ms, 101s + 25ms) == Position{});
  CHECK(desk.follower.next_due(101s + 25ms) == 101s + 60ms);
  CHECK(acknowledged(desk.follower.tick(at(101s + 59ms))) == Position{});
  CHECK(acknowledged(desk.follower.tick(at(101s + 60ms))) == Position{1, 7});
  CHECK(get(8, 0ms, 101s + 79ms) == Position{});
  CHECK(desk.follower.next_due(101s + 79ms) == 101s + 80ms);
  CHECK(get(9, 1ms, 101s + 80ms) == Position{1, 9});  // never more often than by itself
  CHECK(get(10, 1ms, 101s + 85ms) == Position{});
  // However much a server asks for.
  CHECK(get(11, 60s, 101s + 90ms) == Position{});
  CHECK(acknowledged(desk.follower.tick(at(101s + 80ms + gate_limits::kAckPauseMax))) ==
        Position{1, 11});
  // Over another connection it is as always.
  desk.connect(102s);
  CHECK(acknowledged(desk.get(hello({1, 11}, "h11", "h11"), 102s)) == Position{1, 11});
  CHECK(acknowledged(desk.get_entries(12, 12, 102s + 10ms)) == Position{});
  CHECK(acknowledged(desk.follower.tick(at(102s + 20ms))) == Position{1, 12});
}

TEST_CASE("where a server has many gates to hear, each takes a turn of its own by chance") {
  const Duration turns = gate_limits::kAckPauseMax / gate_limits::kAckTurns;
  for (const Duration turn : {0ms, 10ms, 25ms}) {
    Desk desk;
    desk.chance = static_cast<std::uint64_t>(turn.count());
    desk.start(5, 100s);
    const FeedEntries entries{false, {entry_of(6)}, head_of(6), {}, 60s};
    const bool is_at_once = turn == 0ms;
    CHECK(acknowledged(desk.get(entries, 101s)) == (is_at_once ? Position{1, 6} : Position{}));
    if (is_at_once) continue;
    CHECK(turn <= turns);
    CHECK(desk.follower.next_due(101s) == 101s + turn);
    // What comes meanwhile puts it off no further.
    CHECK(acknowledged(desk.get(FeedEntries{false, {entry_of(7)}, head_of(7), {}, 60s},
                                101s + turn - 1ms)) == Position{});
    CHECK(acknowledged(desk.follower.tick(at(101s + turn))) == Position{1, 7});
  }
  // Alone with its server it does not wait.
  Desk desk;
  desk.chance = 10;
  desk.start(5, 100s);
  CHECK(acknowledged(desk.get_entries(6, 6, 101s)) == Position{1, 6});
}

TEST_CASE("an acknowledgement that may be lost is said again over the next connection") {
  Desk desk;
  desk.start(5, 100s);
  desk.get_entries(6, 6, 101s);
  desk.connect(102s);
  CHECK(acknowledged(desk.get(hello({1, 6}, "h6", "h6"), 102s)) == Position{1, 6});
}

TEST_CASE("an acknowledgement never goes back, even when a reader holds an older answer") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  desk.replica.open(credential_of("somebody"), at(100s));
  desk.get_entries(6, 6, 101s);
  desk.replica.close_outdated(at(101s));
  CHECK(acknowledged(desk.follower.tick(at(102s))) == Position{1, 6});
  desk.get_entries(7, 7, 103s);  // not judged by the reader
  desk.connect(104s);
  CHECK(acknowledged(desk.get(hello({1, 7}, "h7", "h7"), 104s)) == Position{1, 6});
}

TEST_CASE("that requests go on which nobody sees end is said with everything from then on") {
  const auto says = [](const FollowerStep& step, bool expected) {
    return !step.send.empty() && std::ranges::all_of(step.send, [&](const GateMessage& message) {
      if (const auto* const ack = std::get_if<FeedAck>(&message)) {
        return ack->has_uncut_requests == expected;
      }
      const auto* const request = std::get_if<LeaseRequest>(&message);
      return request != nullptr && request->has_uncut_requests == expected;
    });
  };
  Desk desk;
  CHECK(desk.connect(0s).has_uncut_requests == false);
  const FollowerStep first = desk.start(5, 100s);
  CHECK(first.send.size() == 2);
  CHECK(says(first, false));
  desk.get(answer_to(asked(first), 5), 100s);
  desk.replica.is_asked_once = true;
  CHECK(says(desk.get_entries(6, 6, 101s), true));  // an acknowledgement
  CHECK(says(desk.follower.tick(at(109s)), true));  // a question for a lease
  CHECK(desk.connect(110s).has_uncut_requests == true);
}

TEST_CASE("who lets in what nobody sees end goes on when the server has answered who said so") {
  Desk desk;
  const FollowerStep first = desk.start(5, 100s);
  desk.replica.is_asked_once = true;
  // One question at a time; the one that is open did not say so.
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(101s))).empty());
  const FollowerStep answered = desk.get(answer_to(asked(first), 5), 102s);
  CHECK_FALSE(desk.replica.is_told);
  CHECK(asked(answered) != asked(first));
  desk.get(answer_to(asked(first), 5), 103s);  // of the one that was answered already
  CHECK_FALSE(desk.replica.is_told);
  desk.get(answer_to(asked(answered), 5), 103s);
  CHECK(desk.replica.is_told);
  CHECK(desk.follower.lease_end() == 112s);
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(104s))).empty());
}

TEST_CASE("that somebody lets in what nobody sees end is said at once, and not twice") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  CHECK(desk.follower.next_due(101s) > 101s);
  desk.replica.is_asked_once = true;
  CHECK(desk.follower.next_due(101s) == 101s);
  const auto requests = all_of<LeaseRequest>(desk.follower.tick(at(101s)));
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].has_uncut_requests);
  CHECK(desk.follower.next_due(101s) > 101s);
  // A server that is gone before it answers has not heard it.
  desk.follower.disconnected();
  CHECK_FALSE(desk.replica.is_told);
  CHECK_FALSE(desk.follower.next_due(102s));
  desk.connect(103s);
  desk.get(answer_to(asked(desk.get(hello({1, 5}, "h5", "h5"), 103s)), 5), 103s);
  CHECK(desk.replica.is_told);
  // Nothing is told anew by the next connection, or process.
  desk.connect(104s);
  CHECK(all_of<LeaseRequest>(desk.get(hello({1, 5}, "h5", "h5"), 104s)).empty());
  CHECK(desk.follower.next_due(104s) > 104s);
}

TEST_CASE("a snapshot counts when it is whole") {
  Desk desk;
  desk.connect(100s);
  desk.get(hello({1, 9}, "h9"), 100s);
  SnapshotPart part{{1, 9}, {}, {}, {}, 0, false, "", {entry_of(3)}};
  CHECK(acknowledged(desk.get(part, 100s)) == Position{});
  CHECK_FALSE(desk.follower.settled().is_set());
  part.part = 1;
  part.is_last = true;
  part.head = head_of(9);
  part.entries = {entry_of(8)};
  CHECK(acknowledged(desk.get(part, 100s)) == Position{1, 9});
  CHECK(desk.replica.file().table.size() == 2);
}

TEST_CASE("a part of a snapshot that is missing, or of another one, closes the connection") {
  SnapshotPart first{{1, 9}, {}, {}, {}, 0, false, "", {}};
  SnapshotPart second = first;
  second.part = 2;
  SnapshotPart other = whole_snapshot(10);
  other.part = 1;
  for (const SnapshotPart& next : {second, other}) {
    Desk desk;
    desk.connect(100s);
    desk.get(hello({1, 10}, "h10"), 100s);
    desk.get(first, 100s);
    const FollowerStep step = desk.get(next, 100s);
    REQUIRE(step.close.has_value());
    CHECK(step.close->message() == "a part of a snapshot is missing");
    CHECK_FALSE(desk.replica.contiguous().is_set());
  }
  Desk desk;
  desk.connect(100s);
  desk.get(hello({1, 10}, "h10"), 100s);
  CHECK(desk.get_entries(1, 2, 100s).close.has_value());
}

TEST_CASE("a block that came early is in the snapshot that is installed after it") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5), 100s);
  desk.get(urgent(entry_of(8, Effect::block)), 101s);
  desk.get(whole_snapshot(7), 101s);
  CHECK(desk.follower.settled() == Position{1, 7});
  CHECK_FALSE(desk.accepts("user-8", 101s));
  CHECK(desk.get(whole_snapshot(6), 101s).close.has_value());  // nothing goes back
}

TEST_CASE("what could not be applied is not acknowledged") {
  Desk desk;
  desk.start(5, 100s);
  desk.replica.is_full = true;
  const FollowerStep step = desk.get_entries(6, 6, 101s);
  REQUIRE(step.close.has_value());
  CHECK(step.close->message() == "the disk is full");
  CHECK(step.send.empty());
  CHECK(desk.replica.contiguous() == Position{1, 5});
}

TEST_CASE("keys, policy and floor reach the replica") {
  Desk desk;
  desk.start(5, 100s);
  desk.get(FeedKeys{R"({"keys":[]})"}, 100s);
  desk.get(FeedPolicy{GateMode::best_effort, {1, 9}}, 100s);
  desk.get(FeedEntries{false, {}, "", {1, 3}}, 100s);
  CHECK(desk.replica.signing_keys == R"({"keys":[]})");
  CHECK(desk.replica.file().mode == GateMode::best_effort);
  CHECK(desk.replica.file().newest_stamp == Position{1, 9});
  CHECK(desk.replica.file().floor == Position{1, 3});
  CHECK(to_string(desk.follower.state()) == "following");
}

}  // namespace curfew
