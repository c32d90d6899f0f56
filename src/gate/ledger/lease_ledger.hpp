// gate/ledger/lease_ledger.hpp: the server's memory of which gate may still go on without an entry.
//
// Each start of a gate process is an instance. The server remembers the leases that it gave to
// each, with the position that each named, until they have ended, and the position that each
// acknowledged. A run is complete for a gate at a position when every instance either acknowledged
// it, or has no lease left that names an earlier one: a later lease does not count at the gate
// before the gate has applied the entry, so nobody waits for it. That is what bounds the waiting at
// lease + drift after the cut, however long a gate goes on renewing.
//
// Pure and in memory. Times are the server's steady clock (Clock::since_boot) and never go back
// from call to call. After a restart nothing is known of what was granted before, so every gate
// that existed then is taken to have leases until lease + drift after the start; the settings must
// be no shorter than those of the life before.
//
// What is assumed: clocks differ by no more than the drift in the time of a lease; no machine's
// CLOCK_BOOTTIME stands while its programs run (a paused hypervisor), and no running process is
// copied with its memory. One server: with several, each has its own ledger and all must agree.
//
// Not thread-safe: the owner locks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "gate/feed/gate_limits.hpp"
#include "gate/feed/message.hpp"
#include "model/gate.hpp"
#include "model/position.hpp"

namespace curfew {

struct LedgerSettings {
  Duration lease = std::chrono::seconds{10};
  Duration drift = std::chrono::seconds{1};
  std::size_t instances_of_gate_max = gate_limits::kInstancesOfGateMax;
  std::size_t open_grants_max = gate_limits::kOpenGrantsMax;
  std::size_t gates_max = gate_limits::kGatesMax;
};

// Within the limits: durations are positive and bounded.
[[nodiscard]] Status check_settings(const LedgerSettings& settings);

enum class GateOrigin {
  from_before,  // it existed when the server started: it may have leases that nobody remembers
  enrolled_now  // it was made in this life of the server
};

using FeedConnection = std::uint64_t;  // never used twice

struct Connected {
  FeedConnection connection = 0;
  // The same instance's connection before this one: close it, its messages are refused from now on.
  std::optional<FeedConnection> replaced;
};

// An instance that a run waits for.
struct WaitedInstance {
  GateInstanceId instance;
  Position acknowledged;
  bool is_connected = false;
  // When it cannot accept anything more without the entry; nothing for a best_effort gate, which
  // goes on until tokens expire.
  std::optional<Duration> until;
};

struct GateCompleteness {
  bool is_complete = false;
  std::vector<WaitedInstance> waits_for;
  // Instances that nobody remembers may go on.
  bool waits_for_unknown = false;
  // The latest moment of all; nothing where only an acknowledgement or the tokens' expiry ends it.
  // Meaningless when complete.
  std::optional<Duration> until;
};

// What is to be remembered of a gate of which this was, now that one of its processes says whether
// it has some (nothing: it does not say). No process speaks for what another one let in.
[[nodiscard]] UncutRequests uncut_after(UncutRequests known, std::optional<bool> has_some);

// The same of a gate in short, and what it has acknowledged.
struct GateStanding {
  bool is_complete = false;
  std::optional<Duration> until;  // as in GateCompleteness
  // An instance that goes on without a lease is connected: it may acknowledge at any moment.
  bool may_answer = false;
  std::size_t connected = 0;  // instances
  Position acknowledged;      // as in GateLedgerView
  // Also unknown where it has said nothing in this life of the server.
  UncutRequests uncut = UncutRequests::none;
};

struct GateLedgerView {
  std::size_t instances = 0;
  std::size_t connected = 0;
  // The lowest position that a connected instance has acknowledged; not set where there is none.
  Position acknowledged;
  UncutRequests uncut = UncutRequests::none;
};

// The journal's head; nothing while this server may not vouch for it (its own lease from the store
// is over, or a rollback is proved).
using HeadReader = std::function<std::optional<Position>()>;

class LeaseLedger {
 public:
  // Precondition: check_settings().
  LeaseLedger(const LedgerSettings& settings, Duration started_at);
  LeaseLedger(const LeaseLedger&) = delete;
  LeaseLedger& operator=(const LeaseLedger&) = delete;

  // A gate may connect from now on. Known already: only its mode is set. Instances that were heard
  // of while it was best_effort stay so in our eyes until they are forgotten: nobody knows when
  // they learnt better. Error: exhausted over gates_max.
  // `uncut` is what was stored of it; what is known already, if that is worse, stays.
  Status add_gate(const AppId& gate, bool is_strict, GateOrigin origin,
                  UncutRequests uncut = UncutRequests::none);
  // It gets nothing from now on; close its connections. What it has runs out, and is waited for.
  void withdraw_gate(const AppId& gate);

  // A gate that proved who it is says which instance it is and what it `has`. Errors: denied (no
  // gate of ours, withdrawn, or another gate's instance), protocol (it went back behind what it
  // acknowledged), exhausted (too many instances whose leases are not over). The caller closes the
  // connection and reports what is not exhausted.
  [[nodiscard]] Result<Connected> connect(const AppId& gate, const GateInstanceId& instance,
                                          Position has, Duration now);
  // Nothing happens for one that was replaced.
  void disconnect(FeedConnection connection, Duration now);

  // What a process of the gate says of them in its hello (nothing: it does not), and whenever a
  // message says that there are some: call it before what else the message says is believed, and
  // after what is to be remembered was stored. Nothing happens for a gate that is not known.
  void note_uncut_requests(const AppId& gate, std::optional<bool> has_some);
  // Whether that would change what is to be remembered of it. True for one that is not known.
  [[nodiscard]] bool is_news(const AppId& gate, std::optional<bool> has_some) const;

  // Everything up to `position` is on its way to this connection. Call it before sending.
  void sent(FeedConnection connection, Position position);

  // A lease, to be sent with a signed head that is not before its position; that is the caller's to
  // add, after the call. It is remembered first, then the head is read, inside this call:
  // whoever read the head before could grant a lease below a cut of which is_complete() was already
  // true. Errors: denied (the connection was replaced or its gate withdrawn), unavailable (no
  // head), exhausted (too many that have not ended: ask later), conflict (the head went back: a
  // rollback).
  [[nodiscard]] Result<LeaseAnswer> grant(FeedConnection connection, const LeaseRequest& request,
                                          const HeadReader& head, Duration now);
  // Errors: denied as above; protocol for a position that was never sent to it, or before one that
  // it acknowledged. The caller closes the connection and reports it.
  [[nodiscard]] Status acknowledge(FeedConnection connection, Position position, Duration now);

  // No strict instance of this gate can accept what the entry at `position` outdates, and none ever
  // will. Once true, always true, unless the gate is enrolled anew.
  [[nodiscard]] bool is_complete(const AppId& gate, Position position, Duration now) const;
  [[nodiscard]] GateCompleteness completeness(const AppId& gate, Position position,
                                              Duration now) const;
  // Each gate in the order of ids, from `from` on, until `visit` is false: for whoever asks about
  // all of them.
  void each_gate(const AppId& from, Position position, Duration now,
                 const std::function<bool(const AppId&, const GateStanding&)>& visit) const;

  // Instances that may go on by a lease of this server's life.
  [[nodiscard]] std::size_t lease_count(Duration now) const;

  // Forgets what has ended: call it now and then. What a gate let in that may have uncut requests
  // may not have, whatever has become of the gate.
  void forget_ended(Duration now);
  [[nodiscard]] std::vector<AppId> gates() const;
  [[nodiscard]] bool knows(const AppId& gate) const { return gates_.contains(gate); }
  // Error: not_found.
  [[nodiscard]] Result<GateLedgerView> view(const AppId& gate) const;
  // Until then leases of an earlier life of the server may be outstanding.
  [[nodiscard]] Duration unknown_until() const { return unknown_until_; }

 private:
  // Outstanding for every entry after `named`, until `end`.
  struct Grant {
    Position named;
    Duration end{};
  };
  struct Gate;
  struct Instance {
    Gate* gate = nullptr;  // whose it is
    Position acknowledged;
    Position sent;              // over its present connection
    std::vector<Grant> grants;  // ascending by both members
    std::optional<FeedConnection> connection;
    Duration last_heard{};
    bool was_best_effort = false;
  };
  struct Gate {
    bool is_strict = true;
    bool is_withdrawn = false;
    bool has_unknown = false;    // instances that are not in the map may have leases
    bool has_unmanaged = false;  // such instances may go on without a lease
    UncutRequests uncut = UncutRequests::none;
    bool has_spoken = true;  // in this life of the server
    std::map<GateInstanceId, Instance> instances;
  };

  // When the last of its leases ends that name less.
  [[nodiscard]] static Duration owed_end(const Instance& instance, Position below);
  [[nodiscard]] static bool is_over(const Instance& instance, Duration now);
  [[nodiscard]] static bool is_done(const Instance& instance, Position position, Duration now);
  [[nodiscard]] static WaitedInstance waited(const GateInstanceId& id, const Instance& instance,
                                             Position position);
  [[nodiscard]] Gate* find_gate(const AppId& gate);
  // The instance that a connection speaks for; an error for the rest.
  [[nodiscard]] Result<Instance*> speaker(FeedConnection connection);
  [[nodiscard]] Status make_room(Gate& gate, Duration now);
  [[nodiscard]] bool waits_for_unknown(const Gate& gate, Duration now) const;
  [[nodiscard]] GateStanding standing(const Gate& gate, Position position, Duration now) const;
  [[nodiscard]] static GateLedgerView view_of(const Gate& gate);

  LedgerSettings settings_;
  Duration unknown_until_;
  FeedConnection next_connection_ = 1;
  std::map<AppId, Gate> gates_;
  std::map<GateInstanceId, AppId> owners_;  // of each instance that is known
  // The instance that each speaks for: one that has a connection is not forgotten.
  std::unordered_map<FeedConnection, Instance*> connections_;
};

}  // namespace curfew
