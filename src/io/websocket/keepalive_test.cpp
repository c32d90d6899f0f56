// When a peer is pinged, and when it counts as gone.
#include "io/websocket/keepalive.hpp"

#include <doctest/doctest.h>

using namespace curfew;
using Due = WebsocketKeepalive::Due;

namespace {

constexpr WebsocketTimes kTimes{.ping_time = Duration{100},
                                .pong_time_max = Duration{50},
                                .write_time_max = Duration{30},
                                .close_time_max = Duration{10}};
constexpr Duration at(int millis) { return Duration{millis}; }

WebsocketKeepalive pinged() {
  WebsocketKeepalive keepalive(kTimes, at(0));
  CHECK(keepalive.next() == at(100));
  CHECK(keepalive.judge(at(99)) == Due::nothing);
  CHECK(keepalive.judge(at(100)) == Due::ping);
  CHECK(keepalive.judge(at(101)) == Due::nothing);
  return keepalive;
}

}  // namespace

TEST_CASE("a peer that does not answer its ping is gone") {
  WebsocketKeepalive keepalive = pinged();
  CHECK(keepalive.next() == at(150));
  keepalive.got_pong("0", at(120));
  keepalive.got_pong("", at(121));
  CHECK(keepalive.judge(at(149)) == Due::nothing);
  CHECK(keepalive.judge(at(150)) == Due::silent);
}

TEST_CASE("a peer that answers is pinged again, with another payload") {
  WebsocketKeepalive keepalive = pinged();
  CHECK(keepalive.ping_payload() == "1");
  keepalive.got_pong("1", at(120));
  CHECK(keepalive.next() == at(220));
  CHECK(keepalive.judge(at(220)) == Due::ping);
  CHECK(keepalive.ping_payload() == "2");
  keepalive.got_pong("1", at(230));
  CHECK(keepalive.judge(at(270)) == Due::silent);
}

TEST_CASE("a peer that nobody listens to is not silent") {
  WebsocketKeepalive keepalive = pinged();
  keepalive.excuse_silence(at(150));
  CHECK(keepalive.judge(at(150)) == Due::nothing);
  CHECK(keepalive.judge(at(200)) == Due::silent);
}

TEST_CASE("a peer must take so many bytes in the write time, or everything") {
  WebsocketKeepalive keepalive(kTimes, at(0));
  keepalive.writing(at(10));
  keepalive.wrote(WebsocketKeepalive::kWriteProgressBytes - 1, at(20));
  keepalive.writing(at(20));
  CHECK(keepalive.judge(at(40)) == Due::unread);
  keepalive.wrote(1, at(39));
  CHECK(keepalive.judge(at(68)) == Due::nothing);
  CHECK(keepalive.judge(at(69)) == Due::unread);
  keepalive.written();
  CHECK(keepalive.judge(at(69)) == Due::nothing);
}

TEST_CASE("who does not close in time is cut, and is not pinged meanwhile") {
  WebsocketKeepalive keepalive(kTimes, at(0));
  keepalive.closing(at(95));
  keepalive.closing(at(99));
  CHECK(keepalive.judge(at(104)) == Due::nothing);
  CHECK(keepalive.judge(at(105)) == Due::never_closed);
}
