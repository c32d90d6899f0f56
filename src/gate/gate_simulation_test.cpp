// Seeded lives of a server and its gates among links that delay, break and stick, clocks that
// drift, processes that pause, die and are copied, and an older database that takes the journal's
// place.
//
// Checked at every tick, with the credential that each revocation outdates: no instance accepts it,
// or has a connection of it that still passes anything, once the ledger has said that the gate is
// complete; and no replica that knew of it forgets it (safety). Checked at the end: over dead links
// a revocation is complete when lease and drift are over, over good ones at once, and every gate
// works again (liveness).
//
// The same seed is the same life. After a failure:
//   CURFEW_GATE_SEED=<seed> gate_test -tc="*lives of a server*"
// CURFEW_GATE_SEEDS=<count> runs more of them.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <set>

#include "gate/follower/follower.hpp"
#include "gate/follower/reconnect.hpp"
#include "gate/follower/test_replica.hpp"
#include "gate/ledger/lease_ledger.hpp"

namespace curfew {

namespace {

using namespace std::chrono_literals;

constexpr Duration kTick = 20ms;
constexpr Duration kLease = 2s;
constexpr Duration kDrift = 250ms;
constexpr Duration kSilenceMax = 3s;           // a side that hears nothing gives the connection up
constexpr std::int64_t kRatePermilleMax = 40;  // (1 + r) / (1 - r) fits into 1 + drift / lease
constexpr std::size_t kUsers = 4;
constexpr std::size_t kInstancesMax = 3;
constexpr std::string_view kIssuer = "https://id.contoso.com";
const TimePoint kWallStart = from_unix_millis(1'700'000'000'000);
const Key kTenant{KeyKind::tenant, "tenant"};

const JwtSigner& server_key() {
  static const JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), "server"};
  return signer;
}

Result<Greeting> verify(std::string_view jws) {
  static const KeySet keys = KeySet::of(
      JwsKey::asymmetric("server", SignatureAlg::es256, server_key().verify_key()).value());
  return verify_greeting(jws, keys, kIssuer);
}

class SimDice {
 public:
  explicit SimDice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() { return engine_(); }
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool permille(std::uint64_t chance) { return below(1000) < chance; }
  Duration up_to(Duration most) {
    return Duration{static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most.count()) + 1))};
  }

 private:
  std::mt19937_64 engine_;
};

// A machine's clocks, each with a rate of its own.
struct Machine {
  std::int64_t rate_permille = 0;
  Duration boot_offset{};
  Duration wall_jump{};

  explicit Machine(SimDice& dice)
      : rate_permille(static_cast<std::int64_t>(dice.below(2 * kRatePermilleMax + 1)) -
                      kRatePermilleMax),
        boot_offset(dice.up_to(1000s)) {}
  [[nodiscard]] Duration boot(Duration now) const {
    return boot_offset + now + now * rate_permille / 1000;
  }
  [[nodiscard]] GateTime time(Duration now) const {
    return {boot(now), kWallStart + boot(now) + wall_jump};
  }
};

// One connection: two streams, each in its order.
struct Wire {
  struct Sent {
    Duration at;
    std::string text;
  };
  struct Stream {
    std::deque<Sent> sent;
    Duration stuck_until{};
    Duration last_heard{};

    void send(std::string text, Duration at) {
      if (!sent.empty()) at = std::max(at, sent.back().at);
      sent.push_back({at, std::move(text)});
    }
    std::optional<std::string> receive(Duration now) {
      if (sent.empty() || now < stuck_until || sent.front().at > now) return std::nullopt;
      std::string text = std::move(sent.front().text);
      sent.pop_front();
      last_heard = now;
      return text;
    }
  };
  AppId gate;
  Stream to_server;
  Stream to_gate;
  bool is_open = true;
};

// A revocation, and the credential that it outdates.
struct Revocation {
  Position position;
  std::string user;
  CredentialFacts credential;
  bool is_lost = false;          // by a rollback: nothing is claimed of it any more
  std::set<AppId> complete_for;  // gates of which the ledger said so

  [[nodiscard]] bool covers(const CredentialFacts& facts) const {
    return facts.stamps.auth_as_of < position &&
           std::ranges::find(facts.keys, credential.keys.back()) != facts.keys.end();
  }
};

struct Weather {  // how bad it is
  bool is_bad = true;
  bool are_links_dead = false;
};

struct World {
  SimDice dice;
  Duration now{};
  Weather weather;
  std::vector<AppId> gates;
  std::optional<std::string> violation;
  std::size_t claims = 0;
  std::size_t divergences = 0;
  std::size_t rollbacks_proved = 0;

  explicit World(std::uint64_t seed) : dice(seed) {}
  void fail(std::string what) {
    if (!violation) violation = std::move(what) + " at " + std::to_string(now.count()) + " ms";
  }
  Duration delay() {
    if (!weather.is_bad) return 5ms;
    return dice.permille(50) ? dice.up_to(1500ms) : dice.up_to(100ms);
  }
};

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
  void unblock(const std::string& user) { commit({KeyKind::user, user}, Effect::unblock); }

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
    std::erase_if(sessions_, [](const Session& session) { return !session.wire->is_open; });
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
  };
  struct Session {
    std::shared_ptr<Wire> wire;
    std::optional<FeedConnection> connection;  // greeted
    std::size_t sent_rows = 0;
    Duration entries_stuck_until{};
    std::set<Position> sent_early;
    Duration greeted_at{};
  };

  void commit(Key key, Effect effect) {
    const bool is_new_generation = rows_.empty() || generation_ != head().generation;
    const Position position = is_new_generation ? Position{generation_, 1} : head().next();
    rows_.push_back(
        {{std::move(key), effect, position, kWallStart + world_.now, effect == Effect::block},
         "h" + std::to_string(world_.dice.next())});
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
  [[nodiscard]] ChainHashAt hash_at(Position position) const {
    const auto row = row_at(position);
    return row ? ChainHashAt{rows_[*row].hash} : std::nullopt;
  }

  void send(Session& session, const ServerMessage& message) {
    session.wire->to_gate.send(to_json(message), world_.now + world_.delay());
  }

  void greet(Session& session, const ChainMark& yours) {
    Greeting greeting;
    greeting.issuer = kIssuer;
    greeting.node = "node";
    greeting.head = {head(), rows_.back().hash};
    greeting.at = kWallStart + world_.now;
    greeting.chain_hash_at_yours = hash_at(yours.position).value_or("");
    session.greeted_at = world_.now;
    send(session, ServerHello{sign_greeting(greeting, server_key()).value()});
  }

  void refuse(Session& session, const std::string& reason) {
    send(session, FeedRefusal{reason});
    session.wire->is_open = false;
  }

  void on(Session& session, const GateHello& hello) {
    if (!hello.greeting.empty()) {
      const auto shown = verify(hello.greeting);
      if (!shown.ok()) return world_.fail("a gate showed a greeting that nobody signed");
      if (judge_shown(*shown, head(), hash_at(shown->head.position)) ==
          ShownGreeting::rolled_back) {
        if (!was_rolled_back_) world_.fail("a rollback was proved that never was");
        if (!is_stopped_) ++world_.rollbacks_proved;
        is_stopped_ = true;
      }
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
    greet(session, hello.has);
    send(session, FeedPolicy{true});
    if (resume_from(hello.has, head(), {}, hash_at(hello.has.position)) == ResumeFrom::position) {
      session.sent_rows = *row_at(hello.has.position) + 1;
    } else {
      send_snapshot(session);
    }
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
        newest[slot] = entry;
      }
    }
    std::vector<ReplicaEntry> entries;
    for (auto& [slot, entry] : newest) entries.push_back(entry);
    std::ranges::sort(entries, {}, &ReplicaEntry::position);
    const auto half = static_cast<std::ptrdiff_t>(entries.size() / 2);
    SnapshotPart part{{head(), rows_.back().hash}, {}, {}, head(), 0, false, {}};
    part.entries.assign(entries.begin(), entries.begin() + half);
    send(session, part);
    part.part = 1;
    part.is_last = true;
    part.entries.assign(entries.begin() + half, entries.end());
    ledger_->sent(*session.connection, head());
    session.sent_rows = rows_.size();
    send(session, part);
  }

  void on(Session& session, const LeaseRequest& request) {
    const HeadReader reader = [&]() -> std::optional<Position> {
      return is_stopped_ ? std::nullopt : std::optional{head()};
    };
    const auto answer = ledger_->grant(*session.connection, request, reader, boot());
    if (answer.ok()) send(session, *answer);
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
    while (wire.is_open) {
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
    if (!wire.is_open && session.connection) ledger_->disconnect(*session.connection, boot());
    if (wire.is_open && session.connection) send_news(session);
  }

  void send_news(Session& session) {
    if (world_.weather.is_bad && world_.dice.permille(5)) {
      session.entries_stuck_until = world_.now + world_.dice.up_to(4s);
    }
    if (!world_.weather.is_bad) session.entries_stuck_until = {};
    send_early(session);
    if (world_.now - session.greeted_at >= 1s) greet(session, {});
    if (world_.now < session.entries_stuck_until || session.sent_rows >= rows_.size()) return;
    FeedEntries feed{false, rows_.back().hash, head(), {}, {}};
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
      if (is_urgent) send(session, FeedEntries{true, "", head(), {}, {entry}});
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
  Duration down_until_{};
  bool is_stopped_ = false;
  bool was_rolled_back_ = false;  // and not fenced since
};

// One start of a gate process, and the readers of its file.
class SimInstance {
 public:
  SimInstance(World& world, AppId gate, Machine machine, MapReplica::File file,
              FollowerMemory memory, std::set<std::size_t> knew)
      : gate(std::move(gate)),
        machine(machine),
        replica(std::move(file)),
        knew(std::move(knew)),
        world_(world),
        follower({.instance = GateInstanceId{"instance-" + std::to_string(world.dice.next()) +
                                             "-of-a-process"}},
                 replica, std::move(memory), verify, [this] { return world_.dice.next(); }),
        reconnect_(1, machine.boot(world.now), [this] { return world_.dice.next(); }) {}

  AppId gate;
  Machine machine;
  MapReplica replica;
  std::set<std::size_t> knew;  // revocations, by number, that this replica has refused by
  bool is_running = true;      // killed: its file and readers are still there

 private:
  World& world_;

 public:
  Follower follower;

  [[nodiscard]] GateTime time() const { return machine.time(world_.now); }

  void tick(SimServer& server) {
    misbehave();
    if (world_.now >= readers_at_) {
      replica.close_outdated(time());
      readers_at_ = world_.now + world_.dice.up_to(world_.weather.is_bad ? 400ms : 60ms);
    }
    if (!is_running || world_.now < paused_until_) return;
    if (!wire_) connect(server);
    if (wire_) hear();
    if (!wire_) return;
    take(follower.tick(time()));
    if (wire_ && !wire_->is_open && world_.now >= wire_->to_gate.stuck_until) broken();
    if (wire_ && world_.now - wire_->to_gate.last_heard > kSilenceMax) broken();
  }

  void kill() {
    is_running = false;
    if (wire_) wire_->is_open = false;
  }
  void calm() {
    paused_until_ = {};
    machine.wall_jump = {};
    if (wire_) wire_->to_gate.stuck_until = wire_->to_server.stuck_until = {};
  }
  void cut_links() {
    if (!wire_) return;
    wire_->to_gate.stuck_until = wire_->to_server.stuck_until = std::chrono::hours{1};
  }

 private:
  void misbehave() {
    SimDice& dice = world_.dice;
    if (!world_.weather.is_bad) return;
    if (dice.permille(2)) paused_until_ = world_.now + dice.up_to(4s);
    if (dice.permille(1)) machine.wall_jump += dice.up_to(3s) - 1500ms;
    if (!wire_) return;
    if (dice.permille(3)) wire_->to_gate.stuck_until = world_.now + dice.up_to(4s);
    if (dice.permille(3)) wire_->to_server.stuck_until = world_.now + dice.up_to(4s);
    if (dice.permille(2)) wire_->is_open = false;
  }

  void connect(SimServer& server) {
    if (machine.boot(world_.now) < reconnect_.next().at) return;
    const bool is_reachable = server.is_up() && !world_.weather.are_links_dead &&
                              !(world_.weather.is_bad && world_.dice.permille(300));
    if (!is_reachable) return reconnect_.failed(machine.boot(world_.now));
    wire_ = std::make_shared<Wire>();
    wire_->gate = gate;
    wire_->to_gate.last_heard = world_.now;
    server.accept(wire_);
    send(follower.connected(time()));
  }

  void send(const GateMessage& message) {
    wire_->to_server.send(to_json(message), world_.now + world_.delay());
  }

  void hear() {
    while (wire_) {
      const auto text = wire_->to_gate.receive(world_.now);
      if (!text) return;
      const auto message = read_server_message(*text);
      if (!message.ok()) return world_.fail("unreadable: " + message.error().message());
      take(follower.received(*message, time()));
    }
  }

  void take(const FollowerStep& step) {
    for (const GateMessage& message : step.send) send(message);
    if (follower.state() == FollowerState::following) {
      if (!is_good_) reconnect_.succeeded(machine.boot(world_.now));
      is_good_ = true;
    }
    if (!step.close) return;
    if (follower.state() == FollowerState::diverged) ++world_.divergences;
    broken();
  }

  void broken() {
    wire_->is_open = false;
    wire_.reset();
    is_good_ = false;
    follower.disconnected();
    reconnect_.failed(machine.boot(world_.now));
  }

  ReconnectPolicy reconnect_;
  std::shared_ptr<Wire> wire_;
  Duration paused_until_{};
  Duration readers_at_{};
  bool is_good_ = false;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : world_(with_gates(seed)), server_(world_) {
    for (const AppId& gate : world_.gates) {
      add({}, {}, {}, gate, Machine{world_.dice});
    }
    has_rollback_ = world_.dice.permille(400);
    ends_with_dead_links_ = world_.dice.permille(500);
  }

  World& run() {
    run_for(15s);
    if (has_rollback_) roll_back();
    run_for(10s);
    if (ends_with_dead_links_) {
      end_over_dead_links();
    } else {
      end_over_good_links();
    }
    return world_;
  }

 private:
  static World with_gates(std::uint64_t seed) {
    World world{seed};
    const std::uint64_t count = 1 + world.dice.below(3);
    for (std::uint64_t each = 0; each < count; ++each) {
      world.gates.push_back(AppId{"gate-" + std::to_string(each)});
    }
    return world;
  }

  void add(MapReplica::File file, FollowerMemory memory, std::set<std::size_t> knew,
           const AppId& gate, Machine machine) {
    instances_.push_back(std::make_unique<SimInstance>(world_, gate, machine, std::move(file),
                                                       std::move(memory), std::move(knew)));
  }

  void run_for(Duration time) {
    const Duration end = world_.now + time;
    while (world_.now < end && !world_.violation) tick();
  }

  void tick() {
    world_.now += kTick;
    if (world_.weather.is_bad) {
      happen();
      break_machines();
    }
    server_.tick();
    for (const auto& instance : instances_) instance->tick(server_);
    attack();
  }

  std::string a_user() { return "user-" + std::to_string(world_.dice.below(kUsers)); }

  void happen() {
    SimDice& dice = world_.dice;
    if (dice.permille(10) && server_.is_up()) {
      const std::string user = a_user();
      const bool is_block = dice.permille(600);
      server_.revoke(user, is_block ? Effect::block : Effect::reauth);
      blocked_[user] = blocked_[user] || is_block;
    }
    if (dice.permille(5) && server_.is_up()) {
      const std::string user = a_user();
      if (std::exchange(blocked_[user], false)) server_.unblock(user);
    }
    if (dice.permille(30)) open_connection();
    if (server_.needs_fence() && server_.is_up() && dice.permille(10)) fence();
  }

  // Somebody uses what they have for long.
  void open_connection() {
    SimInstance& instance = *instances_[world_.dice.below(instances_.size())];
    const Position stamp = server_.head();
    const CredentialFacts facts{CredentialClass::access,
                                {stamp, stamp},
                                kWallStart + std::chrono::hours{48},
                                {kTenant, {KeyKind::user, a_user()}}};
    instance.replica.open(facts, instance.time());
  }

  void break_machines() {
    SimDice& dice = world_.dice;
    if (dice.permille(2) && server_.is_up()) server_.restart(dice.up_to(1500ms));
    if (!dice.permille(6)) return;
    SimInstance& old = *instances_[dice.below(instances_.size())];
    old.kill();
    const std::uint64_t how = dice.below(4);
    MapReplica::File file = old.replica.file();
    FollowerMemory memory = old.follower.memory();
    const AppId gate = old.gate;
    if (how == 0) return fresh_start(gate);
    if (how == 1) {  // on another machine, from a copy; here its readers go on
      file.open.clear();
      memory.greeting.clear();
      memory.greeted = {};
      add(std::move(file), std::move(memory), old.knew, gate, Machine{dice});
    } else {  // in its place: the lease ends, the readers keep what they have open
      const Machine machine = old.machine;
      std::set<std::size_t> knew = old.knew;
      std::erase_if(instances_, [&](const auto& each) { return each.get() == &old; });
      add(std::move(file), std::move(memory), std::move(knew), gate, machine);
    }
    forget_oldest(gate);
  }

  void fresh_start(const AppId& gate) {
    add({}, {}, {}, gate, Machine{world_.dice});
    forget_oldest(gate);
  }

  // Machines that are switched off for good, with their readers.
  void forget_oldest(const AppId& gate) {
    const auto count =
        std::ranges::count_if(instances_, [&](const auto& each) { return each->gate == gate; });
    if (count <= static_cast<std::ptrdiff_t>(kInstancesMax)) return;
    const auto oldest =
        std::ranges::find_if(instances_, [&](const auto& each) { return each->gate == gate; });
    (*oldest)->kill();
    instances_.erase(oldest);
  }

  void roll_back() {
    const std::size_t rows = server_.row_count();
    if (rows < 3) return;
    server_.roll_back(rows - 1 - world_.dice.below(std::min<std::size_t>(rows - 2, 6)));
    blocked_.clear();
  }

  void fence() {
    server_.fence();
    blocked_.clear();
  }

  void attack() {
    const std::vector<Revocation>& revocations = server_.revocations();
    const bool asks_memory = ++attacks_ % 10 == 0;
    for (const auto& instance : instances_) {
      const GateTime time = instance->time();
      const bool has_lease = instance->replica.has_lease(time);
      for (std::size_t number = 0; number < revocations.size(); ++number) {
        if (asks_memory) check_memory(*instance, number);
        if (has_lease) try_out(*instance, revocations[number], time);
      }
    }
  }

  void try_out(const SimInstance& instance, const Revocation& revocation, GateTime time) {
    if (revocation.is_lost || !revocation.complete_for.contains(instance.gate)) return;
    if (instance.replica.accepts(revocation.credential, time)) {
      world_.fail(instance.gate.str() + " accepts what " + to_string(revocation.position) +
                  " outdates, after it was complete");
    }
    const bool is_open =
        std::ranges::any_of(instance.replica.open_connections(),
                            [&](const CredentialFacts& facts) { return revocation.covers(facts); });
    if (is_open) {
      world_.fail(instance.gate.str() + " has a connection open that " +
                  to_string(revocation.position) + " outdates, after it was complete");
    }
  }

  // That a key is blocked is another matter: it may be for an earlier reason, which ends.
  static bool knows(const MapReplica::File& file, const CredentialFacts& facts) {
    return std::ranges::any_of(facts.keys, [&](const Key& key) {
      const auto found = file.table.find(key);
      return found != file.table.end() && found->second.watermark.reauth > facts.stamps.auth_as_of;
    });
  }

  void check_memory(SimInstance& instance, std::size_t number) {
    const Revocation& revocation = server_.revocations()[number];
    if (knows(instance.replica.file(), revocation.credential)) {
      instance.knew.insert(number);
    } else if (instance.knew.contains(number)) {
      world_.fail(instance.gate.str() + " forgot " + to_string(revocation.position));
    }
  }

  void end_over_dead_links() {
    world_.weather = {.is_bad = false, .are_links_dead = true};
    for (const auto& instance : instances_) {
      instance->calm();
      instance->cut_links();
    }
    while (!server_.is_up() && !world_.violation) tick();
    if (server_.needs_fence()) fence();
    while (!server_.is_up() && !world_.violation) tick();
    server_.revoke("user-0", Effect::reauth);
    const Duration end = server_.boot() + kLease + kDrift;
    while (server_.boot() < end && !world_.violation) tick();
    run_for(2 * kTick);
    if (!server_.is_complete(server_.revocations().back())) {
      world_.fail("lease and drift are over, and the revocation is not complete");
    }
  }

  void end_over_good_links() {
    world_.weather = {.is_bad = false, .are_links_dead = false};
    for (const auto& instance : instances_) instance->calm();
    run_for(8s);  // every connection is made again, and every lease of before is over
    const bool is_diverged = std::ranges::any_of(instances_, [](const auto& each) {
      return each->follower.state() == FollowerState::diverged;
    });
    if (is_diverged || server_.needs_fence()) fence();
    for (const auto& instance : instances_) instance->calm();
    run_for(12s);
    for (const auto& instance : instances_) expect_service(*instance);
    server_.revoke("user-0", Effect::block);
    run_for(400ms);
    if (!server_.is_complete(server_.revocations().back())) {
      world_.fail("links are good, and the revocation is not complete at once");
    }
    for (const auto& instance : instances_) expect_service(*instance);
  }

  void expect_service(const SimInstance& instance) {
    if (!instance.is_running || world_.violation) return;
    const Position stamp = server_.head();
    const CredentialFacts fresh{CredentialClass::access,
                                {stamp, stamp},
                                kWallStart + std::chrono::hours{48},
                                {kTenant, {KeyKind::user, "somebody"}}};
    if (!instance.replica.accepts(fresh, instance.time())) {
      world_.fail(instance.gate.str() + " refuses everybody over good links; it is " +
                  std::string{to_string(instance.follower.state())});
    }
  }

  World world_;
  SimServer server_;
  std::vector<std::unique_ptr<SimInstance>> instances_;
  std::map<std::string, bool> blocked_;
  std::uint64_t attacks_ = 0;
  bool has_rollback_ = false;
  bool ends_with_dead_links_ = false;
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("in many lives of a server and its gates nothing passes that is complete") {
  const std::uint64_t only = number_from("CURFEW_GATE_SEED", 0);
  const std::uint64_t count = only != 0 ? 1 : number_from("CURFEW_GATE_SEEDS", 30);
  std::size_t claims = 0;
  std::size_t divergences = 0;
  std::size_t proved = 0;
  for (std::uint64_t at = 0; at < count; ++at) {
    const std::uint64_t seed = only != 0 ? only : at + 1;
    Simulation simulation{seed};
    const World& world = simulation.run();
    claims += world.claims;
    divergences += world.divergences;
    proved += world.rollbacks_proved;
    CHECK_MESSAGE(!world.violation, world.violation.value_or(""),
                  "; repeat with CURFEW_GATE_SEED=", seed,
                  " gate_test \"-tc=*lives of a server*\"");
    if (world.violation) return;
  }
  // It is of no use where nothing happens.
  if (count < 30) return;
  CHECK(claims > 500);
  CHECK(divergences > 0);
  CHECK(proved > 0);
  MESSAGE(claims, " claims, ", divergences, " divergences, ", proved, " rollbacks proved");
}

}  // namespace curfew
