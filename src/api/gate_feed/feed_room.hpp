// api/gate_feed/feed_room.hpp: every open connection of a gate, and the ledger of leases, under one
// lock.
//
// What is sent to several, and what moves a connection from one phase to the next, happens under
// the lock: so a gate that has caught up misses nothing that was published meanwhile, and gets
// nothing before what came first. Sending only puts a shared frame in a queue.
//
// The lock is also what makes grants and runs agree: a grant is recorded and then reads the head
// (LeaseLedger::grant), and whoever asks how far gates are has published the entry before.
//
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/gate_feed/feed_link.hpp"
#include "api/gate_feed/gates_at.hpp"
#include "base/result.hpp"
#include "gate/ledger/lease_ledger.hpp"

namespace curfew {

// A connection with more than this in its queue is not sent to: it catches up once that is gone.
inline constexpr std::size_t kFeedQueueBytes = 512UL * 1024;
// What is urgent is little, and goes behind what is in the queue already.
inline constexpr std::size_t kUrgentQueueBytes = 2UL * 1024 * 1024;

// Of one gate: its instances, and some that are about to be replaced or refused.
inline constexpr std::size_t kConnectionsOfGateMax = gate_limits::kInstancesOfGateMax + 16;

// What every gate is told beside entries.
struct FeedSettings {
  Position newest_stamp;  // as in FeedPolicy
  std::shared_ptr<const KeySet> keys;
  WebsocketFrame keys_frame;
};

// A frame of entries in their order, from `first` to `last`.
struct EntriesFrame {
  Position first;
  Position last;
  WebsocketFrame frame;
};

// An instance of a gate, for people.
struct GateInstanceView {
  GateInstanceId instance;
  std::string address;
  std::string program_version;  // empty: it did not say
  TimePoint connected_since{};
  Position sent;
  Position acknowledged;
  std::optional<TimePoint> acknowledged_at;
  bool has_caught_up = false;
  Duration lease_left{};  // as the server counts it: with the drift
};

// How an instance was when its connection ended.
struct GateLastSeen {
  GateInstanceView instance;
  TimePoint until{};
};

struct GateFeedView {
  std::vector<GateInstanceView> connected;
  // Of the one that was connected last, in this life of the server; for where none is.
  std::optional<GateLastSeen> last;
  std::size_t instances = 0;  // that are remembered, with those
  std::uint64_t refused = 0;  // messages and connections, since the server started
  // Whether web servers ask it, so that what it let in may go on: what a run's report goes by.
  UncutRequests uncut = UncutRequests::unknown;
};

// Of all gates, for metrics.
struct FeedTotals {
  std::size_t connected = 0;  // instances
  std::size_t leases = 0;     // instances that have one, also those that have gone
  std::uint64_t lag = 0;      // entries that the slowest of those that are connected lacks
};

// A gate that holds a run up.
struct FirstOpen {
  AppId gate;
  std::optional<Duration> until;  // since boot; nothing: no lease bounds it
};

// What became of a round.
struct ToldEntries {
  std::uint64_t entries = 0;        // each for each gate
  std::vector<FeedLinkPtr> fallen;  // begin to catch up: for the caller to feed
};

class FeedRoom {
 public:
  FeedRoom(const LedgerSettings& settings, Duration started_at) : ledger_(settings, started_at) {}

  // --- gates

  Status add_gate(const Gate& gate, GateOrigin origin);
  // Nothing of it is served any more. Its links, for the caller to close.
  [[nodiscard]] std::vector<FeedLinkPtr> withdraw_gate(const AppId& gate);
  [[nodiscard]] std::vector<AppId> gates() const;
  [[nodiscard]] bool has_gate(const AppId& gate) const;
  void count_refused(const AppId& gate);

  // Whether a process of the gate that says so of uncut requests says what is to be stored first.
  [[nodiscard]] bool is_news(const AppId& gate, std::optional<bool> has_uncut_requests) const;
  // It was stored.
  void note_uncut_requests(const AppId& gate, std::optional<bool> has_some);

  // --- connections

  // exhausted: its gate has as many as it may.
  Status admit(const FeedLinkPtr& link);
  // What its hello says; the link that it takes the place of, for the caller to close. Errors are
  // LeaseLedger::connect's.
  [[nodiscard]] Result<FeedLinkPtr> connect(const FeedLinkPtr& link, const GateHello& hello,
                                            Position has, Duration now);
  // It is to hand over its blocks before anything else. unavailable: as many of its gate do so as
  // may; those with a proof and those without are counted apart, so that whoever has only the
  // gate's key takes no place from who was there.
  Status ask_for_blocks(const FeedLinkPtr& link, bool has_proof, Duration now);
  // All of them.
  void blocks_arrived(const FeedLinkPtr& link);
  // It has been greeted, and has handed over what it had to: from now on it catches up, after
  // `from`.
  void begin(const FeedLinkPtr& link, Position from);
  void leave(const FeedLinkPtr& link, Duration now, TimePoint at);
  [[nodiscard]] std::vector<FeedLinkPtr> links() const;
  // Those whose tokens name one of these.
  [[nodiscard]] std::set<FeedLinkPtr> links_naming(const std::set<Key>& keys) const;
  // Nothing: it is over.
  [[nodiscard]] std::optional<LinkPhase> phase_of(const FeedLinkPtr& link) const;
  [[nodiscard]] bool is_greeting(const FeedLinkPtr& link) const;
  // Since when it is to hand over its blocks; nothing: it is not.
  [[nodiscard]] std::optional<Duration> blocks_asked(const FeedLinkPtr& link) const;

  // --- leases

  [[nodiscard]] Result<LeaseAnswer> grant(const FeedLinkPtr& link, const LeaseRequest& request,
                                          const HeadReader& head, Duration now, Duration lasts);
  [[nodiscard]] Status acknowledge(const FeedLinkPtr& link, const FeedAck& ack, Duration now,
                                   TimePoint at);
  void forget_ended(Duration now);
  // Of every gate that is remembered, also of those that were removed.
  [[nodiscard]] GatesAt gates_at(Position position, Duration now) const;
  // In the order of ids, from `from` on, the first that is not complete and may still be: by the
  // end of its leases, or, if that counts, by a word.
  [[nodiscard]] std::optional<FirstOpen> first_open(const AppId& from, Position position,
                                                    Duration now, bool may_be_answered) const;
  // Of leases of an earlier life of this server; nothing: they are over.
  [[nodiscard]] std::optional<Duration> unknown_until(Duration now) const;
  [[nodiscard]] std::size_t gate_count() const;

  // --- what is sent

  // To one that catches up: everything up to `end`. False: it is over.
  [[nodiscard]] bool send_page(const FeedLinkPtr& link, Position end, WebsocketFrame frame);
  // A frame that moves nothing.
  bool send(const FeedLinkPtr& link, WebsocketFrame frame);
  [[nodiscard]] Position sent_to(const FeedLinkPtr& link) const;
  // Nothing is left in the store for it. False: something was published meanwhile that it has not.
  [[nodiscard]] bool become_live(const FeedLinkPtr& link);
  // To everybody who is live. Who cannot take it begins to catch up. `sent` as
  // WebsocketRound::begin() calls it: perhaps inside of this call, with the lock held.
  [[nodiscard]] ToldEntries publish(const std::vector<EntriesFrame>& frames,
                                    std::function<void()> sent);
  // Ahead of their turn, to those who catch up, if there are any.
  void send_urgent(const std::function<WebsocketFrame()>& frame);
  void send_to_live(const WebsocketFrame& frame);
  // To each what it was not told yet; a short look where all of them were.
  void tell_settings(const FeedSettings& settings);
  void tell_settings(const FeedLinkPtr& link, const FeedSettings& settings);
  // What was published before the room was listened to counts as told.
  void set_published(Position position);

  // --- for people

  [[nodiscard]] GateFeedView view(const AppId& gate, Duration now) const;
  [[nodiscard]] FeedTotals totals(Position head, Duration now) const;
  [[nodiscard]] std::size_t connected() const;

 private:
  // What every link that is fed was told, with the present rows.
  struct ToldAll {
    Position newest_stamp;
    std::shared_ptr<const KeySet> keys;
  };

  void tell(FeedLink& link, const FeedSettings& settings);
  void fall_behind(const FeedLinkPtr& link, std::vector<FeedLinkPtr>& fallen);

  mutable std::mutex mutex_;
  LeaseLedger ledger_;
  std::set<FeedLinkPtr> links_;
  std::set<FeedLinkPtr> catching_up_;                      // of these
  std::unordered_map<Key, std::set<FeedLinkPtr>> naming_;  // by the keys that their tokens name
  std::map<AppId, Gate> rows_;  // of each gate that the ledger knows, and of no other
  std::map<AppId, std::uint64_t> refused_;
  std::map<AppId, GateLastSeen> last_seen_;  // of gates in rows_
  Position published_;
  std::optional<ToldAll> told_all_;
};

}  // namespace curfew
