// Public vectors for the primitives that JOSE rests on: ECDSA, RSA, Ed25519, HMAC.

#include "crypto/ecdsa_encoding.hpp"
#include "crypto/hmac.hpp"
#include "crypto/verify_key.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/public_vectors.hpp"

namespace curfew {

namespace {

using vectors::bytes;
using vectors::Group;
using vectors::judge_all;
using vectors::Test;

// Keys are loaded from the DER that each file gives, and again from the JWK where there is one.
VerifyKey key_of(const Group& group) {
  const VerifyKey key = VerifyKey::from_spki(bytes(group.at("publicKeyDer"))).value();
  for (const char* name : {"publicKeyJwk", "keyJwk"}) {
    if (!group.contains(name)) continue;
    boost::json::object jwk = group.at(name).as_object();
    jwk.erase("alg");
    const JwsKey parsed = parse_public_jwk(jwk).value();
    CHECK(jwk_thumbprint(*parsed.verify_key()) == jwk_thumbprint(key));
  }
  return key;
}

int judge_signatures(const std::string& file, SignatureAlg alg,
                     const std::map<std::int64_t, bool>& on_purpose = {}) {
  return judge_all(
      "wycheproof/" + file,
      [alg](const Group& group, const Test& test) {
        const VerifyKey key = key_of(group);
        const std::string message = bytes(test.at("msg"));
        const std::string signature = bytes(test.at("sig"));
        const bool accepted = key.verify(alg, message, signature);
        // Every verdict must be the same with tables as without.
        CHECK(key.with_precomputation().verify(alg, message, signature) == accepted);
        return accepted;
      },
      on_purpose);
}

template <typename Mac>
int judge_macs(const std::string& file, Mac mac) {
  return judge_all("wycheproof/" + file, [mac](const Group& group, const Test& test) {
    const auto full = mac(bytes(test.at("key")), bytes(test.at("msg")));
    const auto size = static_cast<std::size_t>(group.at("tagSize").as_int64()) / 8;
    return as_view(full).substr(0, size) == bytes(test.at("tag"));
  });
}

}  // namespace

VECTOR_CASE(ecdsa_vectors, "Wycheproof's ECDSA signatures in JOSE's form are judged right") {
  CHECK(judge_signatures("ecdsa_secp256r1_sha256_p1363_test.json", SignatureAlg::es256) == 262);
  CHECK(judge_signatures("ecdsa_secp384r1_sha384_p1363_test.json", SignatureAlg::es384) == 280);
  CHECK(judge_signatures("ecdsa_secp521r1_sha512_p1363_test.json", SignatureAlg::es512) == 318);
}

VECTOR_CASE(ecdsa_der_vectors, "Wycheproof's ECDSA signatures in DER are judged right") {
  const int judged = judge_all(
      "wycheproof/ecdsa_secp256r1_sha256_test.json", [](const Group& group, const Test& test) {
        const auto raw = ecdsa_der_to_raw(bytes(test.at("sig")), 32);
        return raw && key_of(group).verify(SignatureAlg::es256, bytes(test.at("msg")), *raw);
      });
  CHECK(judged == 484);
}

VECTOR_CASE(rsa_vectors, "Wycheproof's RSA PKCS #1 v1.5 signatures are judged right") {
  // Number 8 of each lacks the NULL in the hash's identifier: acceptable, and refused by us because
  // RFC 8017 9.2 tells to compare with the one right encoding.
  const auto judge = [](const std::string& file, SignatureAlg alg) {
    return judge_signatures(file, alg, {{8, false}});
  };
  CHECK(judge("rsa_signature_2048_sha256_test.json", SignatureAlg::rs256) == 259);
  CHECK(judge("rsa_signature_2048_sha384_test.json", SignatureAlg::rs384) == 258);
  CHECK(judge("rsa_signature_2048_sha512_test.json", SignatureAlg::rs512) == 259);
  CHECK(judge("rsa_signature_3072_sha256_test.json", SignatureAlg::rs256) == 259);
}

VECTOR_CASE(pss_vectors, "Wycheproof's RSA-PSS signatures are judged right") {
  CHECK(judge_signatures("rsa_pss_2048_sha256_mgf1_32_test.json", SignatureAlg::ps256) == 108);
  CHECK(judge_signatures("rsa_pss_3072_sha256_mgf1_32_test.json", SignatureAlg::ps256) == 108);
  CHECK(judge_signatures("rsa_pss_4096_sha512_mgf1_64_test.json", SignatureAlg::ps512) == 179);
}

VECTOR_CASE(ed25519_vectors, "Wycheproof's Ed25519 signatures are judged right") {
  CHECK(judge_signatures("ed25519_test.json", SignatureAlg::eddsa) == 151);
}

VECTOR_CASE(hmac_vectors, "Wycheproof's HMACs are judged right") {
  CHECK(judge_macs("hmac_sha256_test.json", hmac_sha256) == 174);
  CHECK(judge_macs("hmac_sha384_test.json", hmac_sha384) == 174);
  CHECK(judge_macs("hmac_sha512_test.json", hmac_sha512) == 174);
}

}  // namespace curfew
