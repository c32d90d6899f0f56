#include "api/limits/sign_in_throttle.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

const SignInAttempt kAttacker{"johndoe@contoso.com", "203.0.113.9", std::nullopt};
const SignInAttempt kOwner{"johndoe@contoso.com", "192.0.2.7", std::nullopt};
const SignInAttempt kOwnersBrowser{"johndoe@contoso.com", "192.0.2.7", "browser-1"};

// One wrong password; whether it was checked at all.
bool fail_once(SignInThrottle& throttle, const SignInAttempt& attempt, Duration now) {
  return throttle.admit(attempt, now).ticket.has_value();
}

int failures_until_closed(SignInThrottle& throttle, const SignInAttempt& attempt, Duration now) {
  int count = 0;
  while (count < 10'000 && fail_once(throttle, attempt, now)) ++count;
  return count;
}

bool is_open(SignInThrottle& throttle, const SignInAttempt& attempt, Duration now) {
  auto admission = throttle.admit(attempt, now);
  if (!admission.ticket) return false;
  admission.ticket->abandoned();
  return true;
}

TEST_CASE("after some wrong passwords the same address waits before it tries that account again") {
  SignInThrottle throttle;
  CHECK(failures_until_closed(throttle, kAttacker, 0ms) == 5);
  const auto refused = throttle.admit(kAttacker, 10s);
  CHECK(!refused.ticket);
  CHECK(refused.refusal == SignInThrottle::Refusal::delayed);
  CHECK(refused.retry_in == 20s);
  CHECK(is_open(throttle, kAttacker, 30s));
}

TEST_CASE("the first attempt of each delay is told apart from those after it") {
  SignInThrottle throttle;
  CHECK(failures_until_closed(throttle, kAttacker, 0ms) == 5);  // and one that was refused
  CHECK(!throttle.admit(kAttacker, 10s).is_first_delayed);
  CHECK(fail_once(throttle, kAttacker, 30s));
  CHECK(throttle.admit(kAttacker, 31s).is_first_delayed);
  CHECK(!throttle.admit(kAttacker, 32s).is_first_delayed);
}

TEST_CASE("each further failure doubles the delay up to a limit, and a refused try adds nothing") {
  SignInThrottle throttle;
  Duration now = 0ms;
  CHECK(failures_until_closed(throttle, kAttacker, now) == 5);
  Duration before = 0ms;
  for (int round = 0; round < 12; ++round) {
    const Duration wait = throttle.admit(kAttacker, now).retry_in;
    CHECK(throttle.admit(kAttacker, now).retry_in == wait);
    CHECK(wait >= before);
    CHECK(wait <= 15min);
    before = wait;
    now += wait;
    CHECK(fail_once(throttle, kAttacker, now));
  }
  CHECK(before == 15min);
}

TEST_CASE("an attacker at one address never closes the account to its owner at another address") {
  SignInThrottle throttle;
  Duration now = 0ms;
  for (int hour = 0; hour < 24 * 7; ++hour) {
    failures_until_closed(throttle, kAttacker, now);
    now += 1h;
    CHECK(is_open(throttle, kOwner, now));
  }
}

TEST_CASE("many addresses together close an account to unknown browsers, never to a known one") {
  SignInThrottle throttle;
  for (int host = 0; host < 200; ++host) {
    SignInAttempt bot = kAttacker;
    bot.address = "198.51.100." + std::to_string(host);
    failures_until_closed(throttle, bot, 0ms);
  }
  CHECK(!is_open(throttle, kOwner, 1s));
  CHECK(is_open(throttle, kOwnersBrowser, 1s));
  CHECK(is_open(throttle, kOwner, 10h));
}

TEST_CASE("a known browser is not closed by an attacker behind the same address") {
  SignInThrottle throttle;
  SignInAttempt neighbour = kAttacker;
  neighbour.address = kOwnersBrowser.address;
  failures_until_closed(throttle, neighbour, 0ms);
  CHECK(!is_open(throttle, kOwner, 1s));
  CHECK(is_open(throttle, kOwnersBrowser, 1s));
}

TEST_CASE("a known browser has a counter of its own, so a thief of the machine cannot guess on") {
  SignInThrottle throttle;
  CHECK(failures_until_closed(throttle, kOwnersBrowser, 0ms) == 10);
  CHECK(is_open(throttle, kOwner, 1s));
}

TEST_CASE("one address that tries many accounts is slowed down over all of them") {
  SignInThrottle throttle;
  int tried = 0;
  for (int user = 0; user < 1000; ++user) {
    SignInAttempt spray = kAttacker;
    spray.account = "user" + std::to_string(user) + "@contoso.com";
    tried += fail_once(throttle, spray, 0ms) ? 1 : 0;
  }
  CHECK(tried == 30);
}

TEST_CASE("a right password between wrong ones does not give an address fresh tries elsewhere") {
  SignInThrottle throttle;
  int tried = 0;
  for (int user = 0; user < 1000; ++user) {
    SignInAttempt spray = kAttacker;
    spray.account = "user" + std::to_string(user) + "@contoso.com";
    tried += fail_once(throttle, spray, 0ms) ? 1 : 0;
    SignInAttempt own = kAttacker;
    own.account = "mallory@contoso.com";
    auto admission = throttle.admit(own, 0ms);
    if (admission.ticket) admission.ticket->succeeded();
  }
  CHECK(tried == 30);
}

TEST_CASE("a right password forgets the failures of this address at this account") {
  SignInThrottle throttle;
  for (int i = 0; i < 4; ++i) CHECK(fail_once(throttle, kOwner, 0ms));
  auto admission = throttle.admit(kOwner, 0ms);
  REQUIRE(admission.ticket);
  admission.ticket->succeeded();
  admission.ticket.reset();
  CHECK(failures_until_closed(throttle, kOwner, 0ms) == 5);
}

TEST_CASE("tries sent at the same time are no more than tries sent one after the other") {
  SignInThrottle throttle;
  std::vector<SignInThrottle::Admission> in_hand;
  for (int i = 0; i < 7; ++i) in_hand.push_back(throttle.admit(kAttacker, 0ms));
  CHECK(in_hand[4].ticket.has_value());
  CHECK(!in_hand[5].ticket.has_value());
}

TEST_CASE("one address holds no more than its share of the hashing pool") {
  SignInThrottleOptions options;
  options.account_at_address.free_failures = 1000;
  options.address.free_failures = 1000;
  SignInThrottle throttle{options};
  std::vector<SignInThrottle::Admission> in_hand;
  for (int i = 0; i < 9; ++i) in_hand.push_back(throttle.admit(kAttacker, 0ms));
  CHECK(in_hand[7].ticket.has_value());
  CHECK(!in_hand[8].ticket.has_value());
  CHECK(in_hand[8].refusal == SignInThrottle::Refusal::busy);
  CHECK(throttle.admit(kOwner, 0ms).ticket.has_value());
  in_hand.pop_back();
  in_hand.pop_back();
  CHECK(throttle.admit(kAttacker, 0ms).ticket.has_value());
}

TEST_CASE("unknown browsers leave room in the hashing pool for known ones") {
  SignInThrottle throttle;
  std::vector<SignInThrottle::Admission> in_hand;
  for (int host = 0; host < 100; ++host) {
    SignInAttempt bot = kAttacker;
    bot.address = "198.51.100." + std::to_string(host);
    bot.account = "user" + std::to_string(host);
    in_hand.push_back(throttle.admit(bot, 0ms));
  }
  CHECK(!is_open(throttle, kOwner, 0ms));
  CHECK(is_open(throttle, kOwnersBrowser, 0ms));
}

TEST_CASE("counters are bounded: the one unused for longest is forgotten first") {
  SignInThrottleOptions options;
  options.counters_max = 3;
  SignInThrottle throttle{options};
  const auto at = [](int host) {
    SignInAttempt attempt{"someone" + std::to_string(host), "192.0.2." + std::to_string(host),
                          std::nullopt};
    return attempt;
  };
  for (int host = 0; host < 3; ++host) failures_until_closed(throttle, at(host), 0ms);
  CHECK(!is_open(throttle, at(0), 1s));
  failures_until_closed(throttle, at(3), 0ms);
  CHECK(is_open(throttle, at(0), 1s));
  CHECK(!is_open(throttle, at(2), 1s));
}

TEST_CASE("an address of many is held back at each account, not over all of them") {
  SignInThrottle throttle;
  const auto at = [](const std::string& name) {
    return SignInAttempt{name, "127.0.0.1", std::nullopt, /*address_is_shared=*/true};
  };
  for (int i = 0; i < 100; ++i) fail_once(throttle, at("someone" + std::to_string(i)), 0ms);
  CHECK(failures_until_closed(throttle, at("johndoe@contoso.com"), 0ms) == 5);
  CHECK(is_open(throttle, at("jane@contoso.com"), 0ms));
}

TEST_CASE("an address of many may have as many checks in hand as there is room for") {
  SignInThrottleOptions options;
  options.checks_max = 20;
  options.checks_kept_for_known = 4;
  SignInThrottle throttle{options};
  std::vector<SignInThrottle::Admission> held;
  for (int i = 0; i < 16; ++i) {
    held.push_back(throttle.admit(
        {"someone" + std::to_string(i), "127.0.0.1", std::nullopt, /*address_is_shared=*/true},
        0ms));
    CHECK(held.back().ticket);
  }
  const auto refused = throttle.admit({"another", "127.0.0.1", std::nullopt, true}, 0ms);
  CHECK(refused.refusal == SignInThrottle::Refusal::busy);
}

TEST_CASE("a network of IPv6 addresses counts as one party") {
  CHECK(throttled_address("192.0.2.7") == "192.0.2.7");
  CHECK(throttled_address("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(throttled_address("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(throttled_address("2001:db8:1:2::6") == "2001:db8:1:2::/64");
  CHECK(throttled_address("2001:db8::6") == "2001:db8:0:0::/64");
  CHECK(throttled_address("2001::1:2:3:4:5:6") == "2001:0:1:2::/64");
  CHECK(throttled_address("::1") == "0:0:0:0::/64");
  CHECK(throttled_address("fe80::1%eth0") == "fe80:0:0:0::/64");
}

TEST_CASE("threads that try at once share the counters") {
  SignInThrottle throttle;
  std::atomic<int> tried = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) tried += fail_once(throttle, kAttacker, 0ms) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(tried == 5);
}

}  // namespace
}  // namespace curfew
