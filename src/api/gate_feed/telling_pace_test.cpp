#include "api/gate_feed/telling_pace.hpp"

#include <doctest/doctest.h>

#include <cstddef>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr TellingTimes kTimes{.short_round = 1ms, .pause_least = 2ms, .pause_most = 10ms};

constexpr std::size_t kMany = 10'000;

TellingPace after_round(Duration took, std::size_t gates = kMany) {
  TellingPace pace{kTimes};
  pace.begin(100s);
  pace.end(100s + took, gates);
  return pace;
}

}  // namespace

TEST_CASE("what comes to a server that has nothing to tell is told at once") {
  const TellingPace pace{kTimes};
  CHECK_FALSE(pace.is_telling());
  CHECK(pace.wait(0ms) == 0ms);
  CHECK(pace.wait(100s) == 0ms);
  CHECK(pace.ack_pause() == 0ms);
  CHECK(after_round(8ms).wait(200s) == 0ms);
}

TEST_CASE("few gates are told one thing after the other without a pause") {
  CHECK(after_round(0ms).wait(100s) == 0ms);
  CHECK(after_round(1ms).wait(100s + 1ms) == 0ms);
  CHECK(after_round(1ms).ack_pause() == 0ms);
}

TEST_CASE("after a round that took long there is a pause as long, within bounds") {
  CHECK(after_round(8ms).wait(100s + 8ms) == 8ms);
  CHECK(after_round(8ms).wait(100s + 11ms) == 5ms);
  CHECK(after_round(8ms).wait(100s + 16ms) == 0ms);
  CHECK(after_round(8ms).ack_pause() == 128ms);
  CHECK(after_round(2s).wait(102s) == 10ms);
  TellingPace pace{{.short_round = 1ms, .pause_least = 5ms, .pause_most = 10ms}};
  pace.begin(100s);
  pace.end(100s + 2ms, kMany);
  CHECK(pace.wait(100s + 2ms) == 5ms);
}

TEST_CASE("a few gates do not wait for what else a server had to do in their round") {
  const std::size_t in_a_millisecond = kTimes.gates_in_a_millisecond;
  CHECK(after_round(5s, in_a_millisecond).wait(105s) == 0ms);
  CHECK(after_round(5s, in_a_millisecond).ack_pause() == 0ms);
  CHECK(after_round(5s, 8 * in_a_millisecond).wait(105s) == 8ms);
}

TEST_CASE("one round at a time, and only the last one counts") {
  TellingPace pace = after_round(8ms);
  pace.begin(101s);
  CHECK(pace.is_telling());
  CHECK(pace.ack_pause() == 128ms);
  pace.end(101s, kMany);
  CHECK_FALSE(pace.is_telling());
  CHECK(pace.wait(101s) == 0ms);
  CHECK(pace.ack_pause() == 0ms);
}

}  // namespace curfew
