#include "apps/curfew/gate_commands.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

namespace curfew {
namespace {

boost::json::object told(const char* feed) {
  boost::json::object gate{{"name", "edge"}, {"feed", boost::json::parse(feed)}};
  tell_feed(gate, parse_rfc3339("2026-02-01T09:00:00Z").value());
  return gate;
}

std::string cell(const boost::json::object& gate, std::string_view member) {
  return cell_text(member_at(gate, member));
}

TEST_CASE("of a gate that is connected the versions are shown, each once") {
  const auto gate = told(R"({"acknowledged":"1.7","last":null,"connected":[
      {"programVersion":"1.2.3"},{"programVersion":"1.2.3"},{"programVersion":"1.2.4"}]})");
  CHECK(cell(gate, "feed.version") == "1.2.3,1.2.4");
  CHECK(cell(gate, "feed.acknowledged") == "1.7");
  CHECK(cell(told(R"({"connected":[{"programVersion":null}]})"), "feed.version") == "-");
}

TEST_CASE("of a gate that has gone what was last is shown, and that it is of before") {
  const auto gate = told(R"({"acknowledged":null,"connected":[],"last":{"acknowledged":"1.7",
      "programVersion":"1.2.3","disconnectedDateTime":"2026-01-31T09:00:00Z"}})");
  CHECK(
      cell(gate, "feed.acknowledged").starts_with("1.7 (when it was last connected, 2026-01-31 "));
  CHECK(cell(gate, "feed.version").starts_with("1.2.3 (when it was last connected, 2026-01-31 "));
  const auto older = told(R"({"acknowledged":null,"connected":[],"last":{"acknowledged":"1.7",
      "programVersion":null,"disconnectedDateTime":"2026-01-31T09:00:00Z"}})");
  CHECK(cell(older, "feed.version") == "-");
}

TEST_CASE("of a gate that never came, or of a server that serves no feed, nothing is made up") {
  const auto gate = told(R"({"acknowledged":null,"connected":[],"last":null})");
  CHECK(cell(gate, "feed.version") == "-");
  CHECK(cell(gate, "feed.acknowledged") == "-");
  CHECK(cell(told("null"), "feed.version") == "-");
}

}  // namespace
}  // namespace curfew
