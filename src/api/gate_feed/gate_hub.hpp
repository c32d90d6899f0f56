// api/gate_feed/gate_hub.hpp: the server's side of `curfew.gate.v1`: every gate is told of each
// entry of the journal, and gets leases.
//
// An entry is encoded, and the head after it signed, once for all gates (on one I/O thread, for as
// many commits as have come while the gates were told of others: telling_pace.hpp). Who has not got
// everything catches up out of the store, by
// pages, at its own pace. A gate's token is judged when it comes, again whenever the journal says
// something about its keys, at each lease and acknowledgement, and by the clock; what is not live
// any more is closed. Of what gates do only that web servers ask them is stored: a server that was
// started again takes it that leases of before are outstanding (gate/ledger/lease_ledger.hpp).
//
// What a gate says of its position is a claim. Only a head that our own key signed is believed: one
// that our journal contradicts is looked into as any other proof of a rollback is
// (api/rollback_watch.hpp). Leases end with that.
//
// Threads: any. Lifetime: shared; `context` outlives the runtime's threads.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "api/gate_feed/feed_link.hpp"
#include "api/gate_feed/feed_room.hpp"
#include "api/gate_feed/journal_pages.hpp"
#include "api/gate_feed/removed_gates.hpp"
#include "api/gate_feed/signed_heads.hpp"
#include "api/gate_feed/telling_pace.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/runtime.hpp"
#include "store/journal.hpp"

namespace curfew {

// Its time since boot is real even where a test's clock is not.
inline constexpr Duration kFeedTick = std::chrono::milliseconds{500};
// A gate sends some messages for each entry, and few else.
inline constexpr std::size_t kGateMessagesPerSecond = 200;
inline constexpr Duration kGateHelloTimeMax = std::chrono::seconds{10};
inline constexpr Duration kFloorEvery = std::chrono::minutes{10};
// More than that at once is a load of its own, and nothing of it overtakes.
inline constexpr std::size_t kUrgentEntriesMax = 32;

struct Handover;  // revocation/fence/fence_holding.hpp

struct GateHubSettings {
  LedgerSettings ledger;
  // The longest lease with its drift that any life of this server may have given.
  Duration owed_before_max{};
  std::string node = "1";
  TellingTimes telling = {};
};

class GateHub final : public JournalObserver, public std::enable_shared_from_this<GateHub> {
 public:
  // Precondition: check_settings(settings.ledger).
  GateHub(const ServerContext& context, GateHubSettings settings);

  // Reads the gates that there are, and listens to the journal. Before the first request.
  Status start();
  // Serves a connection to its end. On the socket's I/O thread.
  [[nodiscard]] Task<Done> serve(std::shared_ptr<WebsocketSession> socket, FeedPeer peer);

  [[nodiscard]] GateFeedView view(const AppId& gate) const;
  [[nodiscard]] std::size_t connected() const { return room_.connected(); }
  [[nodiscard]] FeedTotals totals() const;
  [[nodiscard]] GatesAt gates_at(Position position) const;
  // The same with gates that were removed before the server's start and need no lease: where one
  // still runs, nobody can reach it.
  [[nodiscard]] GatesAt gates_of_run(Position position) const;
  // Gates that may let somebody in, also those that were removed and have leases; at least one
  // while gates may have leases that were removed in an earlier life of this server.
  [[nodiscard]] std::size_t gate_count() const;
  // Ends as soon as no gate can let in anything that the entry at `position` outdates; or when only
  // gates are left that need no lease and are away, or have let a lease and its drift pass without
  // a word; or at `deadline`. Woken by acknowledgements and by the ends of leases. Resumes on
  // `executor`.
  [[nodiscard]] Task<GatesAt> await_gates(Position position, TimePoint deadline,
                                          Executor& executor);
  [[nodiscard]] std::size_t signatures() const { return heads_.count(); }

  // What is due by the clock; happens by itself. On any I/O thread, one call at a time.
  void tick();
  // Takes over what was published; on the store's writer.
  void published(const JournalEntry& entry, const Watermark& watermark) override;

 private:
  struct Published {
    ReplicaEntry entry;
    std::string chain_hash;
  };

  // The journal's news (gate_pump.cpp).
  void pump();
  void judge_links(const std::vector<Published>& news);
  // All that was not told, if it is time; otherwise it is looked at again when it is.
  void tell_all();
  void tell(const std::vector<Published>& news);
  void tell_urgent(const std::vector<Published>& news);
  void round_ended();
  void arm();

  // Gates as the store has them (gate_hub.cpp).
  Status read_gates(GateOrigin origin);
  Status read_gate(const AppId& gate, GateOrigin origin);
  Status apply_gate(const Gate& gate, bool is_enabled, GateOrigin origin);
  void close_gate(const AppId& gate, std::string_view why);
  [[nodiscard]] FeedSettings feed_settings();
  [[nodiscard]] Result<JournalFloor> floor_now();
  [[nodiscard]] JournalFloor floor() const;

  // Who waits for gates (gate_waiters.cpp).
  struct Waiter;
  // Whether something from gate `from` on does.
  [[nodiscard]] bool holds_up(Waiter& waiter, const AppId& from);
  void progressed(const AppId& gate);
  void wake_due(Duration now);

  // One connection (gate_conversation.cpp).
  [[nodiscard]] Task<Status> hear(FeedLinkPtr link, std::string text);
  [[nodiscard]] Result<GateMessage> admitted(const FeedLinkPtr& link, LinkPhase phase,
                                             const std::string& text);
  // For what is written on the word of a gate: its row, while its token is good.
  [[nodiscard]] Result<Gate> gate_that_may(ReadTx& tx, const FeedPeer& peer) const;
  // What is to be remembered of the gate's uncut requests, stored before anything is answered.
  [[nodiscard]] Task<Status> remember_uncut(FeedLinkPtr link, std::optional<bool> has_some);
  [[nodiscard]] Task<Status> begin_with(FeedLinkPtr link, GateHello hello);
  Status on(const FeedLinkPtr& link, const LeaseRequest& request);
  Status on(const FeedLinkPtr& link, const FeedAck& ack);
  [[nodiscard]] std::optional<ChainMark> shown_by(const FeedLinkPtr& link, const GateHello& hello);
  Status greet(const FeedLinkPtr& link, const GateHello& hello, const std::string& hash_at_has,
               bool wants_blocks);
  void feed_from(const FeedLinkPtr& link, Position from);
  void suspect_rollback(const FeedLinkPtr& link, const ChainMark& shown);
  // True: its token is not valid any more, and it was ended.
  bool end_if_dead(const FeedLinkPtr& link);
  [[nodiscard]] Task<Status> begin_journal();
  // Says why, and closes. What a gate should not have done is counted.
  void refuse(const FeedLinkPtr& link, const Error& why);
  void end(const FeedLinkPtr& link, std::string_view why);

  // Blocks of before a fence (gate_handover.cpp).
  [[nodiscard]] Task<Status> note_proof(FeedLinkPtr link, Position shown);
  [[nodiscard]] Task<Status> take_blocks(FeedLinkPtr link, GateBlocks part);
  [[nodiscard]] Task<Result<std::optional<Handover>>> read_claims(FeedLinkPtr link,
                                                                  std::uint64_t generation);
  [[nodiscard]] Task<Status> write_blocks(FeedLinkPtr link);

  // Catching up (gate_sender.cpp).
  void begin_feeding(const FeedLinkPtr& link, bool with_snapshot);
  [[nodiscard]] Task<Done> feed(FeedLinkPtr link, bool with_snapshot);
  [[nodiscard]] Task<Status> send_snapshot(const FeedLinkPtr& link);
  [[nodiscard]] Result<bool> send_page(const FeedLinkPtr& link);

  const ServerContext& context_;
  const GateHubSettings settings_;
  const Duration counted_from_;  // since boot: as if the server had started then
  RemovedGates removed_;         // before the start; set by start()
  Executor& executor_;           // of the pump
  FeedRoom room_;
  SignedHeads heads_;

  std::mutex news_mutex_;
  std::vector<Published> news_;
  bool is_noted_ = false;

  // On the pump's executor.
  std::vector<Published> untold_;
  TellingPace pace_;
  Timer telling_timer_;
  bool is_telling_armed_ = false;

  mutable std::mutex floor_mutex_;
  JournalFloor floor_;
  std::optional<TimePoint> floor_read_at_;

  std::mutex waiters_mutex_;
  std::set<std::shared_ptr<Waiter>> waiters_;

  std::mutex keys_mutex_;
  std::shared_ptr<const KeySet> keys_;
  WebsocketFrame keys_frame_;

  Timer timer_;                   // on the pump's executor
  std::uint64_t seen_gates_ = 0;  // version of the table; in ticks only
};

}  // namespace curfew
