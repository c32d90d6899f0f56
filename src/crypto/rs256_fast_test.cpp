#include "crypto/rs256_fast.hpp"

#include <doctest/doctest.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/pkey.hpp"
#include "crypto/random.hpp"
#include "crypto/test_library_verify.hpp"

namespace curfew {

namespace {

using namespace std::string_literals;

constexpr std::string_view kText = "what is signed";
constexpr std::string_view kSha256Head{
    "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19};

std::string hash_of_text(std::string_view text) { return std::string{as_view(sha256(text))}; }

PkeyPtr generated(unsigned bits, std::uint32_t exponent = 65537) {
  const PkeyCtxPtr context{EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  const BignumPtr e{BN_new()};
  EVP_PKEY* key = nullptr;
  REQUIRE(BN_set_word(e.get(), exponent) == 1);
  REQUIRE(EVP_PKEY_keygen_init(context.get()) == 1);
  REQUIRE(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) == 1);
  REQUIRE(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) == 1);
  REQUIRE(EVP_PKEY_generate(context.get(), &key) == 1);
  return PkeyPtr{key};
}

// One key, verified by the library and by ours, which must always agree.
struct Pair {
  explicit Pair(unsigned bits, std::uint32_t exponent = 65537) : pkey(generated(bits, exponent)) {}

  // What the key's owner can sign: any number at all.
  [[nodiscard]] std::string sign_raw(std::string_view encoded) const {
    const PkeyCtxPtr context{EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr)};
    std::string signature(encoded.size(), '\0');
    std::size_t size = signature.size();
    REQUIRE(EVP_PKEY_sign_init(context.get()) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1);
    REQUIRE(EVP_PKEY_sign(context.get(), as_uchar(signature.data()), &size, as_uchar(encoded),
                          encoded.size()) == 1);
    return signature;
  }
  [[nodiscard]] std::size_t size() const { return rsa.n.size(); }
  [[nodiscard]] std::string encoded(std::string_view digest_info, char type = '\x01') const {
    std::string text{'\0', type};
    text.append(size() - 3 - digest_info.size(), '\xff');
    return text + '\0' + std::string{digest_info};
  }
  [[nodiscard]] std::string sign(std::string_view text) const {
    return sign_raw(encoded(std::string{kSha256Head} + hash_of_text(text)));
  }

  [[nodiscard]] bool agree(std::string_view text, std::string_view signature) const {
    return fast->verify(hash_of_text(text), signature) ==
           library_verifies(numbers, SignatureAlg::rs256, text, signature);
  }

  PkeyPtr pkey;
  PublicKey numbers = public_key_of(pkey.get()).value();
  const RsaPublicKey& rsa = std::get<RsaPublicKey>(numbers);
  VerifyKey key = VerifyKey::from(numbers).value();
  std::unique_ptr<const Rs256FastVerifier> fast = Rs256FastVerifier::make(rsa);
};

}  // namespace

TEST_CASE("RS256: good signatures verify and changed ones do not, as by the ordinary way") {
  for (const unsigned bits : {2048U, 2056U, 3072U}) {
    const Pair pair{bits};
    REQUIRE(pair.fast != nullptr);
    for (int i = 0; i < 40; ++i) {
      const std::string text = "message " + std::to_string(i);
      std::string signature = pair.sign(text);
      CHECK(pair.fast->verify(hash_of_text(text), signature) == true);
      CHECK(pair.agree(text, signature));
      CHECK(pair.agree(text + "x", signature));
      const std::size_t bit = random_u64() % (signature.size() * 8);
      signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << bit % 8));
      CHECK(pair.fast->verify(hash_of_text(text), signature) == false);
      CHECK(pair.agree(text, signature));
    }
  }
}

TEST_CASE("RFC 8017 8.2.2: only the one right encoding is a signature, whoever signed another") {
  const Pair pair{2048};
  const std::string hash = hash_of_text(kText);
  const std::string info = std::string{kSha256Head} + hash;
  CHECK(pair.fast->verify(hash, pair.sign_raw(pair.encoded(info))) == true);
  const std::string short_padding = "\0\x01\xff\xff\xff\xff\xff\xff\xff\xff\0"s + info;
  const std::string garbage_after =
      short_padding + std::string(pair.size() - short_padding.size(), 'g');
  const std::string padding_cut = pair.encoded(info).replace(10, 1, 1, '\xfe');
  const std::string no_null = "\x30\x2f\x30\x0b"s + std::string{kSha256Head.substr(4, 11)} +
                              std::string{kSha256Head.substr(17)} + hash;
  std::string sha1_named = info;
  sha1_named[12] = '\x01';
  for (const std::string& other :
       {pair.encoded(info, '\x02'), pair.encoded(info, '\0'), garbage_after, padding_cut,
        pair.encoded(no_null), pair.encoded(sha1_named), pair.encoded(hash),
        pair.encoded(info + '\0'), pair.encoded(info.substr(0, info.size() - 1)),
        std::string(pair.size(), '\0')}) {
    CAPTURE(hex_encode(other));
    const std::string signature = pair.sign_raw(other);
    CHECK(pair.fast->verify(hash, signature) == false);
    CHECK(pair.agree(kText, signature));
  }
}

TEST_CASE("RFC 8017 8.2.2: a signature is as long as the modulus, and a number below it") {
  const Pair pair{2048};
  const std::string hash = hash_of_text(kText);
  // Signatures that are still as long with the modulus added are one in a few.
  for (int i = 0, found = 0; found < 3 && i < 200; ++i) {
    const std::string text = std::to_string(i);
    const std::string signature = pair.sign(text);
    const BignumPtr s{BN_bin2bn(as_uchar(signature), static_cast<int>(signature.size()), nullptr)};
    const BignumPtr n{BN_bin2bn(as_uchar(pair.rsa.n), static_cast<int>(pair.size()), nullptr)};
    REQUIRE(BN_add(s.get(), s.get(), n.get()) == 1);
    std::string same(pair.size(), '\0');
    if (BN_bn2binpad(s.get(), as_uchar(same.data()), static_cast<int>(same.size())) < 0) continue;
    ++found;
    CHECK(pair.fast->verify(hash_of_text(text), same) == false);
    CHECK(pair.agree(text, same));
  }
  const std::string good = pair.sign(kText);
  for (const std::string& other :
       {pair.rsa.n, good.substr(1), good + '\0', '\0' + good, ""s, std::string(pair.size(), '\0'),
        std::string(pair.size() - 1, '\0') + '\x01', std::string(pair.size(), '\xff')}) {
    CHECK(pair.fast->verify(hash, other) == false);
    CHECK(pair.agree(kText, other));
  }
  CHECK_FALSE(pair.fast->verify("short", good).has_value());
}

TEST_CASE("RS256 with another exponent is left to the ordinary way") {
  const Pair pair{2048, 3};
  CHECK(pair.fast == nullptr);
  CHECK(pair.key.verify(SignatureAlg::rs256, kText, pair.sign(kText)));
}

TEST_CASE("a signature with RS256 is one with no other algorithm of the key") {
  const Pair pair{2048};
  const std::string signature = pair.sign(kText);
  CHECK(pair.key.verify(SignatureAlg::rs256, kText, signature));
  CHECK_FALSE(pair.key.verify(SignatureAlg::rs384, kText, signature));
  CHECK_FALSE(pair.key.verify(SignatureAlg::ps256, kText, signature));
  CHECK_FALSE(pair.key.verify(SignatureAlg::es256, kText, signature));
}

}  // namespace curfew
