#include "apps/curfew/nouns.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <ctime>

namespace curfew {

using Lines = std::vector<std::string>;

namespace {

const TimePoint kNow = parse_rfc3339("2026-01-31T09:30:00Z").value();

// Where the reader is; back again at the end.
class ReadersZone {
 public:
  explicit ReadersZone(const char* zone) {
    if (const char* const before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~ReadersZone() {
    if (before_.empty()) {
      ::unsetenv("TZ");
    } else {
      ::setenv("TZ", before_.c_str(), 1);
    }
    ::tzset();
  }
  ReadersZone(const ReadersZone&) = delete;
  ReadersZone& operator=(const ReadersZone&) = delete;

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("what is inside of an object stands below it, each object of a list below a dash") {
  const auto object = boost::json::parse(R"({"name": "edge", "feed": {"lag": 0, "connected": [
      {"id": "a", "lag": 0}, {"id": "b", "lag": 7}]}, "dead": [], "list": ["x", "y"]})");
  CHECK(member_lines(object.as_object(), kNow) == Lines{
                                                      "name: edge",
                                                      "feed:",
                                                      "  lag: 0",
                                                      "  connected:",
                                                      "    - id: a",
                                                      "      lag: 0",
                                                      "    - id: b",
                                                      "      lag: 7",
                                                      "dead: -",
                                                      "list: x,y",
                                                  });
}

TEST_CASE(
    "moments are shown in the reader's zone and in UTC, with the date where it is not today") {
  const auto object = boost::json::parse(R"({"heardDateTime": "2026-01-31T09:00:00.123Z",
      "feed": {"last": "2026-01-30T23:30:00Z", "name": "2026-01-31"}})");
  {
    const ReadersZone zone{"ABC-2"};  // two hours before UTC
    CHECK(member_lines(object.as_object(), kNow) ==
          Lines{"heardDateTime: 11:00:00 (09:00:00 UTC)", "feed:",
                "  last: 2026-01-31 01:30:00 (2026-01-30 23:30:00 UTC)", "  name: 2026-01-31"});
  }
  const ReadersZone zone{"UTC"};
  CHECK(member_lines(object.as_object(), kNow) == Lines{"heardDateTime: 09:00:00 UTC",
                                                        "feed:", "  last: 2026-01-30 23:30:00 UTC",
                                                        "  name: 2026-01-31"});
}

}  // namespace curfew
