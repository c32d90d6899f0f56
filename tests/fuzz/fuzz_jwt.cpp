// tests/fuzz/fuzz_jwt.cpp: nothing that we did not sign is ever verified, and keys read from
// foreign JSON survive being written.
//
// Covers: protocol/jose/jws.cpp protocol/jose/jwt.cpp protocol/jose/jwk.cpp
//   protocol/jose/jws_key.cpp crypto/ecdsa_encoding.cpp
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
#include "protocol/jose/jwt_signer.hpp"

using namespace curfew;

namespace {

const JwtSigner& signer() {
  static const JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), "k1"};
  return signer;
}

const KeySet& keys() {
  static const KeySet keys =
      KeySet::of(JwsKey::asymmetric("k1", SignatureAlg::es256, signer().verify_key()).value());
  return keys;
}

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
  return 0;
}
