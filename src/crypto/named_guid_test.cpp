#include "crypto/named_guid.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

TEST_CASE(
    "a named GUID is the same each time, another for another name, and says how it was made") {
  const std::string guid = named_guid("one");
  CHECK(guid == named_guid("one"));
  CHECK(guid != named_guid("other"));
  REQUIRE(guid.size() == 36);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) CHECK(guid[at] == '-');
  CHECK(guid[14] == '8');
  CHECK(guid[19] == '8');
  CHECK(guid.find_first_not_of("0123456789abcdef-") == std::string::npos);
}

}  // namespace
}  // namespace curfew
