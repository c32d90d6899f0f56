// tests/fuzz/fuzz_gate_message.cpp: messages of the gate protocol, both ways, and what a gate and a
// server do with them.
//
// The first byte says what the rest is: messages for a gate (g), or for a server (any other), one a
// line; or the claims of a head (h). Heads in messages that are claims too are signed here.
//
// Covers: gate/feed/message.cpp gate/feed/fields.cpp gate/feed/hello_outcome.cpp
//   gate/feed/signed_head.cpp gate/feed/handed_blocks.cpp gate/follower/follower.cpp
//   gate/follower/blocked_names.cpp gate/ledger/lease_ledger.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "gate/feed/handed_blocks.hpp"
#include "gate/feed/hello_outcome.hpp"
#include "gate/feed/message.hpp"
#include "gate/feed/signed_head.hpp"
#include "gate/follower/follower.hpp"
#include "gate/follower/test_map_replica.hpp"
#include "gate/ledger/lease_ledger.hpp"
#include "tests/fuzz/signing.hpp"

using namespace curfew;
using fuzz::keys;
using fuzz::signer;
using namespace std::chrono_literals;

namespace {

// Read, written, read again: the same.
template <typename Message>
void check_round(const Message& message, Result<Message> (*read)(std::string_view)) {
  const std::string text = to_json(message);
  const Result<Message> again = read(text);
  CURFEW_CHECK(again.ok() && to_json(*again) == text);
}

constexpr std::string_view kIssuer = "https://id";

Result<ChainMark> read_signed(std::string_view claims, std::string_view typ = kSignedHeadType) {
  return verify_head(signer().sign(typ, claims).value(), keys(), kIssuer);
}

// Claims are signed, and verified as any head. "7.1042 hash" is one by the same rules without the
// time that a signature takes. Nothing else can be a head: its signature would have to be guessed.
Result<ChainMark> read_head(std::string_view text) {
  if (text.starts_with('{')) return read_signed(text);
  const auto words = split_words(text);
  const auto position = words.empty() ? std::nullopt : parse_position(words[0]);
  const std::string hash = words.size() > 1 ? words[1] : "";
  const bool is_mark = position && position->is_set() &&
                       (position->sequence != 0) != hash.empty() &&
                       hash.size() <= gate_limits::kChainHashBytesMax;
  if (is_mark) return ChainMark{*position, hash};
  return Error::permanent(ErrorCode::unauthenticated, "not signed");
}

// A head is what was signed as one, and says one thing.
void check_head(std::string_view text) {
  CURFEW_CHECK(!verify_head(text, keys(), kIssuer).ok());
  CURFEW_CHECK(!read_signed(text, "at+jwt").ok());
  const auto mark = read_signed(text);
  if (!mark.ok()) return;
  CURFEW_CHECK(mark->position.is_set());
  CURFEW_CHECK((mark->position.sequence != 0) != mark->chain_hash.empty());
  CURFEW_CHECK(mark->chain_hash.size() <= gate_limits::kChainHashBytesMax);
  const auto again = sign_head(kIssuer, *mark, signer());
  CURFEW_CHECK(again.ok());
  const auto read = verify_head(again->jws, keys(), kIssuer);
  CURFEW_CHECK(read.ok() && *read == *mark);
}

// Whatever a server says: nothing goes back, and nothing is acknowledged that is not settled and
// covered by a head.
void be_a_gate(const std::vector<std::string_view>& lines) {
  MapReplica replica;
  Follower follower{
      {.instance = GateInstanceId{"instance-instance"}}, replica, {}, read_head, [] { return 1; }};
  Duration boot = 1000s;
  GateHello hello = follower.connected({boot, TimePoint{boot}});
  Position acknowledged;
  for (const std::string_view line : lines) {
    const auto message = read_server_message(line);
    if (!message.ok()) continue;
    check_round<ServerMessage>(*message, read_server_message);
    boot += 100ms;
    const Position before = replica.contiguous();
    const Position newest_before = follower.memory().newest.mark.position;
    const FollowerStep step = follower.received(*message, {boot, TimePoint{boot}});
    const FollowerMemory& memory = follower.memory();
    CURFEW_CHECK(replica.contiguous() >= before);
    CURFEW_CHECK(memory.newest.mark.position >= newest_before);
    CURFEW_CHECK(memory.applied.position <= memory.newest.mark.position);
    CURFEW_CHECK(follower.lease_end() <= boot + gate_limits::kLeaseTimeMax);
    for (const GateMessage& sent : step.send) {
      check_round<GateMessage>(sent, read_gate_message);
      const auto* const ack = std::get_if<FeedAck>(&sent);
      if (ack == nullptr) continue;
      CURFEW_CHECK(ack->position >= acknowledged && ack->position <= memory.applied.position);
      acknowledged = ack->position;
    }
    if (step.close) hello = follower.connected({boot, TimePoint{boot}});
  }
  CURFEW_CHECK(read_gate_message(to_json(GateMessage{hello})).ok());
}

// The server of the journal 1.1 to 1.head with the chain hashes "h1", "h2" ...
struct Journal {
  std::uint64_t head = 5;

  [[nodiscard]] std::optional<std::string> hash_at(Position position) const {
    const bool is_there =
        position.generation == 1 && position.sequence > 0 && position.sequence <= head;
    return is_there ? std::optional{"h" + std::to_string(position.sequence)} : std::nullopt;
  }
};

// Only what was signed proves anything, and nothing of another journal is gone on from.
void check_hello(const GateHello& hello, const Journal& journal) {
  const auto verified = read_head(hello.head);
  std::optional<ChainMark> shown;
  if (verified.ok()) shown = *verified;
  const HelloOutcome outcome =
      judge_hello(hello.has, shown,
                  {{1, journal.head},
                   {1, 2},
                   journal.hash_at(hello.has.position),
                   shown ? journal.hash_at(shown->position) : std::nullopt});
  CURFEW_CHECK(outcome.start != FeedStart::rollback_proved || shown.has_value());
  const bool goes_on = outcome.start == FeedStart::position;
  CURFEW_CHECK(!goes_on || journal.hash_at(hello.has.position) == hello.has.chain_hash);
  CURFEW_CHECK(!outcome.hands_over_blocks);  // there is no older generation than 1
}

// What a gate hands over comes in its order, each key once, and is of an older generation; where
// nothing is proved of a lost journal, nothing is taken for lost.
void check_blocks(const GateBlocks& part, HandedBlocks& handed) {
  constexpr std::uint64_t kGeneration = 9;
  if (!handed.add(part, kGeneration).ok()) {
    handed = {};
    return;
  }
  const auto& all = handed.all();
  const auto is_before = [](const GateBlock& a, const GateBlock& b) {
    return a.position < b.position;
  };
  CURFEW_CHECK(std::ranges::is_sorted(all, is_before));
  CURFEW_CHECK(all.empty() || all.back().position.generation < kGeneration);
  for (const GateBlock& block : part.blocks) {
    const auto is_same = [&](const GateBlock& other) { return other.key == block.key; };
    CURFEW_CHECK(std::ranges::count_if(all, is_same) == 1);
    CURFEW_CHECK(judge_claim(block, {}, {}) == BlockClaim::unproved);
    const LostJournal lost{.shown = {1, 5}, .restored_head = {1, 3}};
    const BlockClaim claim = judge_claim(block, {}, lost);
    CURFEW_CHECK(claim != BlockClaim::lost || block.position > lost.restored_head);
    CURFEW_CHECK(claim != BlockClaim::lost || block.position.generation == 1);
  }
  CURFEW_CHECK(all.size() <=
               std::size_t{gate_limits::kBlockPartsMax} * gate_limits::kBlocksOfMessageMax);
}

// Whatever a gate says: only what was sent and acknowledged, or a lease's end, is complete.
void be_a_server(const std::vector<std::string_view>& lines) {
  const AppId gate{"gate"};
  LeaseLedger ledger{{}, 0s};
  CURFEW_CHECK(ledger.add_gate(gate, true, GateOrigin::enrolled_now).ok());
  Duration now = 20s;
  Journal journal;
  FeedConnection connection = 0;
  HandedBlocks handed;
  for (const std::string_view line : lines) {
    const auto message = read_gate_message(line);
    if (!message.ok()) continue;
    check_round<GateMessage>(*message, read_gate_message);
    now += 100ms;
    if (const auto* const hello = std::get_if<GateHello>(&*message)) {
      CURFEW_CHECK(agreed_version(*hello).ok() == (std::ranges::count(hello->versions, 1) != 0));
      check_hello(*hello, journal);
      const auto connected = ledger.connect(gate, hello->instance, hello->has.position, now);
      if (connected.ok()) connection = connected->connection;
    } else if (const auto* const request = std::get_if<LeaseRequest>(&*message)) {
      const auto reader = [&] { return std::optional{Position{1, journal.head}}; };
      const auto answer = ledger.grant(connection, *request, reader, now);
      const Position next{1, journal.head + 1};
      const bool is_complete = ledger.is_complete(gate, next, now);
      CURFEW_CHECK(!answer.ok() || !is_complete || ledger.view(gate)->acknowledged >= next);
      ledger.sent(connection, {1, ++journal.head});
    } else if (const auto* const ack = std::get_if<FeedAck>(&*message)) {
      const Status done = ledger.acknowledge(connection, ack->position, now);
      CURFEW_CHECK(!done.ok() || ledger.view(gate)->connected > 0);
    } else if (const auto* const blocks = std::get_if<GateBlocks>(&*message)) {
      check_blocks(*blocks, handed);
    }
    ledger.forget_ended(now);
  }
  CURFEW_CHECK(ledger.view(gate)->instances <= gate_limits::kInstancesOfGateMax);
  CURFEW_CHECK(ledger.completeness(gate, {9, 1}, now + 60s).is_complete);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto lines = split(text.substr(1), '\n');
  if (text.front() == 'g') {
    be_a_gate(lines);
  } else if (text.front() == 'h') {
    check_head(text.substr(1));
  } else {
    be_a_server(lines);
  }
  return 0;
}
