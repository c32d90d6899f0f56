#include "model/changed_property.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

TEST_CASE("what was changed reads back as it was written, in its order") {
  std::string detail;
  append_changed_property(detail, {"breakGlass", "false"});
  append_changed_property(detail, {"mail", ""});
  append_changed_property(detail, {"riskState", "dismissed"});
  CHECK(detail == "breakGlass=false, mail, riskState=dismissed");
  const auto found = parse_changed_properties(detail);
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "breakGlass");
  CHECK(found[0].value == "false");
  CHECK(found[1].name == "mail");
  CHECK(found[1].value.empty());
  CHECK(found[2].name == "riskState");
  CHECK(found[2].value == "dismissed");
  CHECK(parse_changed_properties("").empty());
}

}  // namespace
}  // namespace curfew
