#include "crypto/digest.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "base/text.hpp"

namespace curfew {

TEST_CASE("SHA-2 gives the example values of FIPS 180-4") {
  CHECK(hex_encode(as_view(sha256("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_encode(as_view(sha256(""))) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_encode(as_view(sha384("abc"))) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7");
  CHECK(hex_encode(as_view(sha512("abc"))) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("the stored form of a credential is PKCE's S256") {
  CHECK(sha256_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") ==
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_CASE("threads hash at the same time without disturbing each other") {
  const Sha256Digest expected = sha256("one");
  int wrong = 0;
  std::thread other{[] {
    for (int i = 0; i < 2000; ++i) static_cast<void>(sha256("two"));
  }};
  for (int i = 0; i < 2000; ++i) wrong += sha256("one") == expected ? 0 : 1;
  other.join();
  CHECK(wrong == 0);
}

}  // namespace curfew
