#include "base/clock.hpp"

#include <doctest/doctest.h>

#include <cstdint>

namespace curfew {

using namespace std::chrono_literals;

TEST_CASE("seconds since 1970 are rounded down, also before 1970") {
  CHECK(to_unix_seconds(TimePoint{1999ms}) == 1);
  CHECK(to_unix_seconds(TimePoint{-1ms}) == -1);
  CHECK(to_unix_seconds(from_unix_seconds(1'795'442'700)) == 1'795'442'700);
  CHECK(to_unix_millis(from_unix_millis(-5)) == -5);
  CHECK(from_unix_seconds(2) == from_unix_millis(2000));
}

TEST_CASE("RFC 3339 text is written in UTC with milliseconds") {
  CHECK(to_rfc3339(TimePoint{0ms}) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(TimePoint{-1ms}) == "1969-12-31T23:59:59.999Z");
  CHECK(to_rfc3339(from_unix_millis(1'795'442'700'123)) == "2026-11-23T14:05:00.123Z");
  CHECK(to_rfc3339(from_unix_seconds(1'709'164'800)) == "2024-02-29T00:00:00.000Z");
}

TEST_CASE("RFC 3339 text is read with every offset, fraction and letter case") {
  const TimePoint at = from_unix_millis(1'795'442'700'120);
  for (const char* text : {"2026-11-23T14:05:00.12Z", "2026-11-23t14:05:00.120z",
                           "2026-11-23T14:05:00.120999999+00:00", "2026-11-23T19:35:00.12+05:30",
                           "2026-11-23T04:05:00.12-10:00", "2026-11-24T00:05:00.12+10:00"}) {
    CAPTURE(text);
    CHECK(parse_rfc3339(text) == at);
  }
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == TimePoint{0ms});
}

TEST_CASE("what is not RFC 3339 is nothing") {
  for (const char* text : {"",
                           "2026-11-23",
                           "2026-11-23T14:05:00",
                           "2026-11-23 14:05:00Z",
                           "2026-11-23T14:05Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-11-31T00:00:00Z",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T14:60:00Z",
                           "2026-11-23T14:05:60Z",
                           "2026-11-23T14:05:00.Z",
                           "2026-11-23T14:05:00,1Z",
                           "2026-11-23T14:05:00Zx",
                           " 2026-11-23T14:05:00Z",
                           "2026-11-23T14:05:00+24:00",
                           "2026-11-23T14:05:00+0100",
                           "2026-11-23T14:05:00+1:00",
                           "-026-11-23T14:05:00Z",
                           "2026-+1-23T14:05:00Z",
                           "2026--1-23T14:05:00Z",
                           "20261123T140500Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("what is written is read back as the same instant") {
  for (std::int64_t millis = -5'000'000'000'000; millis < 9'000'000'000'000;
       millis += 123'456'789'012) {
    const TimePoint at = from_unix_millis(millis);
    CHECK(parse_rfc3339(to_rfc3339(at)) == at);
  }
}

TEST_CASE("an offset does not lead out of the years that four digits can write") {
  for (const char* text : {"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z",
                           "0000-01-01T01:00:00+01:00", "9999-12-31T22:59:59-01:00"}) {
    CAPTURE(text);
    const auto at = parse_rfc3339(text);
    REQUIRE(at);
    CHECK(parse_rfc3339(to_rfc3339(*at)) == *at);
  }
  CHECK_FALSE(parse_rfc3339("0000-01-01T00:00:00+00:01"));
  CHECK_FALSE(parse_rfc3339("9999-12-31T23:59:00-00:01"));
}

TEST_CASE("a manual clock moves only when told, and a jump moves the wall clock alone") {
  ManualClock clock{from_unix_seconds(100)};
  CHECK(clock.now() == from_unix_seconds(100));
  CHECK(clock.since_boot() == 0ms);
  clock.advance(1500ms);
  clock.jump(-90s);
  CHECK(clock.now() == from_unix_millis(11'500));
  CHECK(clock.since_boot() == 1500ms);
}

TEST_CASE("the system's boot clock never goes back") {
  const SystemClock clock;
  const Duration before = clock.since_boot();
  CHECK(before > 0ms);
  CHECK(clock.since_boot() >= before);
  CHECK(clock.now() > from_unix_seconds(1'700'000'000));
}

}  // namespace curfew
