#include "crypto/ecdsa_encoding.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

#include "base/text.hpp"

namespace curfew {

namespace {

std::string bytes(std::string_view hex) { return hex_decode(hex).value(); }

std::string number(std::size_t size, std::initializer_list<unsigned char> low) {
  std::string text(size - low.size(), '\0');
  for (const unsigned char byte : low) text += static_cast<char>(byte);
  return text;
}

}  // namespace

TEST_CASE("r || s becomes the shortest DER and comes back") {
  const std::string raw = number(32, {0x7f}) + number(32, {0x80});
  CHECK(hex_encode(ecdsa_raw_to_der(raw, 32).value()) == "300702017f02020080");
  for (const std::size_t size : {32UL, 48UL, 66UL}) {
    for (const char fill : {'\0', '\x01', '\x7f', '\x80', '\xff'}) {
      const std::string both(2 * size, fill);
      CHECK(ecdsa_der_to_raw(ecdsa_raw_to_der(both, size).value(), size) == both);
    }
  }
}

TEST_CASE("r || s of any other length is refused") {
  CHECK_FALSE(ecdsa_raw_to_der(std::string(63, 'a'), 32));
  CHECK_FALSE(ecdsa_raw_to_der(std::string(65, 'a'), 32));
  CHECK_FALSE(ecdsa_raw_to_der("", 32));
  CHECK_FALSE(ecdsa_raw_to_der("", 0));
}

TEST_CASE("DER that is not the one spelling of two fitting numbers is refused") {
  for (const char* hex : {"", "30", "3000", "3003020101",
                          "3006020101020101"
                          "00",  // a byte after it
                          "3007020101020101"
                          "00",                  // a byte inside it
                          "308106020101020101",  // long form where the short one does
                          "30070202000102"
                          "0101",              // leading zero
                          "3006020181020101",  // negative
                          "30050200020101",    // empty number
                          "3006030101020101",  // another tag
                          "3106020101020101", "30060201010201",
                          "3080020101020101"
                          "0000"}) {
    CAPTURE(hex);
    CHECK_FALSE(ecdsa_der_to_raw(bytes(hex), 32));
  }
  CHECK(ecdsa_der_to_raw(bytes("3006020101020101"), 32));
}

TEST_CASE("DER with a number that is too long for the curve is refused") {
  const std::string der = ecdsa_raw_to_der(std::string(96, '\x11'), 48).value();
  CHECK(ecdsa_der_to_raw(der, 48));
  CHECK_FALSE(ecdsa_der_to_raw(der, 32));
}

}  // namespace curfew
