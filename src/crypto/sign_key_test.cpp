#include "crypto/sign_key.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/text.hpp"
#include "crypto/verify_key.hpp"

namespace curfew {

namespace {

constexpr std::array kAlgs{SignatureAlg::es256, SignatureAlg::es384, SignatureAlg::es512,
                           SignatureAlg::rs256, SignatureAlg::ps256, SignatureAlg::eddsa};

std::size_t signature_bytes(SignatureAlg alg) {
  if (alg == SignatureAlg::es256 || alg == SignatureAlg::eddsa) return 64;
  if (alg == SignatureAlg::es384) return 96;
  return alg == SignatureAlg::es512 ? 132 : 256;
}

SigningKey new_key(SignatureAlg alg) { return SigningKey::generate(alg).value(); }

}  // namespace

TEST_CASE("what a new key signs, its public half verifies, and nothing else") {
  for (const SignatureAlg alg : kAlgs) {
    CAPTURE(to_string(alg));
    const SigningKey key = new_key(alg);
    const std::string signature = key.sign("message").value();
    CHECK(signature.size() == signature_bytes(alg));
    CHECK(key.verify_key().verify(alg, "message", signature));
    CHECK_FALSE(key.verify_key().verify(alg, "messagf", signature));
    CHECK_FALSE(key.verify_key().verify(alg, "", signature));
    CHECK_FALSE(key.verify_key().verify(alg, "message", ""));
    CHECK_FALSE(key.verify_key().verify(alg, "message", signature + "x"));
    CHECK_FALSE(key.verify_key().verify(alg, "message", signature.substr(1)));
    for (std::size_t at = 0; at < signature.size(); at += 7) {
      std::string changed = signature;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      CHECK_FALSE(key.verify_key().verify(alg, "message", changed));
    }
  }
}

TEST_CASE("a key verifies with its own algorithms only") {
  for (const SignatureAlg own : {SignatureAlg::es256, SignatureAlg::rs256, SignatureAlg::eddsa}) {
    const SigningKey key = new_key(own);
    const std::string signature = key.sign("message").value();
    for (const SignatureAlg other : kAlgs) {
      CAPTURE(to_string(other));
      CHECK(key.verify_key().verify(other, "message", signature) == (other == own));
    }
    CHECK_FALSE(key.verify_key().verify(SignatureAlg::hs256, "message", signature));
    CHECK_FALSE(key.verify_key().supports(SignatureAlg::hs256));
  }
}

TEST_CASE("a private key survives PKCS #8, for its own algorithm") {
  for (const SignatureAlg alg : kAlgs) {
    CAPTURE(to_string(alg));
    const SigningKey key = new_key(alg);
    const SigningKey again = SigningKey::from_pkcs8(alg, key.to_pkcs8()).value();
    CHECK(key.verify_key().verify(alg, "m", again.sign("m").value()));
    CHECK(again.to_pkcs8().matches(key.to_pkcs8().reveal()));
  }
  const Secret p256 = new_key(SignatureAlg::es256).to_pkcs8();
  CHECK(SigningKey::from_pkcs8(SignatureAlg::es384, p256).error().code() == ErrorCode::corrupted);
  CHECK(SigningKey::from_pkcs8(SignatureAlg::rs256, p256).error().code() == ErrorCode::corrupted);
}

TEST_CASE("broken private keys are refused") {
  const std::string der{new_key(SignatureAlg::es256).to_pkcs8().reveal()};
  CHECK_FALSE(SigningKey::from_pkcs8(SignatureAlg::es256, Secret{}).ok());
  CHECK_FALSE(SigningKey::from_pkcs8(SignatureAlg::es256, Secret{der + "x"}).ok());
  CHECK_FALSE(SigningKey::from_pkcs8(SignatureAlg::es256, Secret{der.substr(0, 40)}).ok());
  CHECK_FALSE(SigningKey::generate(SignatureAlg::hs256).ok());
}

TEST_CASE("a public key survives its numbers and its DER") {
  for (const SignatureAlg alg : kAlgs) {
    CAPTURE(to_string(alg));
    const SigningKey key = new_key(alg);
    const std::string signature = key.sign("m").value();
    const VerifyKey from_numbers = VerifyKey::from(key.verify_key().public_key()).value();
    const VerifyKey from_der = VerifyKey::from_spki(key.verify_key().to_spki()).value();
    CHECK(from_numbers.verify(alg, "m", signature));
    CHECK(from_der.verify(alg, "m", signature));
    CHECK(from_der.to_spki() == key.verify_key().to_spki());
    CHECK_FALSE(VerifyKey::from_spki(key.verify_key().to_spki() + "x").ok());
  }
}

TEST_CASE("points off the curve and coordinates of another length are refused") {
  const SigningKey key = new_key(SignatureAlg::es256);
  const auto good = std::get<EcPublicKey>(key.verify_key().public_key());
  auto off = good;
  off.y[31] = static_cast<char>(off.y[31] ^ 1);
  CHECK(VerifyKey::from(PublicKey{off}).error().code() == ErrorCode::invalid_argument);
  auto padded = good;
  padded.x.insert(0, 1, '\0');
  CHECK_FALSE(VerifyKey::from(PublicKey{padded}).ok());
  auto other_curve = good;
  other_curve.curve = EcCurve::p384;
  CHECK_FALSE(VerifyKey::from(PublicKey{other_curve}).ok());
  const std::string zero(32, '\0');
  CHECK_FALSE(VerifyKey::from(PublicKey{EcPublicKey{EcCurve::p256, zero, zero}}).ok());
  CHECK_FALSE(VerifyKey::from(PublicKey{Ed25519PublicKey{"short"}}).ok());
}

TEST_CASE("RSA keys that are small, huge, even, or have a bad exponent are refused") {
  const SigningKey key = new_key(SignatureAlg::rs256);
  const auto good = std::get<RsaPublicKey>(key.verify_key().public_key());
  CHECK(good.n.size() == 256);
  const auto refused = [](const std::string& n, const std::string& e) {
    return !VerifyKey::from(PublicKey{RsaPublicKey{n, e}}).ok();
  };
  CHECK_FALSE(refused(good.n, good.e));
  CHECK_FALSE(refused(good.n, "\x03"));
  CHECK(refused(good.n.substr(128), good.e));
  std::string even = good.n;
  even[255] = static_cast<char>(even[255] & 0xfe);
  CHECK(refused(even, good.e));
  CHECK(refused(std::string(1025, '\x7f'), good.e));
  CHECK(refused("", good.e));
  CHECK(refused(std::string{"\0", 1} + good.n, good.e));
  for (const std::string& e : std::vector<std::string>{"", "\x01", "\x02", std::string{"\0\x03", 2},
                                                       std::string(9, '\x03')}) {
    CHECK(refused(good.n, e));
  }
}

TEST_CASE("an RSA key with the fingerprint of the ROCA defect is refused") {
  // 1 modulo every small odd prime, as only powers of 65537 are: no real key, but it looks like
  // one.
  const std::string n =
      hex_decode(
          "98f135d25f557203301850c5a38fd547923a736994e3bf911a61dbe22e44158bae97ba94d0eda82f8f6d"
          "05584ef8aa38922766581e27a1c08a6a63ec24ede6a46b4cb2424a23d5962217beaddbc496cb8e81973e"
          "0becd7b03898d190f9ebdacc0cb1e29c658cda1495e60af593bd04cf0fd630f1f29d0da9953f48f1a09f"
          "76b5a170b33839263059f28c105d1fb17c2390c192cfd3ac94af0f21ddb66cad4a268d116ece1738f7d9"
          "3d9c172411e20b8f6b0d549b6f03675a1600a35a099950d836f675cc81e74ef5e8e25d940ed904759531"
          "985d5d9dc9f81818e811892f902bd23f08240f5f4200bfbb13f0ce032f52a0a15d14bb2edad60b7c375d"
          "0c94bd35")
          .value();
  const auto result = VerifyKey::from(PublicKey{RsaPublicKey{n, "\x01\x01"}});
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().message() == "the RSA key can be factored (CVE-2017-15361)");
}

TEST_CASE("one key signs and verifies on several threads at once") {
  for (const SignatureAlg alg : {SignatureAlg::es256, SignatureAlg::eddsa}) {
    const SigningKey key = new_key(alg);
    std::atomic<int> wrong{0};
    const auto work = [&](std::string_view text) {
      for (int i = 0; i < 100; ++i) {
        const std::string signature = key.sign(text).value();
        if (!key.verify_key().verify(alg, text, signature)) ++wrong;
        if (key.verify_key().verify(alg, "neither", signature)) ++wrong;
      }
    };
    std::thread other{work, "theirs"};
    work("mine");
    other.join();
    CHECK(wrong == 0);
  }
}

}  // namespace curfew
