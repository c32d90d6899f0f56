#include "io/public_address.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>

#include "io/test_address.hpp"

namespace curfew {
namespace {

bool is_public(const std::string& text) {
  const sockaddr_storage storage = socket_address(text);
  return is_public_address(reinterpret_cast<const sockaddr&>(storage));
}

TEST_CASE("addresses of the machine and of the networks around it are not public") {
  for (const std::string text : {"0.0.0.0",
                                 "10.1.2.3",
                                 "100.64.0.1",
                                 "100.127.255.255",
                                 "127.0.0.1",
                                 "127.255.255.254",
                                 "169.254.169.254",
                                 "172.16.0.1",
                                 "172.31.255.255",
                                 "192.0.0.170",
                                 "192.0.2.1",
                                 "192.168.1.1",
                                 "198.18.0.1",
                                 "198.19.255.255",
                                 "224.0.0.1",
                                 "240.0.0.1",
                                 "255.255.255.255",
                                 "::",
                                 "::1",
                                 "::ffff:127.0.0.1",
                                 "::ffff:10.1.2.3",
                                 "64:ff9b::7f00:1",
                                 "fc00::1",
                                 "fd12:3456::1",
                                 "fe80::1",
                                 "ff02::1",
                                 "2001::1",
                                 "2001:db8::1",
                                 "2002:7f00:1::1",
                                 "3fff::1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public(text));
  }
}

TEST_CASE("addresses next to those are public") {
  for (const std::string text :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1",
        "2a00:1450::1", "::ffff:8.8.8.8"}) {
    CAPTURE(text);
    CHECK(is_public(text));
  }
}

TEST_CASE("an address of another family is not public") {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  CHECK_FALSE(is_public_address(address));
}

}  // namespace
}  // namespace curfew
