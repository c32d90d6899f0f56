#include "base/duration.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

TEST_CASE("a time is a number with a unit, and not larger than ten years") {
  CHECK(parse_duration("90s").value() == std::chrono::seconds{90});
  CHECK(parse_duration("2d").value() == std::chrono::hours{48});
  for (const char* text : {"", "s", "1", "-1s", "1.5h", "1 h", "1w", "99999999999s", "1hh"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).ok());
  }
}

}  // namespace
}  // namespace curfew
