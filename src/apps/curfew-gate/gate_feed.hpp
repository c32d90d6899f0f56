// apps/curfew-gate/gate_feed.hpp: a running gate's life at its servers: connects, follows, is cut
// off, comes back, until it is told to stop.
//
// What is decided is decided by the Follower and the ReconnectPolicy, both pure; here they get
// their clocks and a connection. A connection is over, and another address is tried, when the
// server closes it, does not greet, does not answer a question for a lease, or answers no ping.
// While the gate gets what it lacked when it was greeted, answers stand behind that: then whatever
// arrives says that the server is there, however slow the link is. In all of that the lease goes on
// to its end and not further: readers look at the clock themselves, so that nothing of it depends
// on this process being on time, or alive.
//
// A replica that is damaged is withdrawn: readers refuse, nothing is acknowledged, no lease counts,
// until it was fetched anew over another connection.
//
// Logs what an operator must know: when the gate follows, when it is without a lease, what went
// wrong; the same error once only, for as long as it stays the same.
//
// Thread: everything on the Runtime's one I/O thread but the constructor. Lifetime: the Runtime,
// the pool and the replica outlive it; it is destroyed when nothing runs there any more.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/curfew-gate/feed_access.hpp"
#include "apps/curfew-gate/file_replica.hpp"
#include "apps/curfew-gate/gate_memory.hpp"
#include "apps/curfew-gate/run_records.hpp"
#include "base/task.hpp"
#include "gate/follower/follower.hpp"
#include "gate/follower/reconnect.hpp"
#include "io/offload_pool.hpp"
#include "io/runtime.hpp"
#include "io/tls_context.hpp"
#include "io/turn.hpp"
#include "io/websocket/session.hpp"
#include "io/websocket/websocket_client.hpp"

namespace curfew {

struct FeedTimes {
  Duration beat = std::chrono::seconds{1};  // memory, leases, renewal, pruning are looked at
  Duration check = std::chrono::milliseconds{100};  // a piece of the replica, for damage
  // A question for a lease that is not answered by then: the connection is dead. Asked with a third
  // of a lease left, so that a half-open one costs no lease if another server answers.
  Duration lease_answer_max = std::chrono::seconds{2};
  Duration greeting_max = gate_limits::kGreetingTimeMax;
  Duration connect_max = std::chrono::seconds{5};
  WebsocketTimes websocket{.ping_time = std::chrono::seconds{3},
                           .pong_time_max = std::chrono::seconds{3},
                           .write_time_max = std::chrono::seconds{5},
                           .close_time_max = std::chrono::seconds{1}};
};

// How a gate opens a connection to the feed of `server` (https://host[:port]).
[[nodiscard]] WebsocketCall feed_call(const std::string& server, TlsContext trust, Secret token,
                                      const FeedTimes& times);

struct GateFeedOptions {
  GateFolder folder;
  GateIdentity identity;
  std::vector<std::string> servers = {};  // https://host[:port]; 1 to kServerAddressesMax
  TlsContext trust = nullptr;
  std::string replica_path = {};  // as the status says it
  FeedTimes times = {};
};

class GateFeed {
 public:
  // Goes on from what lies in the folder and beside the replica. Logs what is damaged there.
  GateFeed(Runtime& runtime, OffloadPool& pool, GateFeedOptions options, FileReplica& replica);

  // Until stop(), and everything is written and closed.
  [[nodiscard]] Task<Done> follow();
  // The lease in the file ends now; then the connection is closed.
  void stop();

 private:
  Task<Done> pause_until(Duration boot_at);
  // One connection, to its end; or why there is none.
  Task<Error> connect_once(std::string server);
  Task<Error> converse(std::shared_ptr<WebsocketSession> session);
  void heard(const WebsocketMessage& text);
  void note_progress(const ServerMessage& message);
  void take(const FollowerStep& step);
  void send(const GateMessage& message);
  void give_up(const Error& why);
  void arm();
  void tick();

  void beat();
  void check();
  void note_lease();
  void note_state();
  void note_divergence();
  void note_failure(const Error& error);
  Task<Done> look_after();
  [[nodiscard]] GateMemory memory_now() const;
  [[nodiscard]] RunStatus status_now() const;
  // Where they have changed since they were stored.
  [[nodiscard]] std::optional<std::vector<GateBlock>> new_blocks() const;

  Runtime& runtime_;
  Executor& executor_;
  GateFeedOptions options_;
  FileReplica& replica_;
  RunRecords records_;
  GateMemory begun_with_;
  FeedAccess access_;
  Follower follower_;
  ReconnectPolicy policy_;

  bool is_stopping_ = false;
  WakeUp wake_;  // a pause is over, or nothing is being looked after any more
  Timer pause_;
  Timer beat_;
  Timer check_;
  bool is_looking_after_ = false;

  // Of this connection.
  std::shared_ptr<WebsocketSession> session_;
  Timer tick_;
  std::optional<Duration> asked_at_;  // for a lease, and no answer yet, or when it last progressed
  Position goal_;                     // what the server had when it greeted
  std::optional<Error> ending_;       // why it is over, where that is ours to say

  // What was last said of it.
  RunStatus status_;
  FollowerState logged_ = FollowerState::away;
  bool had_lease_ = false;
  std::set<std::string> said_errors_;  // since it followed last
  std::string said_keep_error_;
  Duration say_divergence_at_{};
  std::uint64_t stored_blocks_ = 0;  // BlockedNames::changes()
  Duration store_blocks_at_{};
};

}  // namespace curfew
