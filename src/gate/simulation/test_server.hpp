// gate/simulation/test_server.hpp: a server with a journal of rows, which dies, starts again, and
// may find an older database in the place of its own.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gate/feed/handed_blocks.hpp"
#include "gate/feed/hello_outcome.hpp"
#include "gate/ledger/lease_ledger.hpp"
#include "gate/simulation/test_world.hpp"

namespace curfew::simulation {

class SimServer {
 public:
  explicit SimServer(World& world) : world_(world), machine_(world.dice) {
    commit(kTenant, Effect::reevaluate);
    start(GateOrigin::enrolled_now);
  }

  [[nodiscard]] Position head() const { return rows_.back().entry.position; }
  [[nodiscard]] bool is_up() const { return world_.now >= down_until_; }
  [[nodiscard]] bool needs_fence() const { return is_stopped_; }
  [[nodiscard]] Duration boot() const { return machine_.boot(world_.now); }
  [[nodiscard]] std::size_t row_count() const { return rows_.size(); }
  [[nodiscard]] std::vector<Revocation>& revocations() { return revocations_; }

  void accept(std::shared_ptr<Wire> wire) {
    wire->to_server.last_heard = world_.now;
    Session session;
    session.wire = std::move(wire);
    sessions_.push_back(std::move(session));
  }

  // Takes access away from a user who holds a credential of this very moment.
  void revoke(const std::string& user, Effect effect) {
    const Position before = head();
    const Key key{KeyKind::user, user};
    commit(key, effect);
    Revocation revocation;
    revocation.position = head();
    revocation.user = user;
    revocation.credential = {CredentialClass::access,
                             {before, before},
                             kWallStart + std::chrono::hours{48},
                             {kTenant, key}};
    revocations_.push_back(std::move(revocation));
  }
  void unblock(const std::string& user) {
    commit({KeyKind::user, user}, Effect::unblock);
    unblocked_at_[user] = std::max(unblocked_at_[user], head());
  }
  // The last time that anybody ended a block, also where that was lost.
  [[nodiscard]] Position unblocked_at(const std::string& user) const {
    const auto found = unblocked_at_.find(user);
    return found == unblocked_at_.end() ? Position{} : found->second;
  }

  void restart(Duration down) {
    down_until_ = world_.now + down;
    for (Session& session : sessions_) session.wire->is_open = false;
    sessions_.clear();
    start(GateOrigin::from_before);
  }
  // An older database takes the place of ours.
  void roll_back(std::size_t rows) {
    rows_.resize(rows);
    for (Revocation& revocation : revocations_) {
      revocation.is_lost = revocation.is_lost || revocation.position > head();
    }
    was_rolled_back_ = true;
    restart(world_.dice.up_to(500ms));
  }
  // The operator's: nothing issued before is good any more.
  void fence() {
    generation_ = head().generation + 1;
    const Position before = head();
    fences_.push_back({generation_, before});
    commit(kTenant, Effect::reauth);
    Revocation everything;
    everything.position = head();
    everything.user = "everybody";
    everything.credential = {
        CredentialClass::access, {before, before}, kWallStart + std::chrono::hours{48}, {kTenant}};
    revocations_.push_back(std::move(everything));
    is_stopped_ = false;
    was_rolled_back_ = false;
    restart(100ms);
  }

  void tick() {
    if (!is_up()) return;
    for (Session& session : sessions_) serve(session);
    std::erase_if(sessions_, [](const Session& session) { return !session.wire->is_served(); });
    ledger_->forget_ended(boot());
    claim();
  }
  [[nodiscard]] bool is_complete(const Revocation& revocation) const {
    return revocation.complete_for.size() == world_.gates.size();
  }

 private:
  struct Row {
    ReplicaEntry entry;
    std::string hash;
    std::string head;  // signed when it is asked for
  };
  struct Session {
    std::shared_ptr<Wire> wire;
    std::optional<FeedConnection> connection;  // greeted
    bool waits_for_blocks = false;             // of a gate of before the fence
    HandedBlocks handed;
    std::size_t sent_rows = 0;
    Duration entries_stuck_until{};
    std::set<Position> sent_early;
    Duration floor_sent_at{};
  };

  void commit(Key key, Effect effect) {
    const bool is_new_generation = rows_.empty() || generation_ != head().generation;
    const Position position = is_new_generation ? Position{generation_, 1} : head().next();
    rows_.push_back(
        {{std::move(key), effect, position, kWallStart + world_.now, effect == Effect::block},
         "h" + std::to_string(world_.dice.next()),
         ""});
  }

  void start(GateOrigin origin) {
    LedgerSettings settings;
    settings.lease = kLease;
    settings.drift = kDrift;
    ledger_.emplace(settings, machine_.boot(std::max(down_until_, world_.now)));
    for (const AppId& gate : world_.gates) {
      if (!ledger_->add_gate(gate, true, origin).ok()) world_.fail("a gate could not be added");
    }
  }

  [[nodiscard]] std::optional<std::size_t> row_at(Position position) const {
    const auto found =
        std::ranges::find(rows_, position, [](const Row& row) { return row.entry.position; });
    if (found == rows_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - rows_.begin());
  }
  [[nodiscard]] std::optional<std::string> hash_at(Position position) const {
    const auto row = row_at(position);
    return row ? std::optional{rows_[*row].hash} : std::nullopt;
  }
  // One signature for all gates.
  const std::string& signed_head() {
    Row& last = rows_.back();
    if (last.head.empty()) {
      last.head = sign_head(kIssuer, {last.entry.position, last.hash}, server_key()).value().jws;
    }
    return last.head;
  }

  void send(Session& session, const ServerMessage& message) {
    session.wire->to_gate.send(to_json(message), world_.now + world_.delay());
  }

  void refuse(Session& session, const std::string& reason, bool is_rolled_back = false) {
    send(session, FeedRefusal{reason, is_rolled_back});
    session.wire->is_refused = true;
  }

  void on(Session& session, const GateHello& hello) {
    std::optional<ChainMark> shown;
    if (!hello.head.empty()) {
      const auto verified = verify(hello.head);
      if (!verified.ok()) return world_.fail("a gate showed a head that nobody signed");
      shown = *verified;
    }
    const HelloOutcome outcome = judge_hello(
        hello.has, shown,
        {head(), {}, hash_at(hello.has.position), hash_at(shown.value_or(ChainMark{}).position)});
    if (outcome.start == FeedStart::rollback_proved) {
      if (!was_rolled_back_) world_.fail("a rollback was proved that never was");
      if (!is_stopped_) ++world_.rollbacks_proved;
      is_stopped_ = true;
      return refuse(session, "this server was rolled back", true);
    }
    const auto connected =
        ledger_->connect(session.wire->gate, hello.instance, hello.has.position, boot());
    if (!connected.ok()) {
      note_refusal(connected.error());
      return refuse(session, connected.error().message());
    }
    for (Session& other : sessions_) {
      if (connected->replaced && other.connection == connected->replaced) {
        other.wire->is_open = false;
      }
    }
    session.connection = connected->connection;
    session.waits_for_blocks = outcome.hands_over_blocks;
    // Written down before our hello takes its place at the gate.
    if (shown && proves_lost_journal(*shown, head(), hash_at(shown->position))) {
      Position& proof = proofs_[{session.wire->gate, generation_}];
      proof = std::max(proof, shown->position);
    }
    send(session, ServerHello{kGateProtocolVersion,
                              "node",
                              {},
                              signed_head(),
                              hash_at(hello.has.position).value_or(""),
                              outcome.hands_over_blocks});
    if (outcome.hands_over_blocks) return;
    send(session, FeedPolicy{GateMode::strict, newest_stamp()});
    if (outcome.start == FeedStart::position) {
      session.sent_rows = *row_at(hello.has.position) + 1;
    } else {
      send_snapshot(session);
    }
  }

  // They are written before anything of this generation is sent to who had them.
  void on(Session& session, const GateBlocks& blocks) {
    if (!session.waits_for_blocks) return world_.fail("a gate handed over what nobody asked for");
    const Status taken = session.handed.add(blocks, generation_);
    if (!taken.ok()) return world_.fail("an honest gate's blocks: " + taken.error().message());
    if (!session.handed.is_whole()) return;
    for (const GateBlock& block : session.handed.all()) {
      const auto row = row_at(block.position);
      const auto entry = row ? std::optional{rows_[*row].entry} : std::nullopt;
      check_claim(session, block, entry);
      if (!is_lost(block, entry) || is_blocked(block.key)) continue;
      commit(block.key, Effect::block);
      ++world_.blocks_written;
    }
    session.waits_for_blocks = false;
    send(session, FeedPolicy{GateMode::strict, newest_stamp()});
    send_snapshot(session);
  }
  // Whoever was there and can prove it is believed. What came ahead of any proof is written here
  // all the same, for gates here are honest; a real server lists it.
  void check_claim(const Session& session, const GateBlock& block,
                   const std::optional<ReplicaEntry>& entry) {
    const auto proof = proofs_.find({session.wire->gate, generation_});
    if (proof == proofs_.end() || block.position > proof->second || !is_lost(block, entry)) return;
    const auto fence = std::ranges::find_if(
        fences_, [&](const auto& one) { return one.first > proof->second.generation; });
    if (fence == fences_.end()) return world_.fail("a gate proves what no fence has left behind");
    const LostJournal lost{proof->second, fence->second, true};
    if (judge_claim(block, entry, lost) != BlockClaim::lost) {
      world_.fail("an honest gate that proves where it was is not believed");
    }
  }
  [[nodiscard]] bool is_blocked(const Key& key) const {
    bool is_blocked = false;
    for (const Row& row : rows_) {
      if (row.entry.key != key) continue;
      if (row.entry.effect == Effect::block) is_blocked = true;
      if (row.entry.effect == Effect::unblock) is_blocked = false;
    }
    return is_blocked;
  }

  [[nodiscard]] Position newest_stamp() const { return is_stopped_ ? head() : Position{}; }

  // Nothing new but the floor: that we are there.
  void send_floor(Session& session) {
    session.floor_sent_at = world_.now;
    send(session, FeedEntries{});
  }

  // For each key the newest reauth or block, and the newest reevaluate, in two parts.
  void send_snapshot(Session& session) {
    std::map<std::pair<Key, bool>, ReplicaEntry> newest;
    for (const Row& row : rows_) {
      ReplicaEntry entry = row.entry;
      const std::pair<Key, bool> slot{entry.key, entry.effect == Effect::reevaluate};
      if (entry.effect == Effect::unblock) {
        newest.at(slot).effect = Effect::reauth;  // what the block was besides
        newest.at(slot).is_blocked_after = false;
      } else {
        const auto known = newest.find(slot);
        const bool stays_blocked = known != newest.end() && known->second.effect == Effect::block;
        if (stays_blocked) entry.effect = Effect::block;
        newest[slot] = entry;
      }
    }
    std::vector<ReplicaEntry> entries;
    for (auto& [slot, entry] : newest) entries.push_back(entry);
    std::ranges::sort(entries, {}, &ReplicaEntry::position);
    const auto half = static_cast<std::ptrdiff_t>(entries.size() / 2);
    SnapshotPart part{head(), {}, {}, newest_stamp(), 0, false, "", {}};
    part.entries.assign(entries.begin(), entries.begin() + half);
    send(session, part);
    part.part = 1;
    part.is_last = true;
    part.head = signed_head();
    part.entries.assign(entries.begin() + half, entries.end());
    ledger_->sent(*session.connection, head());
    session.sent_rows = rows_.size();
    send(session, part);
  }

  void on(Session& session, const LeaseRequest& request) {
    const HeadReader reader = [&]() -> std::optional<Position> {
      return is_stopped_ ? std::nullopt : std::optional{head()};
    };
    auto answer = ledger_->grant(*session.connection, request, reader, boot());
    if (answer.ok()) {
      answer->head = signed_head();
      send(session, *answer);
    }
    if (!answer.ok() && answer.error().retry() != Retry::later) {
      refuse(session, answer.error().message());
    }
  }

  void on(Session& session, const FeedAck& ack) {
    const Status done = ledger_->acknowledge(*session.connection, ack.position, boot());
    if (done.ok()) return;
    note_refusal(done.error());
    refuse(session, done.error().message());
  }

  // Gates here keep to the protocol, so only a journal that changed can break it.
  void note_refusal(const Error& error) {
    if (!was_rolled_back_ && error.code() == ErrorCode::protocol) {
      world_.fail("an honest gate was refused: " + error.message());
    }
  }

  void serve(Session& session) {
    Wire& wire = *session.wire;
    while (wire.is_served()) {
      const auto text = wire.to_server.receive(world_.now);
      if (!text) break;
      const auto message = read_gate_message(*text);
      if (!message.ok()) return world_.fail("unreadable: " + message.error().message());
      if (!session.connection && !std::holds_alternative<GateHello>(*message)) {
        return world_.fail("a gate did not say hello first");
      }
      std::visit([&](const auto& each) { on(session, each); }, *message);
    }
    if (world_.now - wire.to_server.last_heard > kSilenceMax) wire.is_open = false;
    if (!wire.is_served() && session.connection) ledger_->disconnect(*session.connection, boot());
    if (wire.is_served() && session.connection && !session.waits_for_blocks) send_news(session);
  }

  void send_news(Session& session) {
    if (world_.weather.is_bad && world_.dice.permille(5)) {
      session.entries_stuck_until = world_.now + world_.dice.up_to(4s);
    }
    if (!world_.weather.is_bad) session.entries_stuck_until = {};
    send_early(session);
    if (world_.now - session.floor_sent_at >= 1s) send_floor(session);
    if (world_.now < session.entries_stuck_until || session.sent_rows >= rows_.size()) return;
    FeedEntries feed{false, {}, signed_head(), {}};
    for (; session.sent_rows < rows_.size(); ++session.sent_rows) {
      feed.entries.push_back(rows_[session.sent_rows].entry);
    }
    ledger_->sent(*session.connection, head());
    send(session, feed);
  }

  // Blocks overtake what is stuck.
  void send_early(Session& session) {
    for (std::size_t row = session.sent_rows; row < rows_.size(); ++row) {
      const ReplicaEntry& entry = rows_[row].entry;
      const bool is_urgent = entry.effect == Effect::block && world_.dice.permille(500) &&
                             session.sent_early.insert(entry.position).second;
      if (is_urgent) send(session, FeedEntries{true, {entry}, "", {}});
    }
  }

  void claim() {
    if (is_stopped_) return;
    for (Revocation& revocation : revocations_) {
      if (revocation.is_lost) continue;
      for (const AppId& gate : world_.gates) {
        if (!ledger_->is_complete(gate, revocation.position, boot())) continue;
        if (revocation.complete_for.insert(gate).second) ++world_.claims;
      }
    }
  }

  World& world_;
  Machine machine_;
  std::vector<Row> rows_;
  std::uint64_t generation_ = 1;
  std::optional<LeaseLedger> ledger_;
  std::vector<Session> sessions_;
  std::vector<Revocation> revocations_;
  std::map<std::string, Position> unblocked_at_;
  std::vector<std::pair<std::uint64_t, Position>> fences_;      // generation, and the head before
  std::map<std::pair<AppId, std::uint64_t>, Position> proofs_;  // by gate and generation
  Duration down_until_{};
  bool is_stopped_ = false;
  bool was_rolled_back_ = false;  // and not fenced since
};

}  // namespace curfew::simulation
