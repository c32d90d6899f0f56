// apps/curfew-gate/test_feed_server.hpp: for tests only: a Curfew server as a gate sees it, over
// real TLS and WebSockets: tokens, keys, and a feed with the server's own LeaseLedger behind it.
//
// What a test does to it takes effect at once; what it asks waits until it is so. Any thread.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "gate/feed/hello_outcome.hpp"
#include "gate/feed/message.hpp"
#include "gate/feed/signed_head.hpp"
#include "gate/ledger/lease_ledger.hpp"
#include "io/http_server.hpp"
#include "io/test_peer.hpp"
#include "io/websocket/websocket_server.hpp"
#include "protocol/jose/jwk.hpp"

namespace curfew::testing {

// Whether it becomes so; far more time than it takes.
inline bool eventually(const std::function<bool()>& condition) {
  const Duration until = SystemClock{}.since_boot() + std::chrono::seconds{kTestTimeMax};
  while (!condition()) {
    if (SystemClock{}.since_boot() > until) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

class TestFeedServer {
 public:
  inline static const AppId kGate{"11111111-2222-4333-8444-555555555555"};

  // What is wrong with it; nothing at first.
  struct Faults {
    bool greets = true;
    bool answers_leases = true;
    bool talks_nonsense = false;
  };

  // The lease outlasts a slow machine's pauses, unless a test waits for its end.
  explicit TestFeedServer(Duration lease = std::chrono::seconds{30})
      : lease_(lease),
        signer_(SigningKey::generate(SignatureAlg::es256).value(), "server"),
        identity_(make_identity()),
        runtime_(1) {
    commit({KeyKind::tenant, "tenant"}, Effect::reevaluate);
    forget_leases(GateOrigin::enrolled_now);
    HttpServerOptions options;
    options.listeners.emplace_back(
        TlsListener{.address = "127.0.0.1", .port = 0, .asks_for_certificate = false});
    options.tls = {.certificate_chain_pem = identity_.certificate_chain_pem,
                   .private_key_pem = Secret{std::string{identity_.private_key_pem.reveal()}}};
    auto started = HttpServer::start(runtime_, std::move(options), [this](HttpRequest request) {
      return handle(std::move(request));
    });
    REQUIRE(started.ok());
    http_ = std::move(started).value();
  }

  [[nodiscard]] std::string url() const {
    return "https://localhost:" + std::to_string(http_->bound()[0].port);
  }
  [[nodiscard]] const std::string& ca_pem() const { return identity_.certificate_chain_pem; }
  // What the enrolment answers.
  [[nodiscard]] boost::json::object enrolment() const {
    return {{"client_id", kGate.str()},
            {"name", "edge"},
            {"mode", "strict"},
            {"tenant_id", "tenant"},
            {"issuer", kIssuer},
            {"servers", boost::json::array{url()}},
            {"token_endpoint", url() + "/t/token"},
            {"jwks_uri", url() + "/t/keys"},
            {"jwks", boost::json::parse(jwks())},
            {"resource", "api://curfew-gate-feed"}};
  }

  // The journal.

  Position commit(Key key, Effect effect) {
    const std::lock_guard lock(mutex_);
    const bool is_new = rows_.empty() || rows_.back().entry.position.generation != generation_;
    const Position position = is_new ? Position{generation_, 1} : head().next();
    rows_.push_back(
        {{std::move(key), effect, position, SystemClock{}.now(), effect == Effect::block},
         "hash-" + std::to_string(++hashes_)});
    for (auto& session : sessions_) send_news(*session);
    return position;
  }
  Position block(const std::string& user) { return commit({KeyKind::user, user}, Effect::block); }
  [[nodiscard]] Position head_now() {
    const std::lock_guard lock(mutex_);
    return head();
  }
  // An older database takes the place of this one, and other entries are written.
  void roll_back(std::size_t rows) {
    {
      const std::lock_guard lock(mutex_);
      rows_.resize(rows_.size() - rows);
      forget_leases(GateOrigin::from_before);
    }
    end_sessions();
  }
  void fence() {
    {
      const std::lock_guard lock(mutex_);
      ++generation_;
      is_stopped_ = false;
    }
    commit({KeyKind::tenant, "tenant"}, Effect::reauth);
    end_sessions();
  }

  // The server.

  void set_faults(const Faults& faults) {
    const std::lock_guard lock(mutex_);
    faults_ = faults;
  }
  // Every token so far is good for nothing, and what was opened with one is closed.
  void outdate_tokens() {
    {
      const std::lock_guard lock(mutex_);
      token_ = "";
    }
    end_sessions();
  }
  void end_sessions() {
    const std::lock_guard lock(mutex_);
    for (const auto& session : sessions_) session->socket->close(kCloseGoingAway, "a test");
  }
  struct Seen {
    int tokens = 0;
    int connections = 0;
    int refused = 0;  // 401
    int snapshots = 0;
    bool is_rollback_proved = false;
    Position acknowledged;
    std::vector<std::string> instances;
    std::vector<GateBlock> blocks;  // that gates handed over after a fence
  };
  [[nodiscard]] Seen seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] bool is_acknowledged(Position position) {
    return eventually([&] { return seen().acknowledged >= position; });
  }
  [[nodiscard]] bool is_complete(Position position) {
    const std::lock_guard lock(mutex_);
    return ledger_->is_complete(kGate, position, SystemClock{}.since_boot());
  }

  static constexpr const char* kIssuer = "https://s.test/t/v2.0";

 private:
  struct Row {
    ReplicaEntry entry;
    std::string hash;
  };
  struct Session {
    std::shared_ptr<WebsocketSession> socket;
    std::optional<FeedConnection> connection;
    std::size_t sent_rows = 0;
    bool waits_for_blocks = false;
  };

  [[nodiscard]] std::string jwks() const {
    return serialize_jwks({serialize_jwk(signer_.verify_key(), SignatureAlg::es256, "server")});
  }
  [[nodiscard]] Position head() const { return rows_.back().entry.position; }
  [[nodiscard]] std::string signed_head() const {
    return sign_head(kIssuer, {head(), rows_.back().hash}, signer_).value().jws;
  }
  [[nodiscard]] std::optional<std::size_t> row_at(Position position) const {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (rows_[row].entry.position == position) return row;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> hash_at(Position position) const {
    const auto row = row_at(position);
    return row ? std::optional{rows_[*row].hash} : std::nullopt;
  }
  void forget_leases(GateOrigin origin) {
    ledger_.emplace(LedgerSettings{.lease = lease_, .drift = Duration{250}},
                    SystemClock{}.since_boot());
    REQUIRE(ledger_->add_gate(kGate, true, origin).ok());
  }

  Task<HttpResponse> handle(HttpRequest request) {
    const std::lock_guard lock(mutex_);
    if (request.path() == "/t/token") {
      token_ = "token-" + std::to_string(++seen_.tokens);
      co_return HttpResponse::json(
          200, R"({"access_token":")" + token_ + R"(","token_type":"Bearer","expires_in":3600})");
    }
    if (request.path() == "/t/keys") co_return HttpResponse::json(200, jwks());
    const auto bearer = request.headers.single("Authorization");
    const bool is_known =
        !token_.empty() && bearer.ok() && *bearer && **bearer == "Bearer " + token_;
    if (!is_known) {
      ++seen_.refused;
      co_return HttpResponse::text(401, "who are you");
    }
    co_return accept_websocket(
        request, {.subprotocols = {std::string{kGateProtocol}}, .limits = {}},
        [this](std::shared_ptr<WebsocketSession> socket) { return serve(std::move(socket)); });
  }

  Task<Done> serve(std::shared_ptr<WebsocketSession> socket) {
    auto session = std::make_shared<Session>();
    session->socket = socket;
    note([&] {
      ++seen_.connections;
      sessions_.push_back(session);
    });
    for (;;) {
      const std::optional<WebsocketMessage> message = co_await socket->receive();
      if (!message) break;
      note([&] { hear(*session, message->payload); });
    }
    note([&] {
      if (session->connection)
        ledger_->disconnect(*session->connection, SystemClock{}.since_boot());
      std::erase(sessions_, session);
    });
    co_return Done{};
  }
  void note(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
  }

  static void send(const Session& session, const ServerMessage& message) {
    session.socket->send({.is_text = true, .payload = to_json(message)});
  }
  static void refuse(const Session& session, const std::string& why, bool is_rolled_back = false) {
    send(session, FeedRefusal{why, is_rolled_back});
    session.socket->close(kCloseNormal, "");
  }

  void hear(Session& session, const std::string& text) {
    if (faults_.talks_nonsense) session.socket->send({.is_text = true, .payload = "{\"type\":1}"});
    const auto message = read_gate_message(text);
    if (!message.ok()) return refuse(session, message.error().message());
    std::visit([&](const auto& each) { on(session, each); }, *message);
  }
  void on(Session& session, const GateHello& hello) {
    if (!faults_.greets) return;
    seen_.instances.push_back(hello.instance.str());
    std::optional<ChainMark> shown;
    if (!hello.head.empty()) {
      const KeySet keys = parse_jwks(jwks()).value();
      const auto verified = verify_head(hello.head, keys, kIssuer);
      if (verified.ok()) shown = *verified;
    }
    const HelloOutcome outcome = judge_hello(
        hello.has, shown,
        {head(), {}, hash_at(hello.has.position), hash_at(shown.value_or(ChainMark{}).position)});
    if (outcome.start == FeedStart::rollback_proved) {
      seen_.is_rollback_proved = is_stopped_ = true;
      return refuse(session, "this server was rolled back", true);
    }
    const auto connected =
        ledger_->connect(kGate, hello.instance, hello.has.position, SystemClock{}.since_boot());
    if (!connected.ok()) return refuse(session, connected.error().message());
    session.connection = connected->connection;
    send(session, ServerHello{kGateProtocolVersion,
                              "node",
                              {},
                              signed_head(),
                              hash_at(hello.has.position).value_or(""),
                              outcome.hands_over_blocks});
    session.waits_for_blocks = outcome.hands_over_blocks;
    if (session.waits_for_blocks) return;
    send(session, FeedPolicy{});
    send(session, FeedKeys{jwks()});
    if (outcome.start == FeedStart::position) {
      session.sent_rows = *row_at(hello.has.position) + 1;
      return send_news(session);
    }
    send_snapshot(session);
  }
  // Tests block and reauth only, so the newest entry of each key is all of it.
  void send_snapshot(Session& session) {
    ++seen_.snapshots;
    std::map<std::pair<Key, bool>, ReplicaEntry> newest;
    for (const Row& row : rows_) {
      newest[{row.entry.key, row.entry.effect == Effect::reevaluate}] = row.entry;
    }
    SnapshotPart part{head(), {}, {}, {}, 0, true, signed_head(), {}};
    for (const auto& [slot, entry] : newest) part.entries.push_back(entry);
    std::ranges::sort(part.entries, {}, &ReplicaEntry::position);
    ledger_->sent(*session.connection, head());
    session.sent_rows = rows_.size();
    send(session, part);
  }
  void send_news(Session& session) {
    const bool may_hear = session.connection && !session.waits_for_blocks;
    if (!may_hear || session.sent_rows >= rows_.size()) return;
    FeedEntries feed{false, {}, signed_head(), {}};
    for (; session.sent_rows < rows_.size(); ++session.sent_rows) {
      feed.entries.push_back(rows_[session.sent_rows].entry);
    }
    ledger_->sent(*session.connection, head());
    send(session, feed);
  }
  void on(Session& session, const LeaseRequest& request) {
    if (!faults_.answers_leases || !session.connection) return;
    const HeadReader reader = [&]() -> std::optional<Position> {
      return is_stopped_ ? std::nullopt : std::optional{head()};
    };
    auto answer = ledger_->grant(*session.connection, request, reader, SystemClock{}.since_boot());
    if (!answer.ok()) return refuse(session, answer.error().message());
    answer->head = signed_head();
    send(session, *answer);
  }
  void on(Session& session, const FeedAck& ack) {
    const Duration now = SystemClock{}.since_boot();
    const Status done = ledger_->acknowledge(*session.connection, ack.position, now);
    if (!done.ok()) return refuse(session, done.error().message());
    seen_.acknowledged = ack.position;
  }
  void on(Session& session, const GateBlocks& blocks) {
    seen_.blocks.insert(seen_.blocks.end(), blocks.blocks.begin(), blocks.blocks.end());
    if (!blocks.is_last || !std::exchange(session.waits_for_blocks, false)) return;
    send(session, FeedPolicy{});
    send_snapshot(session);
  }

  std::mutex mutex_;
  Duration lease_;
  JwtSigner signer_;
  TlsIdentity identity_;
  std::vector<Row> rows_;
  std::uint64_t generation_ = 1;
  int hashes_ = 0;
  bool is_stopped_ = false;
  std::string token_;
  Faults faults_;
  Seen seen_;
  std::optional<LeaseLedger> ledger_;
  std::vector<std::shared_ptr<Session>> sessions_;
  Runtime runtime_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace curfew::testing
