#include "crypto/es256_fast.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "crypto/sign_key.hpp"
#include "crypto/test_library_verify.hpp"

namespace curfew {

namespace {

std::string hash_of_text(std::string_view text) { return std::string{as_view(sha256(text))}; }

// One key, verified by the library and by ours with and without tables, which must always agree.
struct Pair {
  SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
  const EcPublicKey& numbers = std::get<EcPublicKey>(key.verify_key().public_key());
  std::unique_ptr<const Es256FastVerifier> fast =
      Es256FastVerifier::make(numbers, Es256Tables::made);
  std::unique_ptr<const Es256FastVerifier> plain =
      Es256FastVerifier::make(numbers, Es256Tables::none);

  [[nodiscard]] bool agree(std::string_view text, std::string_view signature) const {
    const bool expected = library_verifies(numbers, SignatureAlg::es256, text, signature);
    return fast->verify(hash_of_text(text), signature) == expected &&
           plain->verify(hash_of_text(text), signature) == expected;
  }
};

std::string number(std::string_view hex_tail) {
  std::string hex(64 - hex_tail.size(), '0');
  return hex_decode(hex + std::string{hex_tail}).value();
}

}  // namespace

TEST_CASE("with tables, good signatures verify and changed ones do not, as without") {
  for (int keys = 0; keys < 3; ++keys) {
    const Pair pair;
    REQUIRE(pair.fast != nullptr);
    REQUIRE(pair.plain != nullptr);
    for (int i = 0; i < 200; ++i) {
      const std::string text = "message " + std::to_string(i);
      std::string signature = pair.key.sign(text).value();
      CHECK(pair.fast->verify(hash_of_text(text), signature) == true);
      CHECK(pair.agree(text, signature));
      CHECK(pair.agree(text + "x", signature));
      const auto bit = static_cast<std::size_t>(random_u64() % 512);
      signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << bit % 8));
      CHECK(pair.fast->verify(hash_of_text(text), signature) == false);
      CHECK(pair.agree(text, signature));
    }
  }
}

TEST_CASE("numbers at the edges of the range get the same verdict with tables as without") {
  const Pair pair;
  const std::vector<std::string> edges{
      number("0"),
      number("1"),
      number("2"),
      number("3"),
      number("10000000000000000"),
      number("8000000000000000000000000000000000000000000000000000000000000000"),
      number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"),  // order - 1
      number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),  // the order
      number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"),
      number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),  // the field
      number("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
      number("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8")};  // half
  const std::string good = pair.key.sign("text").value();
  for (const std::string& a : edges) {
    for (const std::string& b : edges) CHECK(pair.agree("text", a + b));
    CHECK(pair.agree("text", good.substr(0, 32) + a));
    CHECK(pair.agree("text", a + good.substr(32)));
  }
}

TEST_CASE("every power of two, and its neighbours, are inverted right") {
  const Pair pair;
  const std::string r = pair.key.sign("text").value().substr(0, 32);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    std::string power(32, '\0');
    power[31 - bit / 8] = static_cast<char>(1 << bit % 8);
    std::string below(32, '\0');
    for (std::size_t i = 0; i < bit; ++i) {
      below[31 - i / 8] = static_cast<char>(below[31 - i / 8] | 1 << i % 8);
    }
    // An answer at all means that the product with the inverse was 1.
    CHECK(pair.fast->verify(hash_of_text("text"), r + power).has_value());
    CHECK(pair.fast->verify(hash_of_text("text"), r + below).has_value());
    CHECK(pair.agree("text", r + power));
  }
}

TEST_CASE("signatures and hashes of another size are never accepted") {
  const Pair pair;
  const std::string signature = pair.key.sign("text").value();
  CHECK(pair.fast->verify(hash_of_text("text"), signature.substr(1)) == false);
  CHECK(pair.fast->verify(hash_of_text("text"), signature + "x") == false);
  CHECK(pair.fast->verify(hash_of_text("text"), "") == false);
  CHECK_FALSE(pair.fast->verify("short", signature).has_value());
}

TEST_CASE("keys are points on P-256, each coordinate of 32 bytes and below the field's prime") {
  const SigningKey p384 = SigningKey::generate(SignatureAlg::es384).value();
  const Pair pair;
  const std::string both = pair.numbers.x + pair.numbers.y;
  const std::string prime =
      number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  // x = 0 is on the curve: with its y, what is zero modulo the prime would be the same point.
  const std::string root =
      number("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
  CHECK(VerifyKey::from(EcPublicKey{EcCurve::p256, number("0"), root}).ok());
  for (const EcPublicKey& key :
       {std::get<EcPublicKey>(p384.verify_key().public_key()),
        EcPublicKey{EcCurve::p256, std::string(32, '\1'), std::string(32, '\1')},
        EcPublicKey{EcCurve::p256, std::string(32, '\0'), std::string(32, '\0')},
        EcPublicKey{EcCurve::p256, both.substr(0, 31), both.substr(31)},
        EcPublicKey{EcCurve::p256, both, ""}, EcPublicKey{EcCurve::p256, "", ""},
        EcPublicKey{EcCurve::p256, prime, root}}) {
    CHECK(Es256FastVerifier::make(key, Es256Tables::none) == nullptr);
    CHECK(Es256FastVerifier::make(key, Es256Tables::made) == nullptr);
    if (key.curve == EcCurve::p256) {
      const auto refused = VerifyKey::from(key);
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().code() == ErrorCode::invalid_argument);
    }
  }
}

TEST_CASE("a key with tables is used by several threads at once") {
  const SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
  const VerifyKey fast = key.verify_key().with_precomputation();
  const std::string signature = key.sign("text").value();
  std::atomic<int> wrong{0};
  const auto work = [&] {
    for (int i = 0; i < 300; ++i) {
      if (!fast.verify(SignatureAlg::es256, "text", signature)) ++wrong;
      if (fast.verify(SignatureAlg::es256, "texu", signature)) ++wrong;
    }
  };
  std::thread other{work};
  work();
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("precomputation leaves other keys as they are") {
  for (const SignatureAlg alg :
       {SignatureAlg::es384, SignatureAlg::rs256, SignatureAlg::eddsa, SignatureAlg::es256}) {
    const SigningKey key = SigningKey::generate(alg).value();
    const VerifyKey fast = key.verify_key().with_precomputation().with_precomputation();
    CHECK(fast.verify(alg, "text", key.sign("text").value()));
    CHECK(fast.to_spki() == key.verify_key().to_spki());
  }
}

}  // namespace curfew
