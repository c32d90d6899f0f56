// gate/follower/reconnect.hpp: which server address a gate tries next, and when.
//
// Pure. The first try is at once, at an address by chance, so that gates spread over the servers. A
// failure leads to the next address after a short pause; when all have failed, pauses grow. A
// connection that was good and broke is made again at once: the lease is running. All pauses are
// spread by chance, so that a thousand gates do not come back together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "gate/follower/follower.hpp"

namespace curfew {

struct ReconnectAttempt {
  std::size_t address = 0;  // index into the caller's list
  Duration at{};            // on CLOCK_BOOTTIME; now or in the past: at once
};

class ReconnectPolicy {
 public:
  // Precondition: 1 to kServerAddressesMax addresses.
  ReconnectPolicy(std::size_t address_count, Duration now, Chance chance);

  [[nodiscard]] ReconnectAttempt next() const { return next_; }
  // The server greeted and is followed.
  void succeeded(Duration now) { since_ = now; }
  // The attempt failed, or the connection broke, or the server was refused.
  void failed(Duration now);

 private:
  [[nodiscard]] Duration between(Duration least, Duration most) const;

  std::size_t address_count_;
  Chance chance_;
  ReconnectAttempt next_;
  std::optional<Duration> since_;  // it is followed
  std::uint32_t failures_ = 0;     // in a row
};

}  // namespace curfew
