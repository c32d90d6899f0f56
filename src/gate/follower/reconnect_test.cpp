#include "gate/follower/reconnect.hpp"

#include <doctest/doctest.h>

#include <set>

#include "gate/feed/gate_limits.hpp"

namespace curfew {

namespace {

using namespace std::chrono_literals;
using namespace gate_limits;

Chance counting_from(std::uint64_t first) {
  return [next = first]() mutable { return next++; };
}

}  // namespace

TEST_CASE("the first try is at once, at an address by chance") {
  std::set<std::size_t> seen;
  for (std::uint64_t chance = 0; chance < 3; ++chance) {
    const ReconnectPolicy policy{3, 5s, counting_from(chance)};
    CHECK(policy.next().at == 5s);
    seen.insert(policy.next().address);
  }
  CHECK(seen.size() == 3);
}

TEST_CASE("every address is tried soon before pauses grow") {
  ReconnectPolicy policy{3, 0s, counting_from(0)};
  std::set<std::size_t> tried{policy.next().address};
  for (int at = 0; at < 2; ++at) {
    policy.failed(1s);
    CHECK(policy.next().at <= 1s + kReconnectFirst);
    tried.insert(policy.next().address);
  }
  CHECK(tried.size() == 3);
  policy.failed(1s);
  CHECK(policy.next().at >= 1s + kReconnectFirst);
  CHECK(policy.next().at <= 1s + 2 * kReconnectFirst);
}

TEST_CASE("pauses grow to a bound and are spread by chance") {
  ReconnectPolicy policy{1, 0s, counting_from(0)};
  for (int at = 0; at < 40; ++at) policy.failed(1s);
  CHECK(policy.next().at >= 1s + kReconnectMost / 2);
  CHECK(policy.next().at <= 1s + kReconnectMost);
  std::set<Duration> pauses;
  for (int at = 0; at < 10; ++at) {
    policy.failed(1s);
    pauses.insert(policy.next().at);
  }
  CHECK(pauses.size() == 10);
}

TEST_CASE("a good connection that broke is made again at once, at the same address") {
  ReconnectPolicy policy{3, 0s, counting_from(0)};
  for (int at = 0; at < 30; ++at) policy.failed(1s);
  const std::size_t address = policy.next().address;
  policy.succeeded(10s);
  policy.failed(10s + kSteadyAfter);
  CHECK(policy.next().address == address);
  CHECK(policy.next().at <= 10s + kSteadyAfter + kReconnectFirst);
}

TEST_CASE("a connection that breaks soon after it was made counts as a failure") {
  ReconnectPolicy policy{1, 0s, counting_from(0)};
  for (int at = 0; at < 40; ++at) {
    policy.succeeded(10s);
    policy.failed(11s);
  }
  CHECK(policy.next().at >= 11s + kReconnectMost / 2);
}

}  // namespace curfew
