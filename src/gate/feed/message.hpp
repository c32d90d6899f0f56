// gate/feed/message.hpp: the messages of `curfew.gate.v1` between server and gate, as JSON.
//
// Each is one WebSocket text message: an object whose `type` says which. Positions are strings
// ("7.1042"), times milliseconds since 1970, durations milliseconds. Members that a reader does not
// know are ignored, so that a version can grow; a `type` it does not know is an error, because a
// newer one is only sent after a version that has it was agreed on. Readers refuse whatever is over
// gate/feed/gate_limits.hpp; errors name the member and never quote the message.
//
// The gate speaks first. What the messages oblige to is at LeaseLedger (server) and Follower
// (gate).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "gate/replica/entry.hpp"
#include "model/position.hpp"

namespace curfew {

inline constexpr std::string_view kGateProtocol = "curfew.gate.v1";  // the WebSocket's subprotocol
inline constexpr std::int64_t kGateProtocolVersion = 1;

// One start of a gate process; random, never stored.
using GateInstanceId = Id<struct GateInstanceTag>;

// A position with the journal's chain hash there: it tells one journal from another of the same
// length. No hash where there is no entry: nothing is set, or the sequence is 0.
struct ChainMark {
  Position position;
  std::string chain_hash;

  friend bool operator==(const ChainMark&, const ChainMark&) = default;
};

// Server -> gate.

// The signed greeting (gate/feed/greeting.hpp). The first message of a connection, and again now
// and then, so that a gate can prove how far the journal had been.
struct ServerHello {
  std::string greeting;
};

// All that a replica needs to be at `mark`, in parts that come one after the other, from 0. Entries
// are those of SnapshotStart's contract: ascending by position over all parts, for each key the
// newest of each effect. It counts when it is whole.
struct SnapshotPart {
  ChainMark mark;
  Position floor;
  TimePoint floor_at{};
  Position newest;
  std::uint32_t part = 0;
  bool is_last = false;
  std::vector<ReplicaEntry> entries;
};

// Entries of the journal. In order: the next ones, without a gap, and the chain hash at the last.
// Urgent: some are sent once more ahead of their turn, without chain hash; never an unblock.
// Written once and sent to every gate.
struct FeedEntries {
  bool is_urgent = false;
  std::string chain_hash;
  Position newest;  // the newest that anything can be stamped with
  Position floor;
  std::vector<ReplicaEntry> entries;  // may be empty: floor and newest alone
};

// Granted at the journal's head `position`. It counts from when the request was sent, for
// `duration`, once that position is applied.
struct LeaseAnswer {
  std::int64_t request = 0;
  Position position;
  Duration duration{};
};

// A JWK set (RFC 7517 5), as JSON text.
struct FeedKeys {
  std::string jwks;
};

// Without a lease a strict gate refuses; otherwise it goes on until tokens expire.
struct FeedPolicy {
  bool is_strict = true;
};

// Why the server closes the connection, or did not do what was asked. For people.
struct FeedRefusal {
  std::string reason;
};

using ServerMessage = std::variant<ServerHello, SnapshotPart, FeedEntries, LeaseAnswer, FeedKeys,
                                   FeedPolicy, FeedRefusal>;

// Gate -> server.

struct GateHello {
  std::vector<std::int64_t> versions{kGateProtocolVersion};
  GateInstanceId instance;
  // Up to where its replica has everything, and of which journal: the server goes on from there.
  // Not set: it needs a snapshot. A claim that proves nothing.
  ChainMark has;
  // The newest greeting that it ever got: proof, if our own key signed it. Empty: none.
  std::string greeting;
};

struct LeaseRequest {
  std::int64_t request = 0;  // new with each; never negative
};

// Applied, nothing that it outdates is open, no reader can pass with an older answer.
struct FeedAck {
  Position position;
};

using GateMessage = std::variant<GateHello, LeaseRequest, FeedAck>;

// Errors of reading: invalid_argument (a rule is broken), exhausted (a limit), protocol (a type or
// version that we do not speak). Retry is never.
[[nodiscard]] Result<ServerMessage> read_server_message(std::string_view text);
[[nodiscard]] Result<GateMessage> read_gate_message(std::string_view text);
[[nodiscard]] std::string to_json(const ServerMessage& message);
[[nodiscard]] std::string to_json(const GateMessage& message);

// The version both speak. Error: protocol, with what to do.
[[nodiscard]] Result<std::int64_t> agreed_version(const GateHello& hello);

}  // namespace curfew
