// api/limits/sign_in_throttle.hpp: how often a password may be tried, and who may use the hashing
// pool.
//
// Guessing is slowed down by counters that drain with time. What must not happen is that slowing
// down the attacker locks the owner out, so the counters are kept apart:
//
//   a browser that signed in to this account before   one counter of its own, and no other
//   any other browser                                 its address and this account together;
//                                                     its address over all accounts;
//                                                     this account over all addresses
//
// One attacker at one address thus stops only himself. Many addresses together can close an account
// to unknown browsers for a while, never to known ones, and never to a living session, which needs
// no password. The name that was typed is counted whether or not there is such an account.
//
// An attempt counts as failed from the moment it is admitted, until it is proved right: requests
// sent at the same time do not get more tries than requests sent one after the other.
//
// Hashing is bounded as well: one address may have only a few checks in hand, and unknown browsers
// together leave room for known ones.
//
// Where every peer has the address of one proxy (SignInAttempt::address_is_shared), nothing holds
// an address back over all accounts; each account keeps its counters, of which the first is then
// one for all unknown browsers.
//
// Thread-safe. Memory is bounded: each kind of counter forgets the one unused for longest. Times
// are since boot (Clock::since_boot), so that setting the clock ends no delay.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace curfew {

// How one kind of counter behaves. The level is the number of failures less what has drained.
struct ThrottleRule {
  double free_failures = 5;      // up to this level there is no delay
  Duration first_delay{30'000};  // after the next one; each further one doubles it
  Duration delay_max{15 * 60'000};
  Duration drain_interval{15 * 60'000};  // one failure is forgotten in this time
};

struct SignInThrottleOptions {
  ThrottleRule known_browser{.free_failures = 10};
  ThrottleRule account_at_address{.free_failures = 5};
  // Offices share an address; a spray over many accounts still comes to one try a minute.
  ThrottleRule address{.free_failures = 30,
                       .first_delay = Duration{10'000},
                       .delay_max = Duration{5 * 60'000},
                       .drain_interval = Duration{60'000}};
  // Drains faster than one address can fill it (account_at_address).
  ThrottleRule account{.free_failures = 50, .drain_interval = Duration{10 * 60'000}};
  std::size_t counters_max = 100'000;  // of each kind; about 150 bytes each
  std::size_t checks_max = 64;         // password checks in hand, waiting ones included
  std::size_t checks_per_address_max = 8;
  std::size_t checks_kept_for_known = 16;  // of checks_max, that unknown browsers do not get
};

struct SignInAttempt {
  std::string account;  // the name as typed, in lower case
  std::string address;  // of the peer; an IPv6 one counts as its /64
  // The browser's id from its sealed cookie, if that says that it signed in to this account.
  std::optional<std::string> known_browser;
  // The address is a proxy's that names nobody: what counts one address over all accounts does not
  // apply, for it would be one counter for the world.
  bool address_is_shared = false;
};

class SignInThrottle {
 public:
  explicit SignInThrottle(SignInThrottleOptions options = {});
  ~SignInThrottle();
  SignInThrottle(const SignInThrottle&) = delete;
  SignInThrottle& operator=(const SignInThrottle&) = delete;

  // The right to check one password. Ends when it is destroyed; unless one of the two functions
  // was called, the attempt then counts as failed. The throttle outlives it.
  class [[nodiscard]] Ticket {
   public:
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&&) = delete;
    Ticket(const Ticket&) = delete;
    ~Ticket();
    // The password was right: the attempt is taken back, and what was counted against this browser
    // or this address at this account is forgotten. The other counters keep what others did.
    void succeeded();
    // Nothing was checked after all: the attempt is taken back.
    void abandoned();

   private:
    friend class SignInThrottle;
    Ticket(SignInThrottle& throttle, SignInAttempt attempt);
    SignInThrottle* throttle_;
    SignInAttempt attempt_;
  };

  enum class Refusal {
    delayed,  // too many failures: `retry_in` says how long still
    busy,     // no room in the hashing pool now: nothing was counted
  };
  struct Admission {
    std::optional<Ticket> ticket;  // or nothing, and:
    Refusal refusal = Refusal::delayed;
    Duration retry_in{};
    // The first attempt since the delay began. The others cost nothing, so they must not cost a row
    // each either.
    bool is_first_delayed = false;
  };
  [[nodiscard]] Admission admit(SignInAttempt attempt, Duration since_boot);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The part of an address that one party holds: all of IPv4, the first 64 bits of IPv6.
[[nodiscard]] std::string throttled_address(std::string_view address);

}  // namespace curfew
