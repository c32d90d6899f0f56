// The opening handshake: what a server takes and refuses, what a client believes.
#include "io/websocket/handshake.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "base/limits.hpp"

using namespace curfew;

namespace {

// RFC 6455 1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const std::array<std::string, 2> kSpoken = {"feed.v2", "feed.v1"};

HttpRequest request_of() {
  HttpRequest request;
  request.target = "/feed";
  request.headers.add("Host", "a");
  request.headers.add("Upgrade", "websocket");
  request.headers.add("Connection", "keep-alive, Upgrade");
  request.headers.add("Sec-WebSocket-Version", "13");
  request.headers.add("Sec-WebSocket-Key", kKey);
  request.headers.add("Sec-WebSocket-Protocol", "other, feed.v1");
  return request;
}
HttpRequest with(std::string_view name, std::string_view value) {
  HttpRequest request = request_of();
  request.headers.set(name, value);
  return request;
}
int status_of(const HttpRequest& request) { return answer_handshake(request, kSpoken).status; }

std::string answer_with(std::string_view fields) {
  return "HTTP/1.1 101 Switching Protocols\r\n" + std::string{fields} + "\r\n";
}
std::string good_answer() {
  return answer_with("upgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                     std::string{kAccept} + "\r\nSec-WebSocket-Protocol: feed.v1\r\n");
}
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}
ErrorCode error_of(std::string_view answer) {
  const auto outcome = read_handshake(answer, kKey, "feed.v1");
  REQUIRE_FALSE(outcome.ok());
  return outcome.error().code();
}

}  // namespace

TEST_CASE("the example of RFC 6455 1.3 has its accept value") {
  CHECK(websocket_accept(kKey) == kAccept);
}

TEST_CASE("a handshake is answered with the best subprotocol that both speak") {
  const HttpResponse response = answer_handshake(request_of(), kSpoken);
  CHECK(response.status == 101);
  CHECK(response.headers.single("Sec-WebSocket-Accept").value() == kAccept);
  CHECK(response.headers.single("Sec-WebSocket-Protocol").value() == "feed.v1");
  CHECK_FALSE(response.headers.has("Sec-WebSocket-Extensions"));
  const HttpResponse best =
      answer_handshake(with("Sec-WebSocket-Protocol", "feed.v1,feed.v2"), kSpoken);
  CHECK(best.headers.single("Sec-WebSocket-Protocol").value() == "feed.v2");
}

TEST_CASE("a handshake that is none is refused, and the version is named") {
  CHECK(status_of(with("Upgrade", "h2c")) == 426);
  CHECK(status_of(with("Connection", "keep-alive")) == 426);
  CHECK(status_of(with("Sec-WebSocket-Version", "8")) == 426);
  CHECK(status_of(with("Sec-WebSocket-Key", "short")) == 400);
  CHECK(status_of(with("Sec-WebSocket-Key", "c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ==")) == 400);
  CHECK(status_of(with("Sec-WebSocket-Protocol", "FEED.V1")) == 400);
  HttpRequest posted = request_of();
  posted.method = HttpMethod::post;
  CHECK(status_of(posted) == 426);
  HttpRequest with_body = request_of();
  with_body.body = "x";
  CHECK(status_of(with_body) == 426);
  HttpRequest twice = request_of();
  twice.headers.add("Sec-WebSocket-Key", kKey);
  CHECK(status_of(twice) == 400);
  const HttpResponse response = answer_handshake(with("Sec-WebSocket-Version", "8"), kSpoken);
  CHECK(response.headers.single("Sec-WebSocket-Version").value() == "13");
}

TEST_CASE("an address is wss with host, port and path") {
  const auto plain = parse_websocket_url("wss://gate.contoso.test/curfew/v1/gate?x=1");
  REQUIRE(plain.ok());
  CHECK(plain.value().host == "gate.contoso.test");
  CHECK(plain.value().port == 443);
  CHECK(plain.value().authority == "gate.contoso.test");
  CHECK(plain.value().target == "/curfew/v1/gate?x=1");
  const auto numeric = parse_websocket_url("wss://[::1]:8443");
  REQUIRE(numeric.ok());
  CHECK(numeric.value().host == "::1");
  CHECK(numeric.value().authority == "[::1]:8443");
  CHECK(numeric.value().target == "/");
  for (const std::string_view bad : {"ws://a/", "https://a/", "wss://", "wss://u:p@a/",
                                     "wss://a/#f", "wss://a/ b", "wss://a/\r\nX: y", ""}) {
    CHECK_FALSE(parse_websocket_url(bad).ok());
  }
}

TEST_CASE("a request holds the token, and nothing that would end its line") {
  const WebsocketAddress to = parse_websocket_url("wss://a:1/feed").value();
  const auto request = write_handshake(to, kKey, "feed.v1", Secret{std::string{"abc"}});
  REQUIRE(request.ok());
  CHECK(request.value() ==
        "GET /feed HTTP/1.1\r\nHost: a:1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: feed.v1\r\nAuthorization: Bearer abc\r\n\r\n");
  CHECK_FALSE(write_handshake(to, kKey, "feed.v1", Secret{std::string{"a\r\nX: y"}}).ok());
  CHECK_FALSE(write_handshake(to, kKey, "feed v1", Secret{}).ok());
}

TEST_CASE("a client waits for the whole head and says where it ends") {
  const std::string answer = good_answer();
  for (std::size_t size = 0; size < answer.size(); ++size) {
    const auto outcome = read_handshake(answer.substr(0, size), kKey, "feed.v1");
    REQUIRE(outcome.ok());
    CHECK_FALSE(outcome.value());
  }
  CHECK(read_handshake(answer + "\x81", kKey, "feed.v1").value() == answer.size());
}

TEST_CASE("a client believes no other answer") {
  CHECK(error_of(replaced(good_answer(), kAccept, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")) ==
        ErrorCode::protocol);
  CHECK(error_of(replaced(good_answer(), "feed.v1", "feed.v2")) == ErrorCode::protocol);
  CHECK(error_of(replaced(good_answer(), "WebSocket", "h2c")) == ErrorCode::protocol);
  CHECK(error_of(replaced(good_answer(), "Connection: Upgrade", "Connection: close")) ==
        ErrorCode::protocol);
  CHECK(error_of(replaced(good_answer(), "Connection:", "Connection :")) == ErrorCode::protocol);
  CHECK(error_of(replaced(good_answer(), "HTTP/1.1", "HTTP/1.0")) == ErrorCode::protocol);
  CHECK(error_of(replaced(good_answer(), "upgrade:",
                          "Sec-WebSocket-Extensions: permessage-deflate\r\nupgrade:")) ==
        ErrorCode::protocol);
  CHECK(error_of(std::string(limits::kHttpHeaderBytesMax + 1, 'x')) == ErrorCode::protocol);
  CHECK(error_of("SSH-2.0\r\n\r\n") == ErrorCode::protocol);
}

TEST_CASE("a refusal tells what its status says") {
  const auto refused = [](std::string_view status) {
    return error_of("HTTP/1.1 " + std::string{status} + "\r\nConnection: close\r\n\r\n");
  };
  CHECK(refused("401 Unauthorized") == ErrorCode::unauthenticated);
  CHECK(refused("403 Forbidden") == ErrorCode::denied);
  CHECK(refused("503 Service Unavailable") == ErrorCode::unavailable);
  CHECK(refused("429") == ErrorCode::unavailable);
  CHECK(refused("302 Found") == ErrorCode::protocol);
  CHECK(refused("200 OK") == ErrorCode::protocol);
}
