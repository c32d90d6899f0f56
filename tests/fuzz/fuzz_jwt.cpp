// tests/fuzz/fuzz_jwt.cpp: nothing that we did not sign is ever verified, prepared keys judge as
// others do, and keys read from foreign JSON survive being written.
//
// Covers: protocol/jose/jws.cpp protocol/jose/jwt.cpp protocol/jose/jwk.cpp
//   protocol/jose/jws_key.cpp crypto/ecdsa_encoding.cpp crypto/es256_fast.cpp
//   crypto/rs256_fast.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/ecdsa_encoding.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/jose/jwt.hpp"
#include "tests/fuzz/signing.hpp"

using namespace curfew;
using fuzz::keys;
using fuzz::signer;

namespace {

const KeySet& secrets() {
  static const KeySet keys = KeySet::of(
      JwsKey::symmetric("k1", SignatureAlg::hs256, Secret{std::string(32, 's')}).value());
  return keys;
}

// The input as a token: the keys are made at start, so no input can carry a good signature.
void check_token(std::string_view text) {
  const JwtExpectation any{.types = {"", "jwt", "at+jwt"},
                           .issuers = {"https://issuer.test"},
                           .audiences = {"a"},
                           .now = from_unix_seconds(1'700'000'000)};
  CURFEW_CHECK(!verify_jwt(text, keys(), any).ok());
  CURFEW_CHECK(!verify_jws(text, secrets(), any.types).ok());
  const auto jws = parse_jws(text);
  if (!jws.ok()) return;
  // One message has one spelling.
  CURFEW_CHECK(text.ends_with("." + base64url_encode(jws->payload) + "." +
                              base64url_encode(jws->signature)));
}

// The input as the claims of a token that we did sign.
void check_claims(std::string_view payload) {
  const auto token = signer().sign("at+jwt", payload);
  CURFEW_CHECK(token.ok());
  const auto jws = verify_jws(*token, keys(), {"at+jwt"});
  CURFEW_CHECK(jws.ok() ? jws->payload == payload : token->size() > limits::kJwtBytesMax);
  const JwtExpectation expected{.types = {"at+jwt"},
                                .issuers = {"https://issuer.test"},
                                .audiences = {"a"},
                                .now = from_unix_seconds(1'700'000'000)};
  const auto jwt = verify_jwt(*token, keys(), expected);
  if (jwt.ok()) CURFEW_CHECK(jwt->claims.at("iss").as_string() == "https://issuer.test");
}

constexpr std::string_view kSigned = "what is signed";

// A key, the same key prepared, and a signature of it.
struct Prepared {
  explicit Prepared(SignatureAlg alg) : key(SigningKey::generate(alg).value()) {}
  SigningKey key;
  VerifyKey fast = key.verify_key().with_precomputation();
  std::string good = key.sign(kSigned).value();
};

// The input as a signature, and as what a good one is changed by.
void check_signature(const Prepared& prepared, std::string_view text) {
  std::string changed = prepared.good;
  for (std::size_t i = 0; i < text.size() && i < changed.size(); ++i) {
    changed[i] = static_cast<char>(changed[i] ^ text[i]);
  }
  const SignatureAlg alg = prepared.key.alg();
  const VerifyKey& plain = prepared.key.verify_key();
  for (const std::string_view signature : {text, std::string_view{changed}}) {
    CURFEW_CHECK(prepared.fast.verify(alg, kSigned, signature) ==
                 plain.verify(alg, kSigned, signature));
  }
}

void check_signatures(std::string_view text) {
  static const Prepared es256{SignatureAlg::es256};
  static const Prepared rs256{SignatureAlg::rs256};
  if (text.size() > rs256.good.size()) return;  // too long for either
  check_signature(es256, text);
  check_signature(rs256, text);
}

void check_keys(std::string_view text) {
  const auto set = parse_jwks(text);
  if (set.ok()) {
    for (const JwsKey& key : set->keys()) CURFEW_CHECK(key.verify_key() != nullptr);
  }
  const auto key = parse_public_jwk(text);
  if (!key.ok() || !key->pinned_alg()) return;
  const std::string written = serialize_jwk(*key->verify_key(), *key->pinned_alg(), key->kid());
  const auto again = parse_public_jwk(written);
  CURFEW_CHECK(again.ok() && again->kid() == key->kid());
  CURFEW_CHECK(jwk_thumbprint(*again->verify_key()) == jwk_thumbprint(*key->verify_key()));
}

// A DER signature that is accepted is the one spelling of its numbers.
void check_der(std::string_view bytes) {
  const auto raw = ecdsa_der_to_raw(bytes, 32);
  if (raw) CURFEW_CHECK(ecdsa_raw_to_der(*raw, 32) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_token(text);
  check_claims(text);
  check_keys(text);
  check_der(text);
  check_signatures(text);
  return 0;
}
