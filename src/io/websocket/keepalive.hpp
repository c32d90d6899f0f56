// io/websocket/keepalive.hpp: when to ping a peer, and when to believe that it is gone.
//
// Pure: `now` is the time since boot, given by whoever holds the connection. Of a client nothing
// proves that it is there but a pong to the latest ping: who never ends a frame cannot answer one.
// A server is heard as long as anything of it arrives: over a slow link its pong stands behind all
// that it has sent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace curfew {

struct WebsocketTimes {
  Duration ping_time = limits::kWebsocketPingTime;           // between two pings
  Duration pong_time_max = limits::kWebsocketPongTimeMax;    // from a ping to its answer
  Duration write_time_max = limits::kWebsocketWriteTimeMax;  // for each kWriteProgressBytes
  Duration close_time_max = limits::kWebsocketCloseTimeMax;
};

class WebsocketKeepalive {
 public:
  // A slow but honest reader gets the write time again for each of these.
  static constexpr std::size_t kWriteProgressBytes = 64UL * 1024;

  enum class Due {
    nothing,
    ping,          // send one with ping_payload()
    silent,        // no pong came
    unread,        // the peer reads nothing
    never_closed,  // the peer does not answer our close
  };

  WebsocketKeepalive(const WebsocketTimes& times, Duration now)
      : times_(times), ping_at_(now + times.ping_time) {}

  // What is to be done now; a ping counts as done.
  [[nodiscard]] Due judge(Duration now) {
    if (passed(close_until_, now)) return Due::never_closed;
    if (passed(write_until_, now)) return Due::unread;
    if (passed(pong_until_, now)) return Due::silent;
    if (!passed(ping_at_, now)) return Due::nothing;
    ping_at_.reset();
    ++pings_;
    pong_until_ = now + times_.pong_time_max;
    return Due::ping;
  }
  // When something may be due next, if nothing happens before.
  [[nodiscard]] Duration next() const {
    Duration least = Duration::max();
    for (const auto& at : {ping_at_, pong_until_, write_until_, close_until_}) {
      least = std::min(least, at.value_or(Duration::max()));
    }
    return least;
  }

  [[nodiscard]] std::string ping_payload() const { return std::to_string(pings_); }
  // Unsolicited pongs, and those to older pings, mean nothing (RFC 6455 5.5.3).
  void got_pong(std::string_view payload, Duration now) {
    if (!pong_until_ || payload != ping_payload()) return;
    pong_until_.reset();
    ping_at_ = now + times_.ping_time;
  }
  // Nobody has looked at what the peer sends, so a pong may be there; or something else was read
  // that came before it.
  void excuse_silence(Duration now) {
    if (pong_until_) pong_until_ = now + times_.pong_time_max;
  }

  // Something waits to be written.
  void writing(Duration now) {
    if (!write_until_) write_until_ = now + times_.write_time_max;
  }
  void wrote(std::size_t bytes, Duration now) {
    progress_ += bytes;
    if (!write_until_ || progress_ < kWriteProgressBytes) return;
    progress_ = 0;
    write_until_ = now + times_.write_time_max;
  }
  // Nothing waits any more.
  void written() {
    progress_ = 0;
    write_until_.reset();
  }

  // We are about to send a close frame, or have had one. No more pings.
  void closing(Duration now) {
    if (close_until_) return;
    close_until_ = now + times_.close_time_max;
    ping_at_.reset();
    pong_until_.reset();
  }

 private:
  static bool passed(const std::optional<Duration>& at, Duration now) { return at && *at <= now; }

  WebsocketTimes times_;
  std::optional<Duration> ping_at_;
  std::optional<Duration> pong_until_;
  std::optional<Duration> write_until_;
  std::optional<Duration> close_until_;
  std::size_t progress_ = 0;
  std::uint64_t pings_ = 0;
};

}  // namespace curfew
