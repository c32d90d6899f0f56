#include <doctest/doctest.h>

#include "tests/matrix/fate.hpp"

namespace curfew::matrix {

namespace {

TEST_CASE("a cell is held only by exactly what its fate says") {
  for (const bool before : {false, true}) {
    for (const bool after : {false, true}) {
      for (const bool given_back : {false, true}) {
        const Seen seen{before, after, given_back};
        CHECK(complaint(Fate::dies, seen).empty() == (before && !after && !given_back));
        CHECK(complaint(Fate::suspends, seen).empty() == (before && !after && given_back));
        CHECK(complaint(Fate::lives, seen).empty() == (before && after && given_back));
      }
    }
  }
  CHECK(complaint(Fate::lives, {true, true, std::nullopt}).empty());
  CHECK_FALSE(complaint(Fate::dies, {true, false, std::nullopt}).empty());
  CHECK_FALSE(complaint(Fate::suspends, {true, false, std::nullopt}).empty());
}

TEST_CASE("every removal ends at least one credential that lives otherwise") {
  for (const RemovalKind removal : kRemovalKinds) {
    CAPTURE(to_string(removal));
    bool ends_something = false;
    for (const CredentialKind credential : kCredentialKinds) {
      ends_something = ends_something || fate_of(credential, Use::plain, removal) == Fate::dies;
    }
    CHECK(ends_something);
  }
}

}  // namespace

}  // namespace curfew::matrix
