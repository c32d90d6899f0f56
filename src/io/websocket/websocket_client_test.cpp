// The WebSocket client against our own server, and against servers that are none.
#include "io/websocket/websocket_client.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <future>
#include <string>

#include "io/dial.hpp"
#include "io/websocket/test_websocket.hpp"

using namespace curfew;
using namespace curfew::testing;

namespace {

// A TLS server, and what its clients trust.
struct TlsFeed {
  explicit TlsFeed(std::string address = "127.0.0.1") : runtime(2), identity(make_identity()) {
    HttpServerOptions options;
    options.listeners.emplace_back(
        TlsListener{.address = std::move(address), .port = 0, .asks_for_certificate = false});
    options.tls = {.certificate_chain_pem = identity.certificate_chain_pem,
                   .private_key_pem = Secret{std::string{identity.private_key_pem.reveal()}}};
    auto started = HttpServer::start(runtime, std::move(options), hub.handler());
    REQUIRE(started.ok());
    http = std::move(started).value();
    ca_file = directory.path("ca.pem");
    std::ofstream{ca_file} << identity.certificate_chain_pem;
  }
  [[nodiscard]] std::string url(const std::string& host, const std::string& path = "/feed") const {
    return "wss://" + host + ":" + std::to_string(http->bound()[0].port) + path;
  }
  [[nodiscard]] TlsContext trust() const { return make_client_tls_context(ca_file).value(); }

  TemporaryDirectory directory;
  std::string ca_file;
  Hub hub;
  Runtime runtime;
  TlsIdentity identity;
  std::unique_ptr<HttpServer> http;
};

ErrorCode error_of(Runtime& runtime, WebsocketCall call) {
  const Opened opened = open(runtime, std::move(call));
  REQUIRE_FALSE(opened.ok());
  return opened.error().code();
}

// Listens, and never accepts: connections stand in the backlog.
struct Mute {
  explicit Mute(const char* where = "127.0.0.1", std::uint16_t given_port = 0)
      : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(given_port);
    ::inet_pton(AF_INET, where, &address.sin_addr);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd.get(), 4) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  UniqueFd fd;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("a client opens a session with its token, and both ends speak") {
  TlsFeed feed;
  WebsocketCall call = call_of(feed.url("localhost", "/guarded?x=1"), feed.trust());
  call.bearer = Secret{std::string{"token"}};
  const Opened opened = open(feed.runtime, std::move(call));
  REQUIRE(opened.ok());
  WebsocketSession& session = *opened.value();
  CHECK(session.subprotocol() == kFeed);
  const std::string large(50'000, 'l');
  CHECK(session.send({.is_text = true, .payload = "hello"}));
  CHECK(session.send({.is_text = false, .payload = large}));
  CHECK(receive(feed.runtime, session)->payload == "hello");
  CHECK(receive(feed.runtime, session)->payload == large);
  session.close(kCloseNormal, "done");
  CHECK_FALSE(receive(feed.runtime, session));
  CHECK(session.ending().code == kCloseNormal);
  CHECK_FALSE(session.ending().by_peer);
  const WebsocketEnding there = feed.hub.ending();
  CHECK(there.by_peer);
  CHECK(there.reason == "done");
}

TEST_CASE("a client learns of the server's close, cut and stop") {
  TlsFeed feed;
  const auto opened_at = [&feed](std::size_t count) {
    Opened opened = open(feed.runtime, call_of(feed.url("127.0.0.1"), feed.trust()));
    REQUIRE(opened.ok());
    REQUIRE(feed.hub.has_sessions(count));
    return std::move(opened).value();
  };
  const auto closed = opened_at(1);
  feed.hub.sessions()[0]->close(4003, "not any more");
  CHECK_FALSE(receive(feed.runtime, *closed));
  CHECK(closed->ending().code == 4003);
  CHECK(closed->ending().reason == "not any more");
  const auto cut = opened_at(2);
  feed.hub.sessions()[1]->cut();
  CHECK_FALSE(receive(feed.runtime, *cut));
  CHECK(cut->ending().code == kCloseLost);
  const auto stopped = opened_at(3);
  std::future<bool> in_time =
      std::async(std::launch::async, [&feed] { return feed.http->stop(Duration{30'000}); });
  CHECK_FALSE(receive(feed.runtime, *stopped));
  CHECK(stopped->ending().code == kCloseGoingAway);
  CHECK(in_time.get());
}

TEST_CASE("what was sent is drained, or the session is over") {
  TlsFeed feed;
  const Opened opened = open(feed.runtime, call_of(feed.url("127.0.0.1"), feed.trust()));
  REQUIRE(opened.ok());
  REQUIRE(feed.hub.has_sessions(1));
  const auto there = feed.hub.sessions()[0];
  const WebsocketFrame frame = make_frame({.is_text = false, .payload = std::string(900'000, 'f')});
  std::future<bool> drained = std::async(std::launch::async, [&] {
    for (int i = 0; i < 4; ++i) CHECK(there->send(frame));
    std::promise<bool> promise;
    std::future<bool> outcome = promise.get_future();
    // On the session's own thread, which need not be the client's.
    for (std::size_t i = 0; i < feed.runtime.thread_count(); ++i) {
      if (&feed.runtime.executor(i) != &there->executor()) continue;
      feed.runtime.executor(i).post([&] {
        start<bool>(there->drained(), [&promise](bool value) { promise.set_value(value); });
      });
    }
    return outcome.get();
  });
  for (int i = 0; i < 4; ++i)
    CHECK(receive(feed.runtime, *opened.value())->payload.size() == 900'000);
  CHECK(drained.get());
  CHECK(there->queued_bytes() == 0);
}

TEST_CASE("a client believes only who it trusts, under the name that it asked for") {
  TlsFeed feed;
  const TlsFeed other;
  CHECK(error_of(feed.runtime, call_of(feed.url("127.0.0.1"), other.trust())) == ErrorCode::denied);
  CHECK(error_of(feed.runtime, call_of(feed.url("127.0.0.1"),
                                       make_client_tls_context("").value())) == ErrorCode::denied);
  CHECK(error_of(feed.runtime, call_of(feed.url("127.0.0.2"), feed.trust())) !=
        ErrorCode::protocol);
  const TlsFeed everywhere("0.0.0.0");
  CHECK(error_of(feed.runtime, call_of(everywhere.url("127.0.0.2"), everywhere.trust())) ==
        ErrorCode::denied);
  CHECK_FALSE(make_client_tls_context("/nonexistent/ca.pem").ok());
}

TEST_CASE("a client says what the server refuses") {
  TlsFeed feed;
  CHECK(error_of(feed.runtime, call_of(feed.url("localhost", "/guarded"), feed.trust())) ==
        ErrorCode::unauthenticated);
  CHECK(error_of(feed.runtime, call_of(feed.url("localhost", "/other"), feed.trust())) ==
        ErrorCode::protocol);
  WebsocketCall other = call_of(feed.url("localhost"), feed.trust());
  other.subprotocol = "another.v1";
  CHECK(error_of(feed.runtime, std::move(other)) == ErrorCode::protocol);
  CHECK(error_of(feed.runtime, call_of("ws://localhost/", feed.trust())) ==
        ErrorCode::invalid_argument);
}

TEST_CASE("the time for a connection is for all of it") {
  TlsFeed feed;
  const Mute mute;
  const std::string port = std::to_string(mute.port);
  WebsocketCall call = call_of("wss://127.0.0.1:" + port + "/", feed.trust());
  call.time_max = Duration{50};
  CHECK(error_of(feed.runtime, std::move(call)) == ErrorCode::timeout);
}

TEST_CASE("an address that does not answer leaves time for the next one") {
  TlsFeed feed;
  const std::uint16_t port = feed.http->bound()[0].port;
  const Mute mute("127.0.0.3", port);
  using Dialled = Result<std::unique_ptr<Socket>>;
  // With more time where it was too little for a slow machine. Who leaves nothing for the next
  // address needs too much each time.
  const auto dialled = [&](std::vector<std::string> addresses) {
    for (Duration time_max{1500};; time_max *= 2) {
      Dialled made = run<Dialled>(feed.runtime, [&]() {
        return dial_addresses(feed.runtime,
                              {.host = "localhost", .port = port, .trust = feed.trust()}, addresses,
                              SystemClock{}.since_boot() + time_max);
      });
      const bool was_late = !made.ok() && made.error().code() == ErrorCode::timeout;
      if (!was_late || time_max > std::chrono::seconds{kTestTimeMax / 2}) return made;
    }
  };
  CHECK(dialled({"127.0.0.2", "127.0.0.3", "127.0.0.1"}).ok());
  CHECK(dialled({"127.0.0.2"}).error().code() == ErrorCode::unavailable);
  CHECK(dialled({}).error().code() == ErrorCode::unavailable);
}

TEST_CASE("where nobody listens, or no TLS is spoken, a client says so") {
  TlsFeed feed;
  std::uint16_t port = 0;
  {
    port = Mute{}.port;
  }
  CHECK(error_of(feed.runtime, call_of("wss://127.0.0.1:" + std::to_string(port) + "/",
                                       feed.trust())) == ErrorCode::unavailable);
  // Or the resolver of this machine takes longer to say so.
  const ErrorCode of_no_host = error_of(feed.runtime, call_of("wss://name.invalid/", feed.trust()));
  CHECK((of_no_host == ErrorCode::unavailable || of_no_host == ErrorCode::timeout));
  const FeedServer plain;
  CHECK(error_of(feed.runtime,
                 call_of("wss://127.0.0.1:" + std::to_string(plain.http->bound()[0].port) + "/",
                         feed.trust())) == ErrorCode::protocol);
}
