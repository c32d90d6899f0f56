#include "protocol/http/percent.hpp"

#include <doctest/doctest.h>

using namespace curfew;

TEST_CASE("percent coding keeps unreserved characters and survives a round trip of every byte") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/c?d&e=f+") == "a%20b%2Fc%3Fd%26e%3Df%2B");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(percent_decode(percent_encode(all)) == all);
  CHECK(form_decode(percent_encode(all)) == all);
}

TEST_CASE("what is encoded can be chosen") {
  const auto is_plain = [](char c) { return c != ' ' && c != '%'; };
  CHECK(percent_encode("a b/%20", is_plain) == "a%20b/%2520");
}

TEST_CASE("a percent sign without two hexadecimal digits is refused") {
  for (const std::string_view text : {"%", "%4", "%4g", "a%", "%%41", "%+1", "%-1"}) {
    CHECK_FALSE(percent_decode(text).has_value());
    CHECK_FALSE(form_decode(text).has_value());
  }
}

TEST_CASE("a plus is a space in forms only") {
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(form_decode("a+b%2b") == "a b+");
}
