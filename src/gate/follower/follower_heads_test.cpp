#include "gate/follower/test_desk.hpp"

namespace curfew {

TEST_CASE("a server whose journal ends before what the gate has is not followed") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 5, 60s), 100s);
  desk.get_entries(6, 6, 101s);
  const auto requests = all_of<LeaseRequest>(desk.follower.tick(at(140s)));
  REQUIRE(requests.size() == 1);
  desk.get(answer_to(requests[0].request, 8), 140s);  // signed: it has been that far
  desk.follower.disconnected();
  const GateHello said = desk.follower.connected(at(141s));
  CHECK(said.has == ChainMark{{1, 6}, "h6"});
  CHECK(said.head == head_of(8));
  const FollowerStep step = desk.get(hello({1, 7}, "x7", "h6"), 141s);
  REQUIRE(step.close.has_value());
  CHECK(step.close->retry() == Retry::after_human);
  CHECK(step.send.empty());
  CHECK(desk.follower.state() == FollowerState::diverged);
  REQUIRE(desk.follower.divergence().has_value());
  CHECK(desk.follower.divergence()->ours == Position{1, 8});
  CHECK(desk.follower.divergence()->theirs == ChainMark{{1, 7}, "x7"});
  CHECK(desk.follower.memory().newest.jws == head_of(8));
  // It goes on refusing what it knew, and gets no more leases.
  CHECK_FALSE(desk.accepts("user-6", 142s));
  CHECK(desk.accepts("somebody", 142s));
  CHECK_FALSE(desk.follower.next_due(142s).has_value());
  CHECK(desk.follower.tick(at(150s)).send.empty());
  CHECK_FALSE(desk.accepts("somebody", 160s));
}

TEST_CASE("a server with other entries where the gate has its own is not followed") {
  const auto greeted = [](Position head, std::string hash, std::string yours) {
    Desk desk;
    desk.start(5, 100s);
    desk.get_entries(6, 6, 101s);
    desk.connect(102s);
    return desk.get(hello(head, std::move(hash), std::move(yours)), 102s).close.has_value();
  };
  CHECK_FALSE(greeted({1, 9}, "h9", "h6"));
  CHECK_FALSE(greeted({1, 6}, "h6", "h6"));
  CHECK(greeted({1, 9}, "h9", "x6"));
  CHECK(greeted({1, 9}, "h9", ""));
  CHECK(greeted({1, 6}, "x6", "h6"));
}

TEST_CASE("entries of another journal end the following") {
  Desk desk;
  desk.start(5, 100s);
  desk.get_entries(6, 6, 101s);
  CHECK(desk.get(FeedEntries{false, {entry_of(6)}, head_of({1, 6}, "x6"), {}}, 102s)
            .close.has_value());
  CHECK(desk.follower.state() == FollowerState::diverged);
}

TEST_CASE("a new generation is followed from a snapshot, and ends a divergence") {
  Desk desk;
  desk.start(5, 100s);
  desk.connect(102s);
  CHECK(desk.get(hello({1, 3}, "x3"), 102s).close.has_value());
  desk.connect(103s);
  const std::int64_t request = asked(desk.get(hello({2, 1}, "f1"), 103s));
  CHECK(desk.follower.state() == FollowerState::following);
  CHECK_FALSE(desk.follower.divergence().has_value());
  desk.get(LeaseAnswer{request, {2, 1}, 10s, head_of({2, 1}, "f1")}, 103s);
  CHECK_FALSE(desk.follower.settled().is_set());
  // It breaks before the snapshot came: the same again.
  desk.connect(104s);
  CHECK_FALSE(desk.get(hello({2, 1}, "f1"), 104s).close.has_value());
  CHECK(desk.get_entries(6, 6, 104s).close.has_value());
  desk.connect(105s);
  desk.get(hello({2, 1}, "f1"), 105s);
  const FollowerStep step = desk.get(whole_snapshot({2, 1}, "f1"), 105s);
  CHECK(acknowledged(step) == Position{2, 1});
}

TEST_CASE("a head of before what is known says nothing, another one at the same place does") {
  const auto closes = [](std::uint64_t sequence, const std::string& hash) {
    Desk desk;
    const std::int64_t request = asked(desk.start(5, 100s));
    desk.get_entries(6, 7, 101s);
    const LeaseAnswer answer{request, {1, 5}, 10s, head_of({1, sequence}, hash)};
    return desk.get(answer, 101s).close.has_value();
  };
  CHECK_FALSE(closes(6, "h6"));
  CHECK_FALSE(closes(7, "h7"));
  CHECK_FALSE(closes(9, "h9"));
  CHECK(closes(7, "x7"));
  CHECK(closes(4, "h4"));  // not of before the position that the lease names
}

TEST_CASE("only what a signed head says is gone on from and acknowledged") {
  const auto refusal_of = [](const ServerMessage& message) {
    Desk desk;
    desk.start(5, 100s);
    const FollowerStep step = desk.get(message, 101s);
    REQUIRE(step.close.has_value());
    CHECK(step.send.empty());
    CHECK(desk.replica.contiguous() == Position{1, 5});
    CHECK(desk.follower.memory().applied == ChainMark{{1, 5}, "h5"});
    return step.close->message();
  };
  const auto entries_with = [](std::string head) {
    return FeedEntries{false, {entry_of(6)}, std::move(head), {}};
  };
  CHECK(refusal_of(entries_with("forged")) == "the server's head: not signed");
  CHECK(refusal_of(entries_with(head_of(7))) == "entries came with a head of another position");
  SnapshotPart part = whole_snapshot(9);
  part.head = "forged";
  CHECK(refusal_of(part) == "the server's head: not signed");
  part.head = head_of(8);
  CHECK(refusal_of(part) == "the snapshot came with a head of another position");
}

TEST_CASE("the newest signed head is shown, also one whose entries did not come") {
  Desk desk;
  desk.get(answer_to(asked(desk.start(5, 100s)), 9), 100s);
  CHECK(desk.follower.memory().newest == SignedHead{{{1, 9}, "h9"}, head_of(9)});
  desk.get_entries(6, 6, 101s);
  desk.follower.disconnected();
  const GateHello said = desk.connect(102s);
  CHECK(said.has == ChainMark{{1, 6}, "h6"});
  CHECK(said.head == head_of(9));
}

TEST_CASE("the same text is verified once") {
  Desk desk;
  const std::int64_t request = asked(desk.start(5, 100s));
  CHECK(desk.verified == 1);
  desk.get(answer_to(request, 5), 100s);
  CHECK(desk.verified == 1);
  desk.get_entries(6, 6, 101s);
  CHECK(desk.verified == 2);
}

TEST_CASE("a server that was shown its rollback by this gate is not followed") {
  Desk desk;
  desk.start(5, 100s);
  desk.connect(101s);
  const FollowerStep step = desk.get(FeedRefusal{"it was rolled back", true}, 101s);
  REQUIRE(step.close.has_value());
  CHECK(step.close->retry() == Retry::after_human);
  CHECK(desk.follower.state() == FollowerState::diverged);
  CHECK(desk.follower.divergence()->ours == Position{1, 5});
  CHECK_FALSE(desk.follower.divergence()->theirs.position.is_set());
  CHECK(desk.follower.memory().newest.jws == head_of(5));
}

TEST_CASE("a server greets once, in a version that was offered") {
  Desk desk;
  desk.start(5, 100s);
  CHECK(desk.get(hello({1, 5}, "h5"), 101s).close->message() == "the server greeted twice");
  desk.connect(102s);
  ServerHello later = hello({1, 5}, "h5", "h5");
  later.version = 2;
  CHECK(desk.get(later, 102s).close->retry() == Retry::never);
}

TEST_CASE("a restarted gate goes on from its file, without a lease") {
  Desk before;
  before.get(answer_to(asked(before.start(5, 100s)), 5, 60s), 100s);
  Desk after{before.replica.file(), before.follower.memory()};
  CHECK(after.follower.connected(at(101s)).has == ChainMark{{1, 5}, "h5"});
  CHECK_FALSE(after.accepts("somebody", 101s));
  CHECK(acknowledged(after.get(hello({1, 7}, "h7", "h5"), 101s)) == Position{1, 5});
  CHECK_FALSE(after.get_entries(6, 7, 101s).close.has_value());
}

TEST_CASE("a restarted gate whose memory is not of its file gets a snapshot") {
  Desk before;
  before.start(5, 100s);
  const FollowerMemory memory = before.follower.memory();
  before.get_entries(6, 6, 101s);
  Desk after{before.replica.file(), memory};
  CHECK(after.follower.connected(at(101s)).has == ChainMark{});
  // Yet a server that is behind the file is known for one.
  CHECK(after.get(hello({1, 5}, "h5"), 101s).close.has_value());
  CHECK(after.follower.state() == FollowerState::diverged);
}

TEST_CASE("nothing that the server says counts before its greeting, or with a forged one") {
  Desk desk;
  desk.connect(100s);
  CHECK(desk.get(whole_snapshot(9), 100s).close.has_value());
  CHECK_FALSE(desk.replica.contiguous().is_set());
  desk.connect(100s);
  const FollowerStep forged = desk.get(ServerHello{1, "node", {}, "forged", ""}, 100s);
  REQUIRE(forged.close.has_value());
  CHECK(forged.close->message() == "the server's head: not signed");
  desk.connect(100s);
  CHECK(desk.follower.next_due(100s) == 103s);
  CHECK_FALSE(desk.follower.tick(at(103s - 1ms)).close.has_value());
  CHECK(desk.follower.tick(at(103s)).close->code() == ErrorCode::timeout);
  desk.connect(104s);
  CHECK(desk.get(FeedRefusal{"the gate was removed"}, 104s).close->message() ==
        "the server refused: the gate was removed");
}

TEST_CASE("a server of a new generation is told what is blocked, if it asks") {
  Desk desk;
  desk.start(5, 100s);
  FeedEntries feed{false, {}, head_of(105), {}};
  for (std::uint64_t each = 6; each <= 105; ++each) {
    feed.entries.push_back(entry_of(each, each % 2 == 0 ? Effect::block : Effect::reauth));
  }
  desk.get(feed, 101s);
  desk.get(urgent(entry_of(108, Effect::block)), 101s);
  desk.connect(102s);
  CHECK(all_of<GateBlocks>(desk.get(hello({1, 105}, "h105", "h105"), 102s)).empty());
  desk.connect(103s);
  ServerHello asks = hello({2, 1}, "f1");
  asks.wants_blocks = true;
  const auto parts = all_of<GateBlocks>(desk.get(asks, 103s));
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].part == 0);
  CHECK_FALSE(parts[0].is_last);
  CHECK(parts[0].blocks.size() == gate_limits::kBlocksOfMessageMax);
  CHECK(parts[0].blocks[0] == GateBlock{{KeyKind::user, "user-6"}, {1, 6}});
  CHECK(parts[1].part == 1);
  CHECK(parts[1].is_last);
  CHECK(parts[1].blocks.size() == 51 - gate_limits::kBlocksOfMessageMax);
  CHECK(parts[1].blocks.back() == GateBlock{{KeyKind::user, "user-108"}, {1, 108}});
  desk.get(whole_snapshot({2, 1}, "f1"), 103s);
  CHECK(desk.follower.blocked().all().empty());
}

TEST_CASE("who has nothing blocked says so, for the server waits") {
  Desk desk;
  desk.start(5, 100s);
  desk.connect(101s);
  ServerHello asks = hello({2, 1}, "f1");
  asks.wants_blocks = true;
  const auto parts = all_of<GateBlocks>(desk.get(asks, 101s));
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].is_last);
  CHECK(parts[0].blocks.empty());
}

}  // namespace curfew
