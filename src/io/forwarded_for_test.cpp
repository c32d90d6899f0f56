#include "io/forwarded_for.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/text.hpp"

namespace curfew {
namespace {

std::string address_in(std::initializer_list<std::string_view> lines) {
  HttpHeaders headers;
  headers.add("Host", "login.contoso.com");
  for (const std::string_view line : lines) headers.add("x-forwarded-for", line);
  return forwarded_address(headers).value_or("none");
}

TEST_CASE("the last element is whom the nearest proxy saw, whatever the client wrote before it") {
  CHECK(address_in({"192.0.2.7"}) == "192.0.2.7");
  CHECK(address_in({"10.0.0.1, 127.0.0.1,\t192.0.2.7 "}) == "192.0.2.7");
  CHECK(address_in({"10.0.0.1", "unknown, 203.0.113.9", "192.0.2.7"}) == "192.0.2.7");
  CHECK(address_in({"not an address at all,192.0.2.7"}) == "192.0.2.7");
}

TEST_CASE("an address has one spelling, with or without a port") {
  CHECK(address_in({"192.0.2.7:54321"}) == "192.0.2.7");
  CHECK(address_in({"2001:DB8:0:0::1"}) == "2001:db8::1");
  CHECK(address_in({"[2001:db8::1]"}) == "2001:db8::1");
  CHECK(address_in({"[2001:db8::1]:443"}) == "2001:db8::1");
  CHECK(address_in({"::ffff:192.0.2.7"}) == "192.0.2.7");
  CHECK(address_in({"[::ffff:c000:207]:1"}) == "192.0.2.7");
}

TEST_CASE("what is no IP address names nobody") {
  CHECK(address_in({}) == "none");
  constexpr std::string_view kBad =
      "| |,|192.0.2.7,|192.0.2.7, |unknown|localhost|_hidden|192.0.2|192.0.2.256|192.0.2.07|"
      "[192.0.2.7|[192.0.2.7]x|[|]|[]|[]:1|:|:1|2001:db8::1::2|[2001:db8::1|[2001:db8::1]443|"
      "fe80::1%eth0|for=192.0.2.7|\"192.0.2.7\"|192.0.2.7 203.0.113.9|192.0.2.7;";
  for (const std::string_view line : split(kBad, '|')) {
    CAPTURE(line);
    CHECK(address_in({line}) == "none");
  }
  CHECK(address_in({"192.0.2.7", ""}) == "none");
  CHECK(address_in({std::string(100, '1')}) == "none");
}

}  // namespace
}  // namespace curfew
