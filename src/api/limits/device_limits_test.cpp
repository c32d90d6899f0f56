#include "api/limits/device_limits.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

using namespace std::chrono_literals;

TEST_CASE("RFC 8628 3.5: whoever polls at the interval is never told to slow down") {
  DevicePolls polls;
  for (Duration at = 0s; at < 15min; at += 5s) CHECK_FALSE(polls.is_too_soon("a", at));
}

TEST_CASE("RFC 8628 3.5: whoever polls too soon is told so, and its interval grows for good") {
  DevicePolls polls;
  CHECK_FALSE(polls.is_too_soon("a", 0s));
  CHECK(polls.is_too_soon("a", 1s));
  CHECK(polls.is_too_soon("a", 6s));  // ten seconds by now
  CHECK_FALSE(polls.is_too_soon("a", 21s));
  CHECK(polls.is_too_soon("a", 31s));
  CHECK_FALSE(polls.is_too_soon("a", 51s));
  CHECK_FALSE(polls.is_too_soon("b", 51s));  // another device has a pace of its own
}

TEST_CASE("a network may bring two polls a little closer together") {
  DevicePolls polls;
  CHECK_FALSE(polls.is_too_soon("a", 0ms));
  CHECK_FALSE(polls.is_too_soon("a", 4'100ms));
  CHECK(polls.is_too_soon("a", 8'000ms));
}

TEST_CASE("of more device codes than are remembered the one unused for longest is forgotten") {
  DevicePolls polls{2};
  CHECK_FALSE(polls.is_too_soon("a", 0s));
  CHECK_FALSE(polls.is_too_soon("b", 0s));
  CHECK_FALSE(polls.is_too_soon("c", 0s));
  CHECK(polls.is_too_soon("b", 1s));
  CHECK_FALSE(polls.is_too_soon("a", 1s));
}

TEST_CASE("guessing user codes is held back for the person and for the address") {
  DeviceLimits limits;
  const auto guess = [&](const char* person, const char* address) {
    return limits.typed.admit({person, address, std::nullopt}, 0s).ticket.has_value();
  };
  for (int i = 0; i < 5; ++i) CHECK(guess("john", "192.0.2.7"));
  CHECK_FALSE(guess("john", "192.0.2.7"));
  for (int i = 0; i < 5; ++i) CHECK(guess("john", "192.0.2.8"));
  CHECK_FALSE(guess("john", "192.0.2.9"));  // ten wrong ones, wherever from
  CHECK(guess("alice", "192.0.2.7"));
}

TEST_CASE("an address begins so many sign-ins on devices, and one client so many more") {
  DeviceLimits limits;
  const auto begin = [&](const std::string& address) {
    return limits.begun.admit({"client", address, std::nullopt}, 0s).ticket.has_value();
  };
  for (int i = 0; i < 30; ++i) CHECK(begin("192.0.2.7"));
  CHECK_FALSE(begin("192.0.2.7"));
  int others = 0;
  while (others < 2'000 && begin("2001:db8:" + std::to_string(others) + "::1")) ++others;
  CHECK(others == 970);
}

}  // namespace
}  // namespace curfew
