#include "crypto/hmac.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"

namespace curfew {

namespace {

std::string bytes(std::string_view hex) { return hex_decode(hex).value(); }

}  // namespace

TEST_CASE("HMAC gives the test cases of RFC 4231") {
  CHECK(hex_encode(as_view(hmac_sha256(std::string(20, '\x0b'), "Hi There"))) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex_encode(as_view(hmac_sha256("Jefe", "what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_encode(as_view(hmac_sha384("Jefe", "what do ya want for nothing?"))) ==
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
        "8e2240ca5e69e2c78b3239ecfab21649");
  CHECK(hex_encode(as_view(hmac_sha512("Jefe", "what do ya want for nothing?"))) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE("HMAC hashes a key that is longer than a block, and takes one of exactly a block") {
  const std::string long_key(131, '\xaa');
  CHECK(hex_encode(as_view(
            hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  const std::string block(64, 'k');
  CHECK(hmac_sha256(block, "x") != hmac_sha256(block.substr(1), "x"));
  CHECK(hmac_sha256(block, "x") != hmac_sha256(as_view(sha256(block)), "x"));
}

TEST_CASE("HMAC-SHA-1 gives the first one-time code of RFC 4226") {
  const std::string counter(8, '\0');
  CHECK(hex_encode(as_view(hmac_sha1("12345678901234567890", counter))) ==
        "cc93cf18508d94934c64b65d8ba7667fb7cde4b0");
}

TEST_CASE("HKDF gives test case 1 of RFC 5869") {
  const Secret derived = hkdf_sha256(Secret{std::string(22, '\x0b')}, bytes("f0f1f2f3f4f5f6f7f8f9"),
                                     42, bytes("000102030405060708090a0b0c"));
  CHECK(hex_encode(derived.reveal()) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST_CASE("HKDF without salt gives test case 3 of RFC 5869") {
  const Secret derived = hkdf_sha256(Secret{std::string(22, '\x0b')}, "", 42);
  CHECK(hex_encode(derived.reveal()) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("different purposes get different keys") {
  const Secret master{std::string(32, 'm')};
  CHECK(hkdf_sha256(master, "a", 32).matches(hkdf_sha256(master, "a", 32).reveal()));
  CHECK_FALSE(hkdf_sha256(master, "a", 32).matches(hkdf_sha256(master, "b", 32).reveal()));
}

}  // namespace curfew
