#include "gate/feed/message.hpp"

#include <doctest/doctest.h>

#include "gate/feed/gate_limits.hpp"

namespace curfew {

namespace {

ReplicaEntry entry_at(std::uint64_t sequence, Effect effect) {
  return {{KeyKind::user, "user-" + std::to_string(sequence)},
          effect,
          {1, sequence},
          from_unix_millis(1'700'000'000'000),
          effect == Effect::block};
}

// Whatever is written is read again, and written the same.
void check_round(const ServerMessage& message) {
  const std::string text = to_json(message);
  const auto read = read_server_message(text);
  REQUIRE(read.ok());
  CHECK(read->index() == message.index());
  CHECK(to_json(*read) == text);
}

void check_round(const GateMessage& message) {
  const std::string text = to_json(message);
  const auto read = read_gate_message(text);
  REQUIRE(read.ok());
  CHECK(read->index() == message.index());
  CHECK(to_json(*read) == text);
}

std::string server_error(std::string_view text) {
  const auto read = read_server_message(text);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().retry() == Retry::never);
  return read.error().message();
}

std::string gate_error(std::string_view text) {
  const auto read = read_gate_message(text);
  REQUIRE_FALSE(read.ok());
  return read.error().message();
}

std::string feed_of(std::string_view rest) {
  return R"({"type":"entries","floor":"0.0",)" + std::string{rest} + "}";
}

std::string entry_json(std::string_view position, std::string_view effect = "reauth") {
  return R"({"position":")" + std::string{position} + R"(","kind":"user","id":"u","effect":")" +
         std::string{effect} + R"(","at":1})";
}

}  // namespace

TEST_CASE("every message of the gate protocol is read as it was written") {
  check_round(ServerMessage{ServerHello{1, "node-1", {1, 2}, "a.b.c", "hash"}});
  check_round(ServerMessage{ServerHello{2, "", {}, "a.b.c", "", true}});
  SnapshotPart part{{1, 9}, {1, 2}, from_unix_millis(5),         {}, 0,
                    false,  "",     {entry_at(4, Effect::block)}};
  check_round(ServerMessage{part});
  part = {{1, 9}, {1, 2}, from_unix_millis(5), {1, 9}, 3, true, "a.b.c", {}};
  check_round(ServerMessage{part});
  check_round(ServerMessage{FeedEntries{
      false, {entry_at(8, Effect::unblock), entry_at(9, Effect::reauth)}, "a.b.c", {1, 2}}});
  check_round(ServerMessage{FeedEntries{true, {entry_at(9, Effect::block)}, "", {}}});
  check_round(ServerMessage{FeedEntries{false, {}, "", {1, 3}}});
  check_round(ServerMessage{
      FeedEntries{false, {entry_at(9, Effect::reauth)}, "a.b.c", {1, 2}, Duration{40}}});
  check_round(ServerMessage{LeaseAnswer{7, {1, 9}, Duration{10'000}, "a.b.c"}});
  check_round(ServerMessage{FeedKeys{R"({"keys":[]})"}});
  check_round(ServerMessage{FeedPolicy{GateMode::strict, {}}});
  check_round(ServerMessage{FeedPolicy{GateMode::best_effort, {1, 7}}});
  check_round(ServerMessage{FeedRefusal{"the gate was removed"}});
  check_round(ServerMessage{FeedRefusal{"it was rolled back", true}});
  check_round(GateMessage{
      GateHello{{1, 2}, GateInstanceId{"instance-instance"}, {{1, 9}, "hash"}, "a.b.c"}});
  check_round(GateMessage{GateHello{{1}, GateInstanceId{"instance-instance"}, {}, ""}});
  check_round(GateMessage{GateBlocks{2, true, {{{KeyKind::user, "u"}, {1, 4}}}}});
  check_round(GateMessage{GateBlocks{0, false, {}}});
  check_round(GateMessage{LeaseRequest{12}});
  check_round(GateMessage{FeedAck{{1, 12}}});
  check_round(GateMessage{LeaseRequest{12, true}});
  check_round(GateMessage{FeedAck{{1, 12}, true}});
  GateHello hello{{1}, GateInstanceId{"instance-instance"}, {}, ""};
  for (const std::optional<bool> said : {std::optional<bool>{}, std::optional{true}}) {
    hello.has_uncut_requests = said;
    check_round(GateMessage{hello});
  }
  hello.program_version = "1.2.3~rc1+deb12_u1-AZ";
  check_round(GateMessage{hello});
}

TEST_CASE("a gate may say which version it is, in characters that are nothing but text") {
  const std::string hello =
      R"({"type":"hello","versions":[1],"instance":"instance-instance","position":"0.0",)"
      R"("chain_hash":"","head":"")";
  const auto read = [&](const std::string& version) {
    return read_gate_message(hello + R"(,"program_version":)" + version + "}");
  };
  const auto before = read_gate_message(hello + "}");
  REQUIRE(before.ok());
  CHECK(std::get<GateHello>(*before).program_version.empty());
  const std::string longest(gate_limits::kProgramVersionBytesMax, '9');
  const auto said = read('"' + longest + '"');
  REQUIRE(said.ok());
  CHECK(std::get<GateHello>(*said).program_version == longest);
  for (const std::string version :
       {R"("")", R"("1 2")", R"("<b>")", R"("1\u001b[2J")", R"("1\u0000")", R"("1.0\n")",
        R"("\u00e4")", R"("a/b")", "7", "[]"}) {
    CAPTURE(version);
    CHECK_FALSE(read(version).ok());
  }
  CHECK_FALSE(read('"' + longest + "9\"").ok());
}

TEST_CASE("a gate of before says nothing of requests that go on, and that is not a no") {
  const std::string hello =
      R"({"type":"hello","versions":[1],"instance":"instance-instance","position":"0.0",)"
      R"("chain_hash":"","head":"")";
  const auto said = [&](const std::string& more) {
    const auto read = read_gate_message(hello + more + "}");
    REQUIRE(read.ok());
    return std::get<GateHello>(*read).has_uncut_requests;
  };
  CHECK_FALSE(said("").has_value());
  CHECK(said(R"(,"has_uncut_requests":false)") == false);
  CHECK(said(R"(,"has_uncut_requests":true)") == true);
  CHECK_FALSE(read_gate_message(hello + R"(,"has_uncut_requests":1})").ok());
}

TEST_CASE("a message of the gate protocol looks as it is documented") {
  CHECK(to_json(ServerMessage{FeedEntries{false, {entry_at(9, Effect::block)}, "a.b.c", {1, 2}}}) ==
        R"({"type":"entries","entries":[{"position":"1.9","kind":"user","id":"user-9",)"
        R"("effect":"block","at":1700000000000,"is_blocked_after":true}],"head":"a.b.c",)"
        R"("floor":"1.2"})");
  CHECK(to_json(ServerMessage{LeaseAnswer{7, {1, 9}, Duration{10'000}, "a.b.c"}}) ==
        R"({"type":"lease","request":7,"position":"1.9","duration":10000,"head":"a.b.c"})");
  CHECK(to_json(ServerMessage{FeedPolicy{}}) ==
        R"({"type":"policy","mode":"strict","newest_stamp":"0.0"})");
  CHECK(to_json(GateMessage{GateBlocks{0, true, {{{KeyKind::user, "u"}, {1, 4}}}}}) ==
        R"({"type":"blocks","part":0,"is_last":true,"blocks":[{"kind":"user","id":"u",)"
        R"("position":"1.4"}]})");
  CHECK(to_json(GateMessage{FeedAck{{1, 12}}}) == R"({"type":"ack","position":"1.12"})");
}

TEST_CASE("members that a reader does not know are ignored, unknown types are not") {
  CHECK(read_gate_message(R"({"type":"ack","position":"1.2","color":{"a":[1]}})").ok());
  CHECK(gate_error(R"({"type":"dance"})").starts_with("the message has a type that version 1"));
  CHECK(read_gate_message(R"({"type":"dance"})").error().code() == ErrorCode::protocol);
  CHECK(server_error(R"({"type":"ack","position":"1.2"})").starts_with("the message has a type"));
  CHECK(gate_error("{}") == "type is missing");
  CHECK(gate_error("[]").find("object") != std::string::npos);
}

TEST_CASE("an entry that is not understood is an error: what it outdates would live on") {
  const std::string kind =
      R"("head":"h","entries":[{"position":"1.1","kind":"galaxy","id":"x","effect":"block","at":1}])";
  CHECK(server_error(feed_of(kind)) ==
        "message entries: kind is none that this version knows: update the gate");
  const std::string effect = R"("head":"h","entries":[)" + entry_json("1.1", "melt") + "]";
  CHECK(server_error(feed_of(effect)) ==
        "message entries: effect is none that this version knows: update the gate");
  const std::string unset = R"("head":"h","entries":[)" + entry_json("0.0") + "]";
  CHECK(server_error(feed_of(unset)) ==
        "message entries: position is 0.0, where a real position is needed");
}

TEST_CASE("entries in order have no gap, urgent ones no unblock") {
  const auto list = [](std::string_view one, std::string_view two, std::string_view effect) {
    return R"("entries":[)" + entry_json(one) + "," + entry_json(two, effect) + "]";
  };
  const std::string hash = R"("head":"h",)";
  const std::string urgent = R"("is_urgent":true,"head":"",)";
  CHECK(read_server_message(feed_of(hash + list("1.1", "1.2", "unblock"))).ok());
  CHECK(server_error(feed_of(hash + list("1.1", "1.3", "block"))) ==
        "message entries: entries has a gap");
  CHECK(server_error(feed_of(hash + list("1.2", "1.1", "block"))) ==
        "message entries: entries is not in the order of positions");
  CHECK(server_error(feed_of(hash + list("1.1", "2.1", "block"))) ==
        "message entries: entries has a gap");
  CHECK(read_server_message(feed_of(urgent + list("1.1", "1.3", "block"))).ok());
  CHECK(server_error(feed_of(urgent + list("1.1", "1.3", "unblock"))) ==
        "message entries: entries has an unblock ahead of its turn");
}

TEST_CASE("a head is where the protocol has one, and nowhere else") {
  const std::string entries = R"("entries":[)" + entry_json("1.1") + "]";
  CHECK(server_error(feed_of(R"("head":"",)" + entries)) == "message entries: head is empty");
  CHECK(server_error(feed_of(R"("is_urgent":true,"head":"h",)" + entries)) ==
        "message entries: head is where none belongs");
  CHECK(server_error(feed_of(R"("head":"h","entries":[])")) ==
        "message entries: head is where none belongs");
  const auto snapshot = [](std::string_view rest) {
    return R"({"type":"snapshot","position":"1.9","floor":"0.0","floor_at":0,)"
           R"("newest_stamp":"0.0","part":0,"entries":[],)" +
           std::string{rest} + "}";
  };
  CHECK(read_server_message(snapshot(R"("is_last":true,"head":"h")")).ok());
  CHECK(server_error(snapshot(R"("is_last":true,"head":"")")) == "message snapshot: head is empty");
  CHECK(server_error(snapshot(R"("is_last":false,"head":"h")")) ==
        "message snapshot: head is where none belongs");
  CHECK(server_error(R"({"type":"lease","request":1,"position":"1.1","duration":1,"head":""})") ==
        "message lease: head is empty");
}

TEST_CASE("sizes over the limits of the gate protocol are refused by name") {
  const std::string longest(gate_limits::kKeyIdBytesMax, 'x');
  const auto with_id = [](const std::string& id) {
    return feed_of(R"("head":"h","entries":[{"position":"1.1","kind":"user","id":")" + id +
                   R"(","effect":"block","at":1}])");
  };
  CHECK(read_server_message(with_id(longest)).ok());
  CHECK(server_error(with_id(longest + "x")) ==
        "message entries: id has 513 bytes; it must have 1 to 512");
  CHECK(server_error(with_id("")) == "message entries: id has 0 bytes; it must have 1 to 512");

  FeedEntries many{false, {}, "h", {}};
  for (std::uint64_t at = 1; at <= gate_limits::kEntriesOfMessageMax; ++at) {
    many.entries.push_back(entry_at(at, Effect::reauth));
  }
  CHECK(read_server_message(to_json(ServerMessage{many})).ok());
  many.entries.push_back(entry_at(gate_limits::kEntriesOfMessageMax + 1, Effect::reauth));
  CHECK(server_error(to_json(ServerMessage{many})) ==
        "message entries: entries has more than 4096 objects");
  GateBlocks blocks{0, true, {}};
  // The longest that there are, in the characters that take most.
  const std::string worst(gate_limits::kKeyIdBytesMax, '\x01');
  blocks.blocks.assign(gate_limits::kBlocksOfMessageMax, {{KeyKind::user, worst}, {1, 1}});
  CHECK(read_gate_message(to_json(GateMessage{blocks})).ok());
  blocks.blocks.push_back({{KeyKind::user, "u"}, {1, 1}});
  CHECK(gate_error(to_json(GateMessage{blocks})) ==
        "message blocks: blocks has more than 32 objects");

  CHECK(server_error(R"({"type":"lease","request":1,"position":"1.1","duration":60001})") ==
        "message lease: duration is not between 1 and 60000 milliseconds");
  CHECK(server_error(R"({"type":"lease","request":-1,"position":"1.1","duration":1})") ==
        "message lease: request is negative");
  CHECK(gate_error(std::string(gate_limits::kFromGateBytesMax + 1, ' ')).find("bytes") !=
        std::string::npos);
  CHECK(gate_error(R"({"type":"hello","versions":[1],"instance":"short","position":"0.0",)"
                   R"("chain_hash":"","head":""})") ==
        "message hello: instance has 5 bytes; it must have 16 to 64");
}

TEST_CASE("a position is claimed with the chain hash there, or not at all") {
  const auto hello = [](std::string_view position, std::string_view hash) {
    return R"({"type":"hello","versions":[1],"instance":"instance-instance","head":"",)"
           R"("position":")" +
           std::string{position} + R"(","chain_hash":")" + std::string{hash} + "\"}";
  };
  CHECK(read_gate_message(hello("1.5", "h")).ok());
  CHECK(read_gate_message(hello("0.0", "")).ok());
  CHECK(read_gate_message(hello("1.0", "")).ok());
  for (const auto& [position, hash] :
       {std::pair{"1.5", ""}, std::pair{"0.0", "h"}, std::pair{"1.0", "h"}}) {
    CHECK(gate_error(hello(position, hash)) ==
          "message hello: chain_hash must be there exactly if the journal has an entry at "
          "position");
  }
}

TEST_CASE("two sides without a common version say which of them to update") {
  GateHello hello{{3, 1, 2}, GateInstanceId{"i"}, {}, ""};
  CHECK(agreed_version(hello).value() == 1);
  hello.versions = {2, 3};
  CHECK(agreed_version(hello).error().message().ends_with("update the server"));
  hello.versions = {0, -1};
  CHECK(agreed_version(hello).error().message().ends_with("update the gate"));
}

TEST_CASE("an acknowledgement is read the same however it is written") {
  const auto position_of = [](std::string_view text) {
    const auto read = read_gate_message(text);
    REQUIRE(read.ok());
    return std::get<FeedAck>(*read).position;
  };
  CHECK(position_of(R"({"type":"ack","position":"7.1042"})") == Position{7, 1042});
  CHECK(position_of(R"({"type": "ack", "position": "7.1042"})") == Position{7, 1042});
  CHECK(position_of(R"({"position":"7.1042","type":"ack"})") == Position{7, 1042});
  CHECK(position_of(R"({"type":"ack","position":"\u0037.1042"})") == Position{7, 1042});
  CHECK(position_of(R"({"type":"ack","position":"0.0"})") == Position{});
  for (const std::string_view text :
       {R"({"type":"ack","position":""})", R"({"type":"ack","position":"1.02"})",
        R"({"type":"ack","position":"1.2","x":"})", R"({"type":"ack","position":"}","x":""})",
        R"({"type":"ack","position":"1.2"}})", R"({"type":"ack","position":"})"}) {
    CAPTURE(text);
    CHECK_FALSE(read_gate_message(text).ok());
  }
  CHECK(gate_error(R"({"type":"ack","position":"1"})") ==
        "message ack: position is not a position such as \"1.42\"");
}

TEST_CASE("how far apart acknowledgements may be has a limit, and need not be said") {
  const std::string entries = R"("head":"a.b.c","entries":[)" + entry_json("1.1") + "]";
  const auto read = read_server_message(feed_of(entries));
  REQUIRE(read.ok());
  CHECK(std::get<FeedEntries>(*read).ack_pause == Duration{0});
  for (const std::string_view pause : {"-1", "101", "1e9", "\"20\""}) {
    CAPTURE(pause);
    server_error(feed_of(R"("ack_pause":)" + std::string{pause} + "," + entries));
  }
}

}  // namespace curfew
