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
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "gate/replica/entry.hpp"
#include "model/chain_mark.hpp"
#include "model/gate.hpp"
#include "model/position.hpp"

namespace curfew {

inline constexpr std::string_view kGateProtocol = "curfew.gate.v1";  // the WebSocket's subprotocol
inline constexpr std::int64_t kGateProtocolVersion = 1;

// One start of a gate process; random, never stored.
using GateInstanceId = Id<struct GateInstanceTag>;

// Members called `head` are signed heads (gate/feed/signed_head.hpp): the JWS.

// Server -> gate.

// The first message of a connection, once.
struct ServerHello {
  std::int64_t version = kGateProtocolVersion;
  std::string node;
  Position floor;
  std::string head;
  // The server's own chain hash at the position that the gate's hello said it `has`: whether both
  // mean the same journal. Empty where the gate named none, or the server has no such entry.
  std::string chain_hash_at_yours;
  // It waits for GateBlocks, and sends nothing else before the last of them.
  bool wants_blocks = false;
};

// All that a replica needs to be at `position`, in parts that come one after the other, from 0.
// Entries are those of SnapshotStart's contract: ascending by position over all parts, for each key
// the newest of each effect. It counts when it is whole.
struct SnapshotPart {
  Position position;
  Position floor;
  TimePoint floor_at{};
  Position newest_stamp;  // as in FeedPolicy
  std::uint32_t part = 0;
  bool is_last = false;
  std::string head;  // of exactly `position`; in the last part only
  std::vector<ReplicaEntry> entries;
};

// Entries of the journal. In order: the next ones, without a gap, and a head at the last. Urgent:
// some are sent once more ahead of their turn, without a head; never an unblock. Written once and
// sent to every gate.
struct FeedEntries {
  bool is_urgent = false;
  std::vector<ReplicaEntry> entries;  // may be empty: the floor alone
  std::string head;
  Position floor;
  // In order only: so far apart the gate may acknowledge what comes next, for the server has many
  // to hear. Zero: as always. No duty: one that does not know of it acknowledges as always.
  Duration ack_pause{};
};

// Granted at the journal's head `position`. It counts from when the request was sent, for
// `duration`, once that position is applied.
struct LeaseAnswer {
  std::int64_t request = 0;
  Position position;
  Duration duration{};
  std::string head;  // not before `position`
};

// A JWK set (RFC 7517 5), as JSON text.
struct FeedKeys {
  std::string jwks;
};

struct FeedPolicy {
  GateMode mode = GateMode::strict;
  // The newest that anything of ours can be stamped with, once a rollback was proved: what bears
  // more is of the journal that was lost. Not set: nothing was proved, and there is no such bound.
  Position newest_stamp;
};

// Why the server closes the connection, or did not do what was asked. For people.
struct FeedRefusal {
  std::string reason;
  // The head that the gate showed has proved that the server's journal was rolled back.
  bool is_rolled_back = false;
};

using ServerMessage = std::variant<ServerHello, SnapshotPart, FeedEntries, LeaseAnswer, FeedKeys,
                                   FeedPolicy, FeedRefusal>;

// Gate -> server.

struct GateHello {
  std::vector<std::int64_t> versions{kGateProtocolVersion};
  GateInstanceId instance;
  // The newest signed head that its replica has wholly applied: the server goes on from there. Not
  // set: it needs a snapshot. A claim that proves nothing.
  ChainMark has;
  // The newest head that it ever got: proof, if our own key signed it. Empty: none.
  std::string head;
  // Whether requests that it let in may go on whatever it acknowledges, because a web server asks
  // it before each and sees to nothing afterwards (forward-auth). Nothing: a gate of before, which
  // does not say. Once it is so, each message of the gate says it.
  std::optional<bool> has_uncut_requests = false;
  // Which program it is, for people: letters, digits and ".+~_-". Nothing is decided by it. Empty:
  // a gate of before, which does not say.
  std::string program_version = {};
};

struct LeaseRequest {
  std::int64_t request = 0;         // new with each; never negative
  bool has_uncut_requests = false;  // as in GateHello
};

// Applied, nothing that it outdates is open, no reader can pass with an older answer, and a signed
// head proves that it was there. With uncut requests: but for those.
struct FeedAck {
  Position position;
  bool has_uncut_requests = false;  // as in GateHello
};

// A key that the gate has as blocked, by the block at `position`.
struct GateBlock {
  Key key;
  Position position;

  friend bool operator==(const GateBlock&, const GateBlock&) = default;
};

// All that a gate has as blocked, in parts from 0, for a server that wants them: one of a newer
// generation than the gate's, which may have lost some.
struct GateBlocks {
  std::uint32_t part = 0;
  bool is_last = false;
  std::vector<GateBlock> blocks;
};

using GateMessage = std::variant<GateHello, LeaseRequest, FeedAck, GateBlocks>;

// Errors of reading: invalid_argument (a rule is broken), exhausted (a limit), protocol (a type or
// version that we do not speak). Retry is never.
[[nodiscard]] Result<ServerMessage> read_server_message(std::string_view text);
[[nodiscard]] Result<GateMessage> read_gate_message(std::string_view text);
[[nodiscard]] std::string to_json(const ServerMessage& message);
[[nodiscard]] std::string to_json(const GateMessage& message);

// The version both speak. Error: protocol, with what to do.
[[nodiscard]] Result<std::int64_t> agreed_version(const GateHello& hello);

}  // namespace curfew
