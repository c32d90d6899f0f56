// WebSockets of a server, over real sockets: messages, hostile peers, ends, limits.
#include "io/websocket/websocket_server.hpp"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

#include "io/websocket/round.hpp"
#include "io/websocket/test_websocket.hpp"

using namespace curfew;
using namespace curfew::testing;

namespace {

constexpr Duration kLong{30'000};

// With the default limits but fast clocks.
WebsocketLimits impatient() {
  WebsocketLimits limits;
  limits.times = {.ping_time = Duration{20},
                  .pong_time_max = Duration{60},
                  .write_time_max = Duration{60},
                  .close_time_max = Duration{60}};
  return limits;
}

// The close frame that the bytes are answered with; the connection then ends although the peer goes
// on sending.
std::string closed_by(const FeedServer& server, std::string_view bytes) {
  RawClient client = server.open();
  client.send(bytes);
  const std::string frame = next_frame(client);
  client.send("more of it");
  client.finish_sending();
  CHECK(client.read_to_end().empty());
  return frame;
}

}  // namespace

TEST_CASE("messages come and go over an upgraded connection") {
  FeedServer server;
  RawClient client = server.connect();
  CHECK(client.send("GET /before HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(client.response().body == "/before");
  CHECK(client.send(handshake()));
  const std::string head = client.head();
  CHECK(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(head.find("\r\nConnection: Upgrade\r\n") != std::string::npos);
  CHECK(head.find("\r\nUpgrade: websocket\r\n") != std::string::npos);
  CHECK(head.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
        std::string::npos);
  CHECK(head.find("\r\nSec-WebSocket-Protocol: curfew.test.v1\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  CHECK(client.send(masked_text("hello")));
  CHECK(next_frame(client) == "text hello");
  const std::string large(60'000, 'l');
  CHECK(client.send(masked(WebsocketOpcode::binary, large) + masked_text("")));
  CHECK(next_frame(client) == "binary " + large);
  CHECK(next_frame(client) == "text ");
  CHECK(server.http->stats().connections_upgraded == 1);
  CHECK(client.send(masked_close(kCloseNormal)));
  CHECK(next_frame(client) == "close 1000");
  CHECK(client.read_to_end().empty());
  CHECK(client.ended());
  const WebsocketEnding ending = server.hub.ending();
  CHECK(ending.by_peer);
  CHECK(ending.code == kCloseNormal);
}

TEST_CASE("frames that come with the handshake, or byte by byte, are read") {
  const FeedServer server;
  RawClient early = server.connect();
  CHECK(early.send(handshake() + masked_text("early") + masked_text("birds")));
  CHECK(early.head().starts_with("HTTP/1.1 101 "));
  CHECK(next_frame(early) == "text early");
  CHECK(next_frame(early) == "text birds");
  const std::string frames = masked(WebsocketOpcode::text, "slow", false) +
                             masked(WebsocketOpcode::ping, "p") +
                             masked(WebsocketOpcode::continuation, "ly");
  for (const char byte : frames) CHECK(early.send({&byte, 1}));
  CHECK(next_frame(early) == "pong p");
  CHECK(next_frame(early) == "text slowly");
}

TEST_CASE("who may not gets an answer of HTTP, and the connection stays HTTP") {
  const FeedServer server;
  RawClient client = server.connect();
  CHECK(client.send(handshake("/guarded")));
  CHECK(client.response().status == 401);
  CHECK(client.send("GET /feed HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(client.response().status == 426);
  CHECK(client.send(handshake("/guarded", "Authorization: Bearer t\r\n")));
  CHECK(client.head().starts_with("HTTP/1.1 101 "));
  RawClient old = server.connect();
  const std::string request = handshake();
  CHECK(old.send(std::string{request}.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0")));
  CHECK(old.response().status == 400);
}

TEST_CASE("a client that breaks the protocol is told how, and the connection ends") {
  const FeedServer server;
  CHECK(closed_by(server, encode_frame(WebsocketOpcode::text, "unmasked")) == "close 1002");
  CHECK(closed_by(server, "\xC1\x80mask") == "close 1002");
  CHECK(closed_by(server, masked_text("\xff")) == "close 1007");
  CHECK(closed_by(server, masked(WebsocketOpcode::close, "\x03")) == "close 1002");
  CHECK(closed_by(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n") == "close 1002");
}

TEST_CASE("a client cannot make the server hold much, by one frame or by many") {
  FeedServer server;
  CHECK(closed_by(server, std::string{"\x82\xff\x00\x00\x7f\xff\xff\xff\xff\xff", 10} + "mask") ==
        "close 1009");
  std::string endless = masked(WebsocketOpcode::binary, std::string(1000, 'x'), false);
  for (int i = 0; i < 100; ++i) {
    endless += masked(WebsocketOpcode::continuation, std::string(1000, 'x'), false);
  }
  CHECK(closed_by(server, endless) == "close 1009");
  std::string empty = masked(WebsocketOpcode::binary, "", false);
  for (int i = 0; i < 2000; ++i) empty += masked(WebsocketOpcode::continuation, "", false);
  CHECK(closed_by(server, empty) == "close 1009");
}

TEST_CASE("a flood of pings is answered by the latest, and holds nobody up") {
  const FeedServer server;
  RawClient flooding = server.open();
  RawClient other = server.open();
  std::string pings;
  for (int i = 0; i < 20'000; ++i) {
    pings += masked(WebsocketOpcode::ping, std::to_string(i) + std::string(100, 'p'));
  }
  CHECK(flooding.send(pings + masked_text("done")));
  CHECK(other.send(masked_text("hello")));
  CHECK(next_frame(other) == "text hello");
  std::string last;
  std::size_t pongs = 0;
  for (std::string frame = next_frame(flooding); frame != "text done";
       frame = next_frame(flooding)) {
    REQUIRE(frame.starts_with("pong "));
    last = frame;
    ++pongs;
  }
  CHECK(last.starts_with("pong 19999p"));
  CHECK(pongs < 20'000);
}

TEST_CASE("a peer that does not answer pings is cut, one that does stays") {
  FeedServer server(impatient());
  RawClient silent = server.open();
  CHECK(next_frame(silent) == "ping 1");
  const WebsocketEnding ending = server.hub.ending();
  CHECK(ending.code == kCloseLost);
  CHECK(ending.reason == "the peer does not answer pings");
  CHECK(silent.read_to_end().empty());

  FeedServer patient;
  RawClient client = patient.open();
  CHECK(client.send(masked(WebsocketOpcode::pong, "unsolicited") + masked_text("still here")));
  CHECK(next_frame(client) == "text still here");
}

TEST_CASE("a reader that is too slow is closed, and the others get everything") {
  WebsocketLimits limits = impatient();
  limits.times.ping_time = limits.times.pong_time_max = limits.times.write_time_max = kLong;
  limits.queue_bytes_max = 400'000;
  FeedServer server(limits);
  RawClient slow = server.open(/*receive_buffer=*/4096);
  REQUIRE(server.hub.has_sessions(1));
  RawClient quick = server.open();
  REQUIRE(server.hub.has_sessions(2));
  const auto sessions = server.hub.sessions();
  const WebsocketFrame frame = make_frame({.is_text = false, .payload = std::string(50'000, 'f')});
  std::size_t sent = 0;
  while (sessions[0]->queued_bytes() < 350'000 && sent < 10'000) {
    send_to_each(sessions, frame);
    ++sent;
    CHECK(next_frame(quick).size() == 50'007);
  }
  CHECK(sessions[0]->queued_bytes() >= 350'000);
  send_to_each(sessions, frame);
  REQUIRE_FALSE(sessions[0]->send(frame));
  CHECK(sessions[1]->send(frame));
  CHECK(next_frame(quick).size() == 50'007);
  CHECK(next_frame(quick).size() == 50'007);
  const WebsocketEnding ending = server.hub.ending();
  CHECK(ending.code == kCloseTryAgainLater);
  CHECK_FALSE(ending.by_peer);
  CHECK(quick.send(masked_text("here")));
  CHECK(next_frame(quick) == "text here");
}

TEST_CASE("a reader that takes nothing for too long is cut") {
  WebsocketLimits limits = impatient();
  limits.times.ping_time = kLong;
  FeedServer server(limits);
  RawClient stuck = server.open(/*receive_buffer=*/4096);
  REQUIRE(server.hub.has_sessions(1));
  const auto session = server.hub.sessions()[0];
  const WebsocketFrame frame = make_frame({.is_text = false, .payload = std::string(500'000, 'f')});
  while (session->send(frame) && session->queued_bytes() < 3'000'000) {
  }
  CHECK(server.hub.ending().reason == "the peer does not read what it is sent");
}

TEST_CASE("sessions are closed and cut from other threads") {
  FeedServer server;
  RawClient closed = server.open();
  REQUIRE(server.hub.has_sessions(1));
  RawClient cut = server.open();
  REQUIRE(server.hub.has_sessions(2));
  const auto sessions = server.hub.sessions();
  CHECK(sessions[0]->send({.is_text = true, .payload = "last words"}));
  sessions[0]->close(4001, "gate is not allowed any more");
  CHECK_FALSE(sessions[0]->send({.is_text = true, .payload = "too late"}));
  CHECK(next_frame(closed) == "text last words");
  CHECK(next_frame(closed) == "close 4001");
  CHECK(closed.send(masked_text("dropped") + masked_close(4001)));
  CHECK(closed.read_to_end().empty());
  CHECK(closed.ended());
  sessions[1]->cut();
  cut.send(masked_text("is anybody there"));
  REQUIRE(next_frame(cut).empty());
  CHECK(server.hub.has_endings(2));
  CHECK_FALSE(sessions[1]->send({.is_text = true, .payload = "too late"}));
}

TEST_CASE("a peer that does not close in time is cut") {
  WebsocketLimits limits = impatient();
  limits.times.ping_time = kLong;
  FeedServer server(limits);
  RawClient client = server.open();
  REQUIRE(server.hub.has_sessions(1));
  server.hub.sessions()[0]->close(kCloseNormal, "");
  CHECK(server.hub.ending().code == kCloseNormal);
  CHECK(client.read_to_end().find(close_payload(kCloseNormal, "")) != std::string::npos);
}

TEST_CASE("a peer that dies ends its session") {
  FeedServer server;
  {
    const RawClient dying = server.open();
    REQUIRE(server.hub.has_sessions(1));
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(dying.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  CHECK(server.hub.ending().code == kCloseLost);
}

TEST_CASE("a stop closes the sessions and waits for their peers") {
  FeedServer server;
  RawClient client = server.open();
  REQUIRE(server.hub.has_sessions(1));
  std::future<bool> stopped =
      std::async(std::launch::async, [&server] { return server.http->stop(kLong); });
  CHECK(next_frame(client) == "close 1001");
  CHECK(client.send(masked_close(kCloseGoingAway)));
  CHECK(client.read_to_end().empty());
  CHECK(stopped.get());
  CHECK(server.hub.ending().code == kCloseGoingAway);
}

TEST_CASE("a stop that runs out of time cuts the sessions") {
  FeedServer server;
  RawClient client = server.open();
  REQUIRE(server.hub.has_sessions(1));
  CHECK_FALSE(server.http->stop(Duration{1}));
  CHECK(next_frame(client) == "close 1001");
  CHECK(client.read_to_end().empty());
  CHECK(server.hub.has_endings(1));
}

TEST_CASE("sessions have a limit of their own and are not given up for requests") {
  HttpLimits limits;
  limits.connections_max = 4;
  const FeedServer server({}, limits);
  RawClient first = server.open();
  RawClient second = server.open();
  RawClient refused = server.connect();
  CHECK(refused.send(handshake()));
  const RawResponse response = refused.response();
  CHECK(response.status == 503);
  CHECK(response.has("Connection: close"));
  CHECK(refused.read_to_end().empty());
  for (int i = 0; i < 10; ++i) {
    RawClient client = server.connect();
    CHECK(client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(client.response().status == 200);
  }
  for (RawClient* client : {&first, &second}) {
    CHECK(client->send(masked_text("still")));
    CHECK(next_frame(*client) == "text still");
  }
}
