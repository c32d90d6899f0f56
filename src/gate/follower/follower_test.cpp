#include "gate/follower/follower.hpp"

#include <doctest/doctest.h>

#include "gate/follower/test_map_replica.hpp"

namespace curfew {

namespace {

using namespace std::chrono_literals;

const TimePoint kWall = from_unix_millis(1'700'000'000'000);

GateTime at(Duration boot) { return {boot, kWall + boot}; }

std::string hash_at(std::uint64_t sequence) { return "h" + std::to_string(sequence); }

ReplicaEntry entry_of(std::uint64_t sequence, Effect effect = Effect::reauth,
                      std::string user = "") {
  if (user.empty()) user = "user-" + std::to_string(sequence);
  return {{KeyKind::user, std::move(user)}, effect, {1, sequence}, kWall, effect == Effect::block};
}

CredentialFacts credential_of(const std::string& user) {
  return {CredentialClass::access, {{1, 1}, {1, 1}}, kWall + 24h, {{KeyKind::user, user}}};
}

// One gate and what a server might say to it.
struct Desk {
  MapReplica replica;
  std::map<std::string, Greeting> signed_by_server;
  Follower follower;

  explicit Desk(MapReplica::File file = {}, FollowerMemory memory = {})
      : replica(std::move(file)),
        follower(
            {.instance = GateInstanceId{"instance-instance"}}, replica, std::move(memory),
            [this](std::string_view jws) -> Result<Greeting> {
              const auto found = signed_by_server.find(std::string{jws});
              if (found != signed_by_server.end()) return found->second;
              return Error::permanent(ErrorCode::unauthenticated, "not signed");
            },
            [] { return 0; }) {}

  ServerMessage hello(Position head, std::string hash, std::string yours = "") {
    const std::string jws = "signed-" + to_string(head) + hash + yours;
    Greeting greeting;
    greeting.head = {head, std::move(hash)};
    greeting.chain_hash_at_yours = std::move(yours);
    signed_by_server[jws] = greeting;
    return ServerHello{jws};
  }
  GateHello connect(Duration boot) { return follower.connected(at(boot)); }
  FollowerStep get(const ServerMessage& message, Duration boot) {
    return follower.received(message, at(boot));
  }
  FollowerStep get_entries(std::uint64_t first, std::uint64_t last, Duration boot) {
    FeedEntries feed{false, hash_at(last), {1, last}, {}, {}};
    for (std::uint64_t each = first; each <= last; ++each) feed.entries.push_back(entry_of(each));
    return get(feed, boot);
  }
  // Connected, greeted at the head, and a snapshot of it installed; all at `boot`.
  FollowerStep start(std::uint64_t head, Duration boot) {
    CHECK_FALSE(follower.connected(at(boot)).has.position.is_set());
    FollowerStep step = get(hello({1, head}, hash_at(head)), boot);
    const FollowerStep more =
        get(SnapshotPart{{{1, head}, hash_at(head)}, {}, {}, {1, head}, 0, true, {}}, boot);
    CHECK_FALSE(more.close.has_value());
    step.send.insert(step.send.end(), more.send.begin(), more.send.end());
    return step;
  }
  bool accepts(const std::string& user, Duration boot) const {
    return replica.accepts(credential_of(user), at(boot));
  }
};

template <typename Message>
std::vector<Message> all_of(const FollowerStep& step) {
  std::vector<Message> found;
  for (const GateMessage& message : step.send) {
    if (const auto* const one = std::get_if<Message>(&message)) found.push_back(*one);
  }
  return found;
}

std::int64_t asked(const FollowerStep& step) {
  const auto requests = all_of<LeaseRequest>(step);
  REQUIRE(requests.size() == 1);
  return requests[0].request;
}

Position acknowledged(const FollowerStep& step) {
  const auto acks = all_of<FeedAck>(step);
  return acks.empty() ? Position{} : acks.back().position;
}

}  // namespace

TEST_CASE("a gate that follows asks for a lease, counts it, and accepts") {
  Desk desk;
  const FollowerStep step = desk.start(5, 100s);
  CHECK_FALSE(desk.accepts("somebody", 100s));
  desk.get(LeaseAnswer{asked(step), {1, 5}, 10s}, 101s);
  CHECK(desk.accepts("somebody", 101s));
  CHECK(desk.follower.lease_end() == 110s);  // from when it was sent
  CHECK(desk.accepts("somebody", 110s - 1ms));
  CHECK_FALSE(desk.accepts("somebody", 110s));
}

TEST_CASE("a lease does not count before the position that it names is applied") {
  Desk desk;
  const std::int64_t request = asked(desk.start(5, 100s));
  desk.get(LeaseAnswer{request, {1, 7}, 10s}, 100s);
  CHECK_FALSE(desk.accepts("user-7", 100s));
  desk.get_entries(6, 6, 101s);
  CHECK_FALSE(desk.accepts("somebody", 101s));
  desk.get_entries(7, 7, 102s);
  CHECK(desk.accepts("somebody", 102s));
  CHECK_FALSE(desk.accepts("user-7", 102s));
}

TEST_CASE("a lease does not count before readers have closed what its position outdates") {
  Desk desk;
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 10s}, 100s);
  desk.replica.open(credential_of("user-6"), at(101s));
  desk.get_entries(6, 6, 102s);
  const auto requests = all_of<LeaseRequest>(desk.follower.tick(at(107s)));
  REQUIRE(requests.size() == 1);
  const FollowerStep step = desk.get(LeaseAnswer{requests[0].request, {1, 6}, 10s}, 107s);
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
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 10s}, 100s);
  const CredentialFacts credential = credential_of("somebody");
  CHECK(desk.replica.accepts(credential, {101s, kWall + 101s}));
  CHECK_FALSE(desk.replica.accepts(credential, {101s, kWall + 110s}));
}

TEST_CASE("the answer to a request that was given up counts for nothing") {
  Desk desk;
  const std::int64_t request = asked(desk.start(5, 100s));
  desk.follower.disconnected();
  const GateHello hello = desk.follower.connected(at(101s));
  CHECK(hello.has == ChainMark{{1, 5}, "h5"});
  const FollowerStep step = desk.get(desk.hello({1, 5}, "h5", "h5"), 101s);
  CHECK(asked(step) != request);
  desk.get(LeaseAnswer{request, {1, 5}, 10s}, 101s);
  CHECK_FALSE(desk.accepts("somebody", 101s));
  desk.get(LeaseAnswer{asked(step), {1, 5}, 10s}, 120s);  // it would have ended
  CHECK_FALSE(desk.accepts("somebody", 120s));
}

TEST_CASE("a lease is asked for again when a third is left, and not all the time") {
  Desk desk;
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 12s}, 100s);
  CHECK(desk.follower.next_due(100s) == 108s);
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(108s - 1ms))).empty());
  const std::int64_t second = asked(desk.follower.tick(at(108s)));
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(109s))).empty());
  asked(desk.follower.tick(at(110s)));  // no answer came
  desk.get(LeaseAnswer{second, {1, 5}, 12s}, 111s);
  CHECK(desk.follower.lease_end() == 120s);
  CHECK(desk.follower.next_due(111s) == 116s);
}

TEST_CASE("a gate that gets no answers does not ask without end") {
  Desk desk;
  asked(desk.start(5, 100s));
  std::size_t count = 1;
  for (Duration boot = 100s; boot < 110s; boot += 10ms) {
    count += all_of<LeaseRequest>(desk.follower.tick(at(boot))).size();
  }
  CHECK(count == gate_limits::kLeaseRequestsMax);
  CHECK(all_of<LeaseRequest>(desk.follower.tick(at(110s))).size() == 1);
}

TEST_CASE("an urgent entry is applied early, and does not move the position") {
  Desk desk;
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 10s}, 100s);
  CHECK(desk.accepts("user-8", 101s));
  const FollowerStep step =
      desk.get(FeedEntries{true, "", {1, 8}, {}, {entry_of(8, Effect::block)}}, 101s);
  CHECK_FALSE(desk.accepts("user-8", 101s));
  CHECK(acknowledged(step) == Position{});
  CHECK(desk.follower.settled() == Position{1, 5});
  CHECK(acknowledged(desk.get_entries(6, 8, 102s)) == Position{1, 8});
}

TEST_CASE("an unblock that comes in its turn does not undo a newer block that came early") {
  Desk desk;
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 10s}, 100s);
  CredentialFacts later = credential_of("u");
  later.stamps = {{1, 100}, {1, 100}};
  desk.get(FeedEntries{true, "", {1, 7}, {}, {entry_of(7, Effect::block, "u")}}, 101s);
  desk.get(FeedEntries{false, "h6", {1, 7}, {}, {entry_of(6, Effect::unblock, "u")}}, 101s);
  CHECK_FALSE(desk.replica.accepts(later, at(101s)));
  desk.get(FeedEntries{false,
                       "h8",
                       {1, 8},
                       {},
                       {entry_of(7, Effect::block, "u"), entry_of(8, Effect::unblock, "u")}},
           101s);
  CHECK(desk.replica.accepts(later, at(101s)));
  // What is there already is not applied again.
  desk.get(FeedEntries{true, "", {1, 8}, {}, {entry_of(7, Effect::block, "u")}}, 101s);
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

TEST_CASE("an acknowledgement that may be lost is said again over the next connection") {
  Desk desk;
  desk.start(5, 100s);
  desk.get_entries(6, 6, 101s);
  desk.connect(102s);
  CHECK(acknowledged(desk.get(desk.hello({1, 6}, "h6", "h6"), 102s)) == Position{1, 6});
}

TEST_CASE("an acknowledgement never goes back, even when a reader holds an older answer") {
  Desk desk;
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 10s}, 100s);
  desk.replica.open(credential_of("somebody"), at(100s));
  desk.get_entries(6, 6, 101s);
  desk.replica.close_outdated(at(101s));
  CHECK(acknowledged(desk.follower.tick(at(102s))) == Position{1, 6});
  desk.get_entries(7, 7, 103s);  // not judged by the reader
  desk.connect(104s);
  CHECK(acknowledged(desk.get(desk.hello({1, 7}, "h7", "h7"), 104s)) == Position{1, 6});
}

TEST_CASE("a snapshot counts when it is whole") {
  Desk desk;
  desk.connect(100s);
  desk.get(desk.hello({1, 9}, "h9"), 100s);
  SnapshotPart part{{{1, 9}, "h9"}, {}, {}, {1, 9}, 0, false, {entry_of(3)}};
  CHECK(acknowledged(desk.get(part, 100s)) == Position{});
  CHECK_FALSE(desk.follower.settled().is_set());
  part.part = 1;
  part.is_last = true;
  part.entries = {entry_of(8)};
  CHECK(acknowledged(desk.get(part, 100s)) == Position{1, 9});
  CHECK(desk.replica.file().table.size() == 2);
}

TEST_CASE("a part of a snapshot that is missing, or of another one, closes the connection") {
  SnapshotPart first{{{1, 9}, "h9"}, {}, {}, {1, 9}, 0, false, {}};
  SnapshotPart second = first;
  second.part = 2;
  SnapshotPart other{{{1, 10}, "h10"}, {}, {}, {1, 10}, 1, true, {}};
  for (const SnapshotPart& next : {second, other}) {
    Desk desk;
    desk.connect(100s);
    desk.get(desk.hello({1, 10}, "h10"), 100s);
    desk.get(first, 100s);
    const FollowerStep step = desk.get(next, 100s);
    REQUIRE(step.close.has_value());
    CHECK(step.close->message() == "a part of a snapshot is missing");
    CHECK_FALSE(desk.replica.contiguous().is_set());
  }
  Desk desk;
  desk.connect(100s);
  desk.get(desk.hello({1, 10}, "h10"), 100s);
  CHECK(desk.get_entries(1, 2, 100s).close.has_value());
}

TEST_CASE("a block that came early is in the snapshot that is installed after it") {
  Desk desk;
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 10s}, 100s);
  desk.get(FeedEntries{true, "", {1, 8}, {}, {entry_of(8, Effect::block)}}, 101s);
  desk.get(SnapshotPart{{{1, 7}, "h7"}, {}, {}, {1, 8}, 0, true, {}}, 101s);
  CHECK(desk.follower.settled() == Position{1, 7});
  CHECK_FALSE(desk.accepts("user-8", 101s));
  CHECK(desk.get(SnapshotPart{{{1, 6}, "h6"}, {}, {}, {1, 8}, 0, true, {}}, 101s)
            .close.has_value());  // nothing goes back
}

TEST_CASE("a server whose journal ends before what the gate has is not followed") {
  Desk desk;
  desk.get(LeaseAnswer{asked(desk.start(5, 100s)), {1, 5}, 60s}, 100s);
  desk.get(desk.hello({1, 8}, "h8"), 100s);  // signed: it has been that far
  desk.get_entries(6, 6, 101s);
  const GateHello hello = [&] {
    desk.follower.disconnected();
    return desk.follower.connected(at(102s));
  }();
  CHECK(hello.greeting == "signed-1.8h8");
  const FollowerStep step = desk.get(desk.hello({1, 7}, "x7", "h6"), 102s);
  REQUIRE(step.close.has_value());
  CHECK(step.close->retry() == Retry::after_human);
  CHECK(step.send.empty());
  CHECK(desk.follower.state() == FollowerState::diverged);
  REQUIRE(desk.follower.divergence().has_value());
  CHECK(desk.follower.divergence()->ours == Position{1, 8});
  CHECK(desk.follower.divergence()->theirs == ChainMark{{1, 7}, "x7"});
  CHECK(desk.follower.divergence()->proof == "signed-1.8h8");
  // It goes on refusing what it knew, and gets no more leases.
  CHECK_FALSE(desk.accepts("user-6", 103s));
  CHECK(desk.accepts("somebody", 103s));
  CHECK_FALSE(desk.follower.next_due(103s).has_value());
  CHECK(desk.follower.tick(at(150s)).send.empty());
  CHECK_FALSE(desk.accepts("somebody", 160s));
}

TEST_CASE("a server with other entries where the gate has its own is not followed") {
  const auto greeted = [](Position head, std::string hash, std::string yours) {
    Desk desk;
    desk.start(5, 100s);
    desk.get_entries(6, 6, 101s);
    desk.connect(102s);
    return desk.get(desk.hello(head, std::move(hash), std::move(yours)), 102s).close.has_value();
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
  CHECK(desk.get(FeedEntries{false, "x6", {1, 6}, {}, {entry_of(6)}}, 102s).close.has_value());
  CHECK(desk.follower.state() == FollowerState::diverged);
}

TEST_CASE("a new generation is followed from a snapshot, and ends a divergence") {
  Desk desk;
  desk.start(5, 100s);
  desk.connect(102s);
  CHECK(desk.get(desk.hello({1, 3}, "x3"), 102s).close.has_value());
  desk.connect(103s);
  const std::int64_t request = asked(desk.get(desk.hello({2, 1}, "f1"), 103s));
  CHECK(desk.follower.state() == FollowerState::following);
  CHECK_FALSE(desk.follower.divergence().has_value());
  desk.get(LeaseAnswer{request, {2, 1}, 10s}, 103s);
  CHECK_FALSE(desk.follower.settled().is_set());
  // It breaks before the snapshot came: the same again.
  desk.connect(104s);
  CHECK_FALSE(desk.get(desk.hello({2, 1}, "f1"), 104s).close.has_value());
  CHECK(desk.get_entries(6, 6, 104s).close.has_value());
  desk.connect(105s);
  desk.get(desk.hello({2, 1}, "f1"), 105s);
  const FollowerStep step =
      desk.get(SnapshotPart{{{2, 1}, "f1"}, {}, {}, {2, 1}, 0, true, {}}, 105s);
  CHECK(acknowledged(step) == Position{2, 1});
}

TEST_CASE("an earlier greeting that comes late says nothing") {
  Desk desk;
  desk.start(5, 100s);
  desk.get_entries(6, 6, 101s);
  CHECK_FALSE(desk.get(desk.hello({1, 5}, "h5"), 101s).close.has_value());
  CHECK(desk.get(desk.hello({1, 6}, "x6"), 101s).close.has_value());
}

TEST_CASE("a restarted gate goes on from its file, without a lease") {
  Desk before;
  before.get(LeaseAnswer{asked(before.start(5, 100s)), {1, 5}, 60s}, 100s);
  Desk after{before.replica.file(), before.follower.memory()};
  CHECK(after.follower.connected(at(101s)).has == ChainMark{{1, 5}, "h5"});
  CHECK_FALSE(after.accepts("somebody", 101s));
  CHECK(acknowledged(after.get(after.hello({1, 7}, "h7", "h5"), 101s)) == Position{1, 5});
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
  CHECK(after.get(after.hello({1, 5}, "h5"), 101s).close.has_value());
  CHECK(after.follower.state() == FollowerState::diverged);
}

TEST_CASE("nothing that the server says counts before its greeting, or with a forged one") {
  Desk desk;
  desk.connect(100s);
  CHECK(
      desk.get(SnapshotPart{{{1, 9}, "h9"}, {}, {}, {1, 9}, 0, true, {}}, 100s).close.has_value());
  CHECK_FALSE(desk.replica.contiguous().is_set());
  desk.connect(100s);
  const FollowerStep forged = desk.get(ServerHello{"forged"}, 100s);
  REQUIRE(forged.close.has_value());
  CHECK(forged.close->message() == "the server's greeting: not signed");
  desk.connect(100s);
  CHECK(desk.follower.next_due(100s) == 103s);
  CHECK_FALSE(desk.follower.tick(at(103s - 1ms)).close.has_value());
  CHECK(desk.follower.tick(at(103s)).close->code() == ErrorCode::timeout);
  desk.connect(104s);
  CHECK(desk.get(FeedRefusal{"the gate was removed"}, 104s).close->message() ==
        "the server refused: the gate was removed");
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

TEST_CASE("keys, policy, floor and newest reach the replica") {
  Desk desk;
  desk.start(5, 100s);
  desk.get(FeedKeys{R"({"keys":[]})"}, 100s);
  desk.get(FeedPolicy{false}, 100s);
  desk.get(FeedEntries{false, "", {1, 9}, {1, 3}, {}}, 100s);
  CHECK(desk.replica.signing_keys == R"({"keys":[]})");
  CHECK_FALSE(desk.replica.file().is_strict);
  CHECK(desk.replica.file().newest == Position{1, 9});
  CHECK(desk.replica.file().floor == Position{1, 3});
  CHECK(to_string(desk.follower.state()) == "following");
}

}  // namespace curfew
