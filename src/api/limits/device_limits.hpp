// api/limits/device_limits.hpp: what holds back those who begin, guess and poll for sign-ins on
// devices (RFC 8628 3.5, 5.1, 5.2).
//
// Beginning one costs a row and may be done by anybody who knows a public client's id. A user code
// is short: whoever guesses one could approve or hinder a sign-in that is not theirs, so wrong ones
// count against the person who types them and against their address. Both are counted as wrong
// passwords are (api/limits/sign_in_throttle.hpp).
//
// How often a device asks is kept in memory: after a restart it may ask at the first pace again.
//
// Thread-safe. Memory is bounded. Times are since boot.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "api/limits/sign_in_throttle.hpp"
#include "base/clock.hpp"

namespace curfew {

inline constexpr Duration kDeviceCodeLifetime = std::chrono::minutes{15};
inline constexpr Duration kPollInterval = std::chrono::seconds{5};
// RFC 8628 3.5: slow_down adds as much to the interval, for this and all further requests.
inline constexpr Duration kPollSlowDown = std::chrono::seconds{5};
// What a network may take from the time between two requests that were sent at the right pace.
inline constexpr Duration kPollTolerance = std::chrono::seconds{1};
inline constexpr std::size_t kPollsRememberedMax = 100'000;  // about 150 bytes each

// How often each device code is asked about.
class DevicePolls {
 public:
  explicit DevicePolls(std::size_t remembered_max = kPollsRememberedMax);
  ~DevicePolls();
  DevicePolls(const DevicePolls&) = delete;
  DevicePolls& operator=(const DevicePolls&) = delete;

  // Counts a request at this time; whether it came too soon after the one before, upon which the
  // code's interval has grown.
  [[nodiscard]] bool is_too_soon(const std::string& code_hash, Duration since_boot);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct DeviceLimits {
  // `account`: the client's id. One address begins 30 at once and one each ten seconds after that;
  // one client a thousand, and one a second.
  SignInThrottle begun{{.account_at_address = {.free_failures = 30,
                                               .first_delay = std::chrono::seconds{10},
                                               .delay_max = std::chrono::minutes{1},
                                               .drain_interval = std::chrono::seconds{10}},
                        .address = {.free_failures = 30,
                                    .first_delay = std::chrono::seconds{10},
                                    .delay_max = std::chrono::minutes{1},
                                    .drain_interval = std::chrono::seconds{10}},
                        .account = {.free_failures = 1'000,
                                    .first_delay = std::chrono::seconds{1},
                                    .delay_max = std::chrono::seconds{10},
                                    .drain_interval = std::chrono::seconds{1}}}};
  // `account`: the id of the person who types. With these, 20^8 codes of which 1,000 are open, one
  // person finds a foreign one in a year of guessing with a chance of 1 in 480.
  SignInThrottle typed{
      {.account_at_address = {.free_failures = 5},
       .address = {.free_failures = 30,
                   .first_delay = std::chrono::seconds{10},
                   .delay_max = std::chrono::minutes{5},
                   .drain_interval = std::chrono::minutes{1}},
       .account = {.free_failures = 10, .drain_interval = std::chrono::minutes{10}}}};
  DevicePolls polls;
};

}  // namespace curfew
