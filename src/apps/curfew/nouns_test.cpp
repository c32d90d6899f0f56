#include "apps/curfew/nouns.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

namespace curfew {

using Lines = std::vector<std::string>;

TEST_CASE("what is inside of an object stands below it, each object of a list below a dash") {
  const auto object = boost::json::parse(R"({"name": "edge", "feed": {"lag": 0, "connected": [
      {"id": "a", "lag": 0}, {"id": "b", "lag": 7}]}, "dead": [], "list": ["x", "y"]})");
  CHECK(member_lines(object.as_object()) == Lines{
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

}  // namespace curfew
