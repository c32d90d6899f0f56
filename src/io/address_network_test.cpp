#include "io/address_network.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "io/test_address.hpp"

namespace curfew {
namespace {

bool holds(const std::string& network, const std::string& address) {
  const auto parsed = parse_address_network(network);
  REQUIRE(parsed.ok());
  const sockaddr_storage storage = socket_address(address);
  return is_in_any(reinterpret_cast<const sockaddr&>(storage), {*parsed});
}

std::string refusal(const std::string& text) {
  const auto parsed = parse_address_network(text);
  return parsed.ok() ? "" : parsed.error().message();
}

struct Case {
  const char* network;
  const char* address;
};

TEST_CASE("a network holds its first and its last address, and what is between them") {
  for (const Case& one :
       {Case{"10.1.0.0/16", "10.1.0.0"}, Case{"10.1.0.0/16", "10.1.77.3"},
        Case{"10.1.0.0/16", "10.1.255.255"}, Case{"192.168.4.0/22", "192.168.7.255"},
        Case{"10.1.2.3/32", "10.1.2.3"}, Case{"0.0.0.0/0", "255.255.255.255"},
        Case{"fd00:1::/32", "fd00:1::"},
        Case{"fd00:1::/32", "fd00:1:ffff:ffff:ffff:ffff:ffff:ffff"},
        Case{"fd00:8000::/17", "fd00:ffff::1"}, Case{"::1/128", "::1"}, Case{"::/0", "fe80::1"}}) {
    CAPTURE(one.network);
    CAPTURE(one.address);
    CHECK(holds(one.network, one.address));
  }
}

TEST_CASE("a network does not hold the addresses next to it") {
  for (const Case& one : {Case{"10.1.0.0/16", "10.0.255.255"}, Case{"10.1.0.0/16", "10.2.0.0"},
                          Case{"192.168.4.0/22", "192.168.3.255"},
                          Case{"192.168.4.0/22", "192.168.8.0"}, Case{"10.1.2.3/32", "10.1.2.4"},
                          Case{"fd00:1::/32", "fd00:0:ffff:ffff:ffff:ffff:ffff:ffff"},
                          Case{"fd00:1::/32", "fd00:2::"}, Case{"fd00:8000::/17", "fd00:7fff::1"},
                          Case{"::1/128", "::2"}, Case{"0.0.0.0/0", "::1"}}) {
    CAPTURE(one.network);
    CAPTURE(one.address);
    CHECK_FALSE(holds(one.network, one.address));
  }
}

TEST_CASE("an IPv4 address in the form of IPv6 is that IPv4 address") {
  CHECK(holds("10.1.0.0/16", "::ffff:10.1.2.3"));
  CHECK_FALSE(holds("10.1.0.0/16", "::ffff:10.2.0.0"));
  CHECK(holds("::ffff:10.1.0.0/112", "10.1.2.3"));
  CHECK_FALSE(holds("::/0", "10.1.2.3"));
  CHECK_FALSE(holds("::/0", "::ffff:10.1.2.3"));
}

TEST_CASE("an address of another family is in no network") {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  CHECK_FALSE(is_in_any(address, {AddressNetwork{}}));
}

TEST_CASE("a network is written as it is read again") {
  for (const Case& one : {Case{"10.1.0.0/16", "10.1.0.0/16"}, Case{"0.0.0.0/0", "0.0.0.0/0"},
                          Case{"FD00:1:0::/32", "fd00:1::/32"}, Case{"::/0", "::/0"},
                          Case{"::1/128", "::1/128"}, Case{"::ffff:10.1.0.0/112", "10.1.0.0/16"}}) {
    const auto parsed = parse_address_network(one.network);
    REQUIRE(parsed.ok());
    CHECK(to_text(*parsed) == one.address);
    const auto again = parse_address_network(to_text(*parsed));
    REQUIRE(again.ok());
    CHECK(*again == *parsed);
  }
}

TEST_CASE("what is no network is refused") {
  for (const std::string text : {"",
                                 "/",
                                 "/8",
                                 "10.0.0.0",
                                 "10.0.0.0/",
                                 "10.0.0.0/33",
                                 "10.0.0.0/-1",
                                 "10.0.0.0/+8",
                                 "10.0.0.0/08",
                                 "10.0.0.0/8 ",
                                 " 10.0.0.0/8",
                                 "10.0.0.0/8/8",
                                 "10.0.0.0/256",
                                 "10.0/8",
                                 "10.0.0.0/255.0.0.0",
                                 "fd00::/129",
                                 "fd00::/",
                                 "fd00:::/32",
                                 "[fd00::]/32",
                                 "fe80::%1/64",
                                 "localhost/8",
                                 "10.0.0.0/1x"}) {
    CAPTURE(text);
    CHECK_FALSE(refusal(text).empty());
  }
  CHECK_FALSE(refusal(std::string{"10.0.0.0\0/8", 11}).empty());
}

TEST_CASE("a network that may be meant to be another one is refused with what it would be") {
  CHECK(refusal("10.1.2.3/16").find("10.1.0.0/16") != std::string::npos);
  CHECK(refusal("fd00:1::1/32").find("fd00:1::/32") != std::string::npos);
  CHECK(refusal("::ffff:0:0/32").find("::/32") != std::string::npos);
  CHECK(refusal("10.1.2.3").find("/32") != std::string::npos);
}

}  // namespace
}  // namespace curfew
