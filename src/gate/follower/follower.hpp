// gate/follower/follower.hpp: the gate's side of `curfew.gate.v1`: keeps one replica at the
// journal.
//
// Pure: messages and times in, messages out. Rules that safety rests on:
//  - Only entries in their order, without a gap, or a whole snapshot move the position; urgent ones
//    that come early are applied and do not count.
//  - A position is gone on from, and acknowledged, only where a signed head says that the journal
//    was there, so that a gate can prove what it acknowledged. Heads come with what they are of.
//  - A lease counts from when its request was sent, and not before the position that it names is
//    settled: applied, and readers have closed what it outdates. Until then it waits here: one at
//    most, the newest. One request at a time is open.
//  - An acknowledgement names a settled position, never a lower one than before.
//  - Who lets requests in whose end nobody here sees is let go on when the server has answered a
//    question that said so, which is asked at once.
//  - Nothing goes back. A server whose journal ends before what this gate has, or has another entry
//    there, by what either side finds out, gets no requests; the gate says so (divergence()), and
//    goes on refusing what it refuses. Only a new generation ends that.
// A server of a newer generation that asks for them is told what this gate has as blocked.
// A lease is never stored. A restarted process is another instance and has none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gate/feed/gate_limits.hpp"
#include "gate/feed/message.hpp"
#include "gate/feed/signed_head.hpp"
#include "gate/follower/blocked_names.hpp"
#include "gate/follower/followed_replica.hpp"

namespace curfew {

// Both clocks that a lease ends by, read together.
struct GateTime {
  Duration boot{};  // CLOCK_BOOTTIME
  TimePoint wall{};
};

// Any number; the caller's randomness, for jitter only.
using Chance = std::function<std::uint64_t()>;
// What a head says, if the server's key signed it; see verify_head().
using HeadVerifier = std::function<Result<ChainMark>(std::string_view jws)>;

struct FollowerSettings {
  GateInstanceId instance;  // new and random with each start of the process
  Duration ack_pause = gate_limits::kAckPause;
  std::size_t blocks_kept = gate_limits::kBlocksKeptMax;
  Duration greeting_time_max = gate_limits::kGreetingTimeMax;
  std::string program_version = {};  // as GateHello says it
};

// What a gate keeps over its restarts beside the replica. The caller stores it when it has changed,
// before it sends what the step says: else the next process cannot prove what this one
// acknowledged, and what is not of the replica's own position costs a snapshot. Names of blocks are
// kept beside it: they are many, and change seldom (Follower::blocked).
struct FollowerMemory {
  ChainMark applied;  // the newest signed head that the replica has wholly applied
  SignedHead newest;  // the newest that ever came

  friend bool operator==(const FollowerMemory&, const FollowerMemory&) = default;
};

enum class FollowerState {
  away,       // no connection
  greeting,   // said hello, waits for the server's
  following,  // entries come
  diverged,   // the server is not the one that this gate knew: no connection is of use
};
[[nodiscard]] std::string_view to_string(FollowerState state);

// Why a server is not followed; for the operators of both, and logs. The proof is our newest signed
// head, if there is one: the memory has it, and the server is shown it with each hello.
struct Divergence {
  std::string reason;
  Position ours;
  ChainMark theirs;  // not set where the server said so itself
};

struct FollowerStep {
  std::vector<GateMessage> send;  // in this order
  std::optional<Error> close;     // close the connection, and why
};

class Follower {
 public:
  // `replica` outlives it. `memory` as it was kept, or nothing.
  Follower(FollowerSettings settings, FollowedReplica& replica, FollowerMemory memory,
           HeadVerifier verify, Chance chance);

  // What blocked() was when it was stored: before the first connection.
  void restore_blocked(std::span<const GateBlock> blocks) { blocked_.restore(blocks); }

  // A connection stands: what is said first. A memory that is not of where the replica is makes
  // the server send a snapshot.
  [[nodiscard]] GateHello connected(GateTime now);
  void disconnected();
  // The replica has nothing any more, because it was damaged: no lease counts, and the next
  // connection brings a snapshot. This one is over.
  void replica_lost();
  // Precondition of both: connected. After `close` nothing more is done until the next connected().
  [[nodiscard]] FollowerStep received(const ServerMessage& message, GateTime now);
  // Call it by next_due(), and when readers have closed connections. What readers say changes
  // next_due(): ask it again some times a second.
  [[nodiscard]] FollowerStep tick(GateTime now);
  // When tick() has something to do, unless something else happens first. Nothing: not connected.
  [[nodiscard]] std::optional<Duration> next_due(Duration boot_now) const;

  [[nodiscard]] FollowerState state() const { return state_; }
  [[nodiscard]] const std::optional<Divergence>& divergence() const { return divergence_; }
  [[nodiscard]] const FollowerMemory& memory() const { return memory_; }
  [[nodiscard]] const BlockedNames& blocked() const { return blocked_; }
  // The position that may be acknowledged; not set where none is, over this connection.
  [[nodiscard]] Position settled() const;
  // The end of the lease that counts, on CLOCK_BOOTTIME; zero where none ever did.
  [[nodiscard]] Duration lease_end() const { return lease_end_; }

 private:
  struct Installing {
    SnapshotStart start;
    std::uint32_t next_part = 0;
  };
  struct OpenRequest {
    std::int64_t request = 0;
    GateTime sent;
    bool says_uncut_requests = false;
  };

  // One function per message of the server's; an error closes the connection.
  Status on(const ServerHello& hello, GateTime now);
  Status on(const SnapshotPart& part, GateTime now);
  Status on(const FeedEntries& feed, GateTime now);
  Status on(const LeaseAnswer& answer, GateTime now);
  Status on(const FeedKeys& keys, GateTime now);
  Status on(const FeedPolicy& policy, GateTime now);
  Status on(const FeedRefusal& refusal, GateTime now);

  [[nodiscard]] Result<ChainMark> verified(const std::string& jws);
  // A head that came while the server is followed: verified, held against what we know, remembered.
  [[nodiscard]] Result<ChainMark> heard(const std::string& jws);
  void remember(const ChainMark& head, const std::string& jws);
  [[nodiscard]] bool contradicts_known(const ChainMark& head) const;
  [[nodiscard]] Position newest_known() const;
  [[nodiscard]] std::optional<std::string> contradiction(const ServerHello& hello,
                                                         const ChainMark& theirs) const;
  Error diverge(std::string reason, const ChainMark& theirs);
  Status begin_install(const SnapshotPart& part);
  Status finish_install(const SnapshotPart& part);
  Status urgent(const FeedEntries& feed);
  Status in_order(const FeedEntries& feed);

  // What time and progress allow: leases that count now, an acknowledgement, a request.
  void go_on(GateTime now, FollowerStep& step);
  void hand_over_blocks(FollowerStep& step);
  void count_waiting(Duration boot_now, Position reached);
  [[nodiscard]] bool has_to_acknowledge(Position reached) const;
  [[nodiscard]] Duration acknowledges_at() const;
  void take_turn(Duration boot_now, Duration ack_pause);
  [[nodiscard]] Duration ask_at() const;
  [[nodiscard]] bool has_news_of_readers() const;
  void ask(GateTime now, FollowerStep& step);

  FollowerSettings settings_;
  FollowedReplica& replica_;
  FollowerMemory memory_;
  BlockedNames blocked_;
  HeadVerifier verify_;
  Chance chance_;

  FollowerState state_ = FollowerState::away;
  std::optional<Divergence> divergence_;

  // Of this connection.
  Position told_;   // everything up to it was applied, in the journal of this server
  ChainMark said_;  // what our hello said
  Duration greeting_due_{};
  std::optional<Installing> installing_;
  std::optional<OpenRequest> request_;
  std::optional<ReplicaLease> waiting_;  // its position is not settled
  bool is_ack_due_ = false;              // the server may have missed the last one
  Duration ack_pause_{};                 // as the server last said
  bool owes_blocks_ = false;

  // Of this process.
  SignedHead last_verified_;
  std::int64_t next_request_ = 0;
  Duration lease_end_{};
  Duration lease_time_ = std::chrono::seconds{10};  // as the server last said
  Duration ask_before_{};                           // the end of the lease
  Duration news_at_{};  // that of readers is told again then, not before
  Position acknowledged_;
  Duration ack_turn_{};  // not before, of what came while nothing was owed
  std::optional<Duration> acknowledged_at_;
};

}  // namespace curfew
