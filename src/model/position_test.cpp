#include "model/position.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

TEST_CASE("a position is written as generation.sequence and read back") {
  for (const Position position : {Position{1, 1}, Position{7, 1042}, Position{0, 0},
                                  Position{kGenerationMax, kSequenceMax}}) {
    CHECK(parse_position(to_string(position)) == position);
    CHECK(unpack_position(pack(position)) == position);
  }
}

TEST_CASE("packed positions have the order of positions") {
  CHECK(pack({1, kSequenceMax}) < pack({2, 1}));
  CHECK(pack({2, 1}) < pack({2, 2}));
  CHECK(pack({kGenerationMax, kSequenceMax}) > 0);
}

TEST_CASE("anything but two plain decimal numbers is no position") {
  for (const char* text : {"", ".", "1", "1.", ".1", "01.1", "1.01", "+1.1", "1.-1", " 1.1", "1.1 ",
                           "1.1.1", "a.1", "524288.1", "1.17592186044416", "1e1.1", "0.9"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_position(text));
  }
}

}  // namespace
}  // namespace curfew
