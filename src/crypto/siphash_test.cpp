#include "crypto/siphash.hpp"

#include <doctest/doctest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "base/text.hpp"

namespace curfew {

namespace {

// The key and the inputs of the authors' vectors: 00 01 02 ...
constexpr SipKey kVectorKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string counting(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::string hex_of(const SipHash128& hash) {
  std::string bytes(16, '\0');
  std::memcpy(bytes.data(), &hash.low, 8);
  std::memcpy(bytes.data() + 8, &hash.high, 8);
  return hex_encode(bytes);
}

// Another implementation of the same function.
std::string openssl_hex(const std::string& data) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac{
      EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), EVP_MAC_free};
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context{
      EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free};
  std::size_t size = 16;
  const std::array<OSSL_PARAM, 2> params{OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                         OSSL_PARAM_construct_end()};
  const std::string key = counting(16);
  std::string out(16, '\0');
  REQUIRE(EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()),
                       key.size(), params.data()) == 1);
  REQUIRE(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(data.data()),
                         data.size()) == 1);
  REQUIRE(EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                        out.size()) == 1);
  return hex_encode(out);
}

}  // namespace

TEST_CASE("SipHash-2-4-128 gives the authors' vectors") {
  CHECK(hex_of(siphash128(kVectorKey, "")) == "a3817f04ba25a8e66df67214c7550293");
  CHECK(hex_of(siphash128(kVectorKey, counting(1))) == "da87c1d86b99af44347659119b22fc45");
  CHECK(hex_of(siphash128(kVectorKey, counting(2))) == "8177228da4a45dc7fca38bdef60affe4");
  CHECK(hex_of(siphash128(kVectorKey, counting(3))) == "9c70b60c5267a94e5f33b6b02985ed51");
}

TEST_CASE("SipHash-2-4-128 agrees with OpenSSL for every length of some words") {
  for (std::size_t length = 0; length <= 70; ++length) {
    const std::string data = counting(length);
    CHECK_MESSAGE(hex_of(siphash128(kVectorKey, data)) == openssl_hex(data), length);
  }
}

TEST_CASE("a byte in front is the same as one that was put together with the rest") {
  for (std::size_t length = 1; length <= 40; ++length) {
    const std::string data = counting(length);
    CHECK(siphash128(kVectorKey, static_cast<std::uint8_t>(data[0]), data.substr(1)) ==
          siphash128(kVectorKey, data));
  }
}

TEST_CASE("another key gives another hash") {
  CHECK_FALSE(siphash128({1, 2}, "user") == siphash128({1, 3}, "user"));
  CHECK_FALSE(siphash128({1, 2}, "user") == siphash128({2, 2}, "user"));
}

}  // namespace curfew
