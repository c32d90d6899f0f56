// tests/bench/swarm_gate.hpp: one gate of a swarm: its connection, its Follower, its replica in
// memory, and when it refused what is watched.
//
// What an enrolled gate does, but for what it keeps on a disk, and in memory for a restored server:
// the names of what is blocked, which are no part of what a reader is told and for a thousand gates
// fill no processor's cache. It connects once, and a connection that is lost ends the measurement.
// On the swarm's I/O thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/curfew-gate/gate_feed.hpp"
#include "base/secret.hpp"
#include "gate/feed/message.hpp"
#include "io/runtime.hpp"
#include "protocol/jose/jws_key.hpp"
#include "tests/bench/watching_replica.hpp"

namespace curfew::bench {

// What gates on machines of their own would each do with the same bytes, and a thousand on one
// machine cannot: a message that all of them get is read once, and a head that all of them get is
// verified once.
class SharedReading {
 public:
  SharedReading(KeySet keys, std::string issuer)
      : keys_(std::move(keys)), issuer_(std::move(issuer)) {}

  [[nodiscard]] Result<std::shared_ptr<const ServerMessage>> read(const std::string& text);
  [[nodiscard]] Result<ChainMark> verify(std::string_view jws);

 private:
  KeySet keys_;
  std::string issuer_;
  std::deque<std::pair<std::string, std::shared_ptr<const ServerMessage>>> messages_;
  std::deque<std::pair<std::string, ChainMark>> heads_;
};

// Who a gate is, as its enrolment and the token endpoint said.
struct EnrolledGate {
  std::string server;  // https://host[:port]
  Secret token;
};

// By the clock of monotonic_micros(); 0 where it has not happened.
struct GateTimes {
  std::vector<double> refused;       // of each watched credential: a reader is refused from then on
  std::vector<double> acknowledged;  // the server is told so
  std::size_t without_lease = 0;     // of the refused, who had been so already for want of a lease
};

// What the gates of a swarm have in common; outlives them.
struct SwarmParts {
  Runtime& runtime;
  Executor& executor;
  TlsContext trust;
  SharedReading reading;
  FeedTimes times;
};

class SwarmGate {
 public:
  SwarmGate(SwarmParts& parts, const Watch& watch, EnrolledGate gate);

  // A connection, and what is said first.
  [[nodiscard]] Task<Status> open();
  // To the end of the connection. Precondition: open() was ok.
  [[nodiscard]] Task<Done> converse();
  void stop();
  // What is due by the clock: one timer for all gates takes the place of one for each.
  void look(Duration boot_now);

  // Every watched credential would be let in by a reader now.
  [[nodiscard]] bool accepts_all() const;
  // Follows, and its lease counts.
  [[nodiscard]] bool is_ready() const;
  [[nodiscard]] const GateTimes& times() const { return times_; }
  // Why it follows no more, unless it was stopped.
  [[nodiscard]] const std::optional<Error>& lost() const { return lost_; }

 private:
  void heard(const WebsocketMessage& text);
  void take(const FollowerStep& step);
  void note_refusals();
  void note_acknowledged(Position position);
  void lose(Error why);
  void arm();

  SwarmParts& parts_;
  const Watch& watch_;
  EnrolledGate gate_;
  WatchingReplica replica_;
  Follower follower_;
  GateTimes times_;
  std::vector<std::size_t> unacknowledged_;
  std::shared_ptr<WebsocketSession> session_;
  std::optional<Duration> due_;  // where it converses
  std::optional<Error> lost_;
  bool is_stopping_ = false;
};

}  // namespace curfew::bench
