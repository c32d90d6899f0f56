// tests/support/gate_feed_site.hpp: a server that gates follow, over TLS on this machine, and
// gates that follow it: as they should, or as they should not.
#pragma once

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/gate_feed/gate_hub.hpp"
#include "gate/feed/signed_head.hpp"
#include "gate/follower/follower.hpp"
#include "gate/follower/test_map_replica.hpp"
#include "io/http_server.hpp"
#include "io/websocket/test_websocket.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

inline GateHubSettings usual_feed() {
  GateHubSettings settings;
  settings.ledger.lease = std::chrono::seconds{10};
  settings.ledger.drift = std::chrono::seconds{1};
  return settings;
}

// A head signed by the server's own key, whether its journal has it or not.
inline std::string signed_by_server(ServerFixture& server, const ChainMark& mark) {
  const SignPayload sign = [&](std::string_view typ, std::string_view payload) {
    return server.keys->sign(TokenAlg::es256, typ, payload);
  };
  return sign_head(server.context->issuer(), mark, sign).value().jws;
}

// Speaks the protocol, and nothing of it by itself. Waits for what it receives.
class FeedClient {
 public:
  FeedClient(Runtime& runtime, std::shared_ptr<WebsocketSession> session)
      : runtime_(&runtime), session_(std::move(session)) {}

  bool send_text(const std::string& text) {
    return session_->send({.is_text = true, .payload = text});
  }
  bool send(const GateMessage& message) { return send_text(to_json(message)); }
  // Nothing: it was closed.
  std::optional<ServerMessage> next() {
    const auto message = testing::receive(*runtime_, *session_);
    if (!message) return std::nullopt;
    auto read = read_server_message(message->payload);
    REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error().message()));
    return std::move(read).value();
  }
  // The next of its kind; what comes before is let go. Nothing: it was closed.
  template <typename Message>
  std::optional<Message> find() {
    while (auto message = next()) {
      if (auto* const found = std::get_if<Message>(&*message)) return std::move(*found);
    }
    return std::nullopt;
  }
  // Whether a lease can be had now; false once it was closed.
  bool gets_lease() { return send(LeaseRequest{++request_}) && find<LeaseAnswer>().has_value(); }
  // Says hello with what it has, and is greeted; nothing: it was closed.
  std::optional<ServerHello> greet(const std::string& instance, const ChainMark& has = {},
                                   const std::string& head = "") {
    GateHello hello;
    hello.instance = GateInstanceId{instance};
    hello.has = has;
    hello.head = head;
    hello.has_uncut_requests = has_uncut_requests;
    hello.program_version = program_version;
    send(hello);
    return find<ServerHello>();
  }
  std::optional<bool> has_uncut_requests = false;  // as its hello says
  std::string program_version;                     // the same

  // Why the server closes it.
  std::string refusal() {
    const auto refused = find<FeedRefusal>();
    const bool is_closed = !next();
    return refused && is_closed ? refused->reason : "";
  }
  void close() {
    session_->close(kCloseNormal, "");
    while (next()) {
    }
  }
  [[nodiscard]] WebsocketSession& session() { return *session_; }

 private:
  Runtime* runtime_;
  std::shared_ptr<WebsocketSession> session_;
  std::int64_t request_ = 0;
};

class GateFeedSite {
 public:
  explicit GateFeedSite(ServerFixture& server, GateHubSettings settings = usual_feed())
      : server_(server), runtime_(1), identity_(testing::make_identity()) {
    ca_file_ = directory_.path("ca.pem");
    std::ofstream{ca_file_} << identity_.certificate_chain_pem;
    start(std::move(settings));
  }
  ~GateFeedSite() { stop(); }
  GateFeedSite(const GateFeedSite&) = delete;
  GateFeedSite& operator=(const GateFeedSite&) = delete;

  // What a process forgets is forgotten.
  void restart(GateHubSettings settings = usual_feed()) {
    stop();
    start(std::move(settings));
  }
  testing::Opened open(const std::string& token) {
    WebsocketCall call;
    call.url = "wss://127.0.0.1:" + std::to_string(http_->bound()[0].port) + "/curfew/v1/gate";
    call.trust = make_client_tls_context(ca_file_).value();
    call.bearer = Secret{token};
    call.subprotocol = std::string{kGateProtocol};
    call.random = testing::random_for_tests;
    return testing::open(runtime_, std::move(call));
  }
  FeedClient connect(const std::string& token) {
    auto opened = open(token);
    REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().message()));
    return {runtime_, std::move(opened).value()};
  }
  // What is due by the clock, on a thread of the server's.
  void tick() {
    std::promise<void> done;
    server_.runtime->executor(0).post([&] {
      hub_->tick();
      done.set_value();
    });
    done.get_future().wait();
  }
  [[nodiscard]] GateHub& hub() { return *hub_; }
  [[nodiscard]] std::shared_ptr<GateHub> shared_hub() { return hub_; }
  [[nodiscard]] HttpServer& http() { return *http_; }

 private:
  void start(GateHubSettings settings) {
    hub_ = std::make_shared<GateHub>(*server_.context, std::move(settings));
    REQUIRE(hub_->start().ok());
    server_.context->gate_hub = hub_.get();
    HttpServerOptions options;
    options.listeners.emplace_back(
        TlsListener{.address = "127.0.0.1", .port = 0, .asks_for_certificate = false});
    options.tls = {.certificate_chain_pem = identity_.certificate_chain_pem,
                   .private_key_pem = Secret{std::string{identity_.private_key_pem.reveal()}}};
    auto started = HttpServer::start(
        *server_.runtime, std::move(options),
        [this](HttpRequest request) { return route(*server_.context, std::move(request)); });
    REQUIRE(started.ok());
    http_ = std::move(started).value();
  }
  void stop() {
    http_.reset();
    server_.context->gate_hub = nullptr;
    hub_.reset();
  }

  ServerFixture& server_;
  testing::TemporaryDirectory directory_;
  std::string ca_file_;
  Runtime runtime_;  // of the gates
  TlsIdentity identity_;
  std::shared_ptr<GateHub> hub_;
  std::unique_ptr<HttpServer> http_;
};

// A gate that does as it should, with a replica in memory.
class FollowedGate {
 public:
  FollowedGate(ServerFixture& server, FeedClient client, const std::string& instance,
               FollowerMemory memory = {}, MapReplica::File file = {})
      : server_(server),
        client_(std::move(client)),
        replica_(std::move(file)),
        follower_(
            FollowerSettings{GateInstanceId{instance}, Duration{0}}, replica_, std::move(memory),
            [&server](std::string_view jws) {
              return verify_head(jws, *server.keys->verify_keys(), server.context->issuer());
            },
            [] { return 0; }) {
    client_.send(follower_.connected(now()));
  }

  // Takes what comes until it is so. False: the connection was closed, or should be.
  template <typename Condition>
  bool until(Condition is_so) {
    while (!is_so()) {
      const auto message = client_.next();
      if (!message) return false;
      if (!take(follower_.received(*message, now()))) return false;
    }
    return true;
  }
  // It has everything up to there, and has said so.
  bool reaches(Position position) {
    return until([&] { return follower_.settled() >= position; });
  }
  bool has_lease() const { return replica_.has_lease(now()); }
  [[nodiscard]] Verdict verdict(const CredentialFacts& facts) const {
    return replica_.verdict(facts, server_.clock.now());
  }
  [[nodiscard]] MapReplica& replica() { return replica_; }
  [[nodiscard]] Follower& follower() { return follower_; }
  [[nodiscard]] FeedClient& client() { return client_; }

 private:
  [[nodiscard]] GateTime now() const { return {server_.clock.since_boot(), server_.clock.now()}; }
  bool take(const FollowerStep& step) {
    for (const GateMessage& message : step.send) client_.send(message);
    return !step.close;
  }

  ServerFixture& server_;
  FeedClient client_;
  MapReplica replica_;
  Follower follower_;
};

}  // namespace curfew::test
