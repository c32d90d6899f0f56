#include "access/authentication_context.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

using Lists = std::vector<std::vector<std::string>>;

TEST_CASE("5.13: a sign-in by password reaches that context, and one by nothing reaches none") {
  CHECK(acr_of(std::vector<std::string>{"pwd"}) == kPasswordAcr);
  CHECK(acr_of(std::vector<std::string>{}).empty());
  CHECK(acr_of(std::vector<std::string>{"otp"}).empty());
}

TEST_CASE("5.13: of each list of essential contexts one must be reached") {
  const std::string own{kPasswordAcr};
  CHECK(reaches_all(own, {}));
  CHECK(reaches_all(own, Lists{{"phr", own}}));
  CHECK(!reaches_all(own, Lists{{"phr"}}));
  CHECK(!reaches_all(own, Lists{{own}, {"phr"}}));
  CHECK(!reaches_all("", Lists{{own}}));
  CHECK(can_be_reached(Lists{{"phr", own}}));
  CHECK(!can_be_reached(Lists{{own}, {"phr"}}));
}

}  // namespace
}  // namespace curfew
