#include "io/websocket/websocket_client.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "io/dial.hpp"
#include "io/websocket/handshake.hpp"

namespace curfew {

using Step = Socket::Step;

namespace {

constexpr std::size_t kReadBytes = 4096;

Error lost() {
  return Error::transient(ErrorCode::unavailable,
                          "the server ended the connection in the WebSocket handshake");
}
Error too_late() {
  return Error::transient(ErrorCode::timeout, "the WebSocket handshake took too long");
}

// RFC 6455 4.1: fresh for each connection.
std::string make_key(RandomSource random) {
  std::array<char, kWebsocketKeyBytes> bytes{};
  random(std::as_writable_bytes(std::span{bytes}));
  return base64_encode({bytes.data(), bytes.size()});
}

Task<Status> write_all(Runtime& runtime, Socket& socket, std::string bytes, Duration until) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    std::size_t size = 0;
    const Step step = socket.try_write(rest, size);
    if (step == Step::closed || step == Step::failed) co_return lost();
    rest.remove_prefix(size);
    if (step == Step::done) continue;
    const bool waited = co_await wait_until(runtime, socket, step, until);
    if (!waited) co_return too_late();
  }
  co_return Done{};
}

// What came after the answer's head.
Task<Result<std::string>> read_answer(Runtime& runtime, Socket& socket, std::string key,
                                      std::string subprotocol, Duration until) {
  std::string received;
  for (;;) {
    std::array<char, kReadBytes> buffer{};
    std::size_t size = 0;
    const Step step = socket.try_read(buffer.data(), buffer.size(), size);
    if (step == Step::closed || step == Step::failed) co_return lost();
    if (step == Step::done) {
      received.append(buffer.data(), size);
      CURFEW_CO_TRY(const std::optional<std::size_t> head,
                    read_handshake(received, key, subprotocol));
      if (head) co_return received.substr(*head);
      continue;
    }
    const bool waited = co_await wait_until(runtime, socket, step, until);
    if (!waited) co_return too_late();
  }
}

}  // namespace

Task<Result<std::shared_ptr<WebsocketSession>>> connect_websocket(Runtime& runtime,
                                                                  WebsocketCall call) {
  CURFEW_CHECK(call.random != nullptr && call.trust != nullptr);
  const Duration until = SystemClock{}.since_boot() + call.time_max;
  CURFEW_CO_TRY(const WebsocketAddress to, parse_websocket_url(call.url));
  const std::string key = make_key(call.random);
  CURFEW_CO_TRY(std::string request, write_handshake(to, key, call.subprotocol, call.bearer));
  CURFEW_CO_TRY(
      std::unique_ptr<Socket> socket,
      co_await dial(runtime, {.host = to.host, .port = to.port, .trust = call.trust}, until));
  CURFEW_CO_TRY_STATUS(co_await write_all(runtime, *socket, std::move(request), until));
  CURFEW_CO_TRY(std::string received,
                co_await read_answer(runtime, *socket, key, call.subprotocol, until));
  co_return WebsocketSession::open({.runtime = runtime,
                                    .executor = current_executor(),
                                    .own_socket = std::move(socket),
                                    .role = WebsocketRole::client,
                                    .random = call.random,
                                    .limits = call.limits,
                                    .received = std::move(received),
                                    .subprotocol = std::move(call.subprotocol)});
}

}  // namespace curfew
