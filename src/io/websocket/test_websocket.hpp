// io/websocket/test_websocket.hpp: for tests only: a server of WebSockets that is watched, and a
// raw client that sends exactly the given bytes.
#pragma once

#include <doctest/doctest.h>
#include <openssl/rand.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/http_server.hpp"
#include "io/test_peer.hpp"
#include "io/websocket/frame.hpp"
#include "io/websocket/session.hpp"
#include "io/websocket/websocket_client.hpp"
#include "io/websocket/websocket_server.hpp"

namespace curfew::testing {

inline constexpr std::string_view kFeed = "curfew.test.v1";

inline void random_for_tests(std::span<std::byte> out) {
  RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
}

// Echoes messages and remembers what has become of its sessions. Outlives the server.
class Hub {
 public:
  // GET /feed becomes a WebSocket; anything else is answered with its path. Without a token there
  // is 401 at /guarded.
  HttpHandler handler(WebsocketLimits limits = {}) {
    return [this, limits](HttpRequest request) -> Task<HttpResponse> {
      if (request.path() == "/guarded" && !request.headers.has("Authorization")) {
        co_return HttpResponse::text(401, "who are you");
      }
      if (request.path() != "/feed" && request.path() != "/guarded") {
        co_return HttpResponse::text(200, std::string{request.path()});
      }
      co_return accept_websocket(
          request, {.subprotocols = {std::string{kFeed}}, .limits = limits},
          [this](std::shared_ptr<WebsocketSession> session) { return serve(std::move(session)); });
    };
  }

  // Wait for as many as that; false if they do not come.
  bool has_sessions(std::size_t count) {
    return wait([this, count] { return sessions_.size() >= count; });
  }
  bool has_endings(std::size_t count) {
    return wait([this, count] { return endings_.size() >= count; });
  }
  std::vector<std::shared_ptr<WebsocketSession>> sessions() {
    const std::lock_guard lock(mutex_);
    return sessions_;
  }
  // The only one that has ended, once it has.
  WebsocketEnding ending() {
    REQUIRE(has_endings(1));
    const std::lock_guard lock(mutex_);
    return endings_[0];
  }
  // Lets go of what a test has seen.
  void forget() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
  }

 private:
  Task<Done> serve(std::shared_ptr<WebsocketSession> session) {
    note([&] { sessions_.push_back(session); });
    for (;;) {
      const std::optional<WebsocketMessage> message = co_await session->receive();
      if (!message) break;
      session->send(*message);
    }
    note([&] { endings_.push_back(session->ending()); });
    co_return Done{};
  }
  void note(const std::function<void()>& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds{kTestTimeMax}, condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<WebsocketSession>> sessions_;
  std::vector<WebsocketEnding> endings_;
};

inline constexpr WebsocketMask kTestMask = {'\x01', '\x02', '\x03', '\x04'};

inline std::string masked(WebsocketOpcode opcode, std::string_view payload, bool is_final = true) {
  std::string frame = encode_frame(opcode, payload, kTestMask);
  if (!is_final) frame[0] = static_cast<char>(frame[0] & 0x7F);
  return frame;
}
inline std::string masked_text(std::string_view payload) {
  return masked(WebsocketOpcode::text, payload);
}
inline std::string masked_close(std::uint16_t code) {
  return masked(WebsocketOpcode::close, close_payload(code, {}));
}

inline std::string handshake(std::string_view path = "/feed", std::string_view more = {}) {
  return "GET " + std::string{path} +
         " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: " +
         std::string{kFeed} + "\r\n" + std::string{more} + "\r\n";
}

// The next frame of a server: its opcode and payload, "text hello"; empty if the connection ends.
inline std::string next_frame(RawClient& client) {
  const std::string head = client.exactly(2);
  if (head.size() < 2) return {};
  const auto first = static_cast<unsigned char>(head[0]);
  std::size_t size = static_cast<unsigned char>(head[1]);
  if (size >= 126) {
    const std::string length = client.exactly(size == 126 ? 2 : 8);
    size = 0;
    for (const char c : length) size = size * 256 + static_cast<unsigned char>(c);
  }
  std::string payload = client.exactly(size);
  switch (static_cast<WebsocketOpcode>(first & 0xFU)) {
    case WebsocketOpcode::text: return "text " + payload;
    case WebsocketOpcode::binary: return "binary " + payload;
    case WebsocketOpcode::ping: return "ping " + payload;
    case WebsocketOpcode::pong: return "pong " + payload;
    case WebsocketOpcode::close: {
      if (payload.size() < 2) return "close";
      const int code =
          static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
      return "close " + std::to_string(code);
    }
    case WebsocketOpcode::continuation: break;
  }
  return "continuation " + payload;
}

// A plain server on one thread.
struct FeedServer {
  explicit FeedServer(WebsocketLimits limits = {}, HttpLimits http_limits = {}) : runtime(1) {
    HttpServerOptions options;
    options.listeners.emplace_back(PlainListener{});
    options.limits = http_limits;
    auto started = HttpServer::start(runtime, std::move(options), hub.handler(limits));
    REQUIRE(started.ok());
    http = std::move(started).value();
  }
  [[nodiscard]] RawClient connect() const { return RawClient::tcp(http->bound()[0].port); }
  // After its handshake.
  [[nodiscard]] RawClient open(int receive_buffer = 0) const {
    RawClient client = RawClient::tcp(http->bound()[0].port, receive_buffer);
    CHECK(client.send(handshake()));
    CHECK(client.head().starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    return client;
  }

  Hub hub;
  Runtime runtime;
  std::unique_ptr<HttpServer> http;
};

using Opened = Result<std::shared_ptr<WebsocketSession>>;

inline WebsocketCall call_of(std::string url, TlsContext trust) {
  WebsocketCall call;
  call.url = std::move(url);
  call.trust = std::move(trust);
  call.subprotocol = kFeed;
  call.random = random_for_tests;
  return call;
}

// Runs a task on the Runtime's first thread to its end.
template <typename T>
T run(Runtime& runtime, std::function<Task<T>()> make) {
  std::promise<T> promise;
  runtime.executor(0).post(
      [&] { start<T>(make(), [&promise](T value) { promise.set_value(std::move(value)); }); });
  return promise.get_future().get();
}

inline Opened open(Runtime& runtime, WebsocketCall call) {
  auto shared = std::make_shared<WebsocketCall>(std::move(call));
  return run<Opened>(runtime,
                     [&runtime, shared] { return connect_websocket(runtime, std::move(*shared)); });
}
inline std::optional<WebsocketMessage> receive(Runtime& runtime, WebsocketSession& session) {
  return run<std::optional<WebsocketMessage>>(runtime, [&session] { return session.receive(); });
}

}  // namespace curfew::testing
