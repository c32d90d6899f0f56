#include "protocol/jose/jwt_signer.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "protocol/jose/jws.hpp"

namespace curfew {

TEST_CASE("what each algorithm signs verifies, with the header that was asked for") {
  for (const SignatureAlg alg : {SignatureAlg::es256, SignatureAlg::es384, SignatureAlg::rs256,
                                 SignatureAlg::ps256, SignatureAlg::eddsa}) {
    CAPTURE(to_string(alg));
    const JwtSigner signer{SigningKey::generate(alg).value(), "key-1"};
    const std::string token = signer.sign("at+jwt", R"({"sub":"u"})").value();
    const KeySet keys = KeySet::of(JwsKey::asymmetric("key-1", alg, signer.verify_key()).value());
    const VerifiedJws jws = verify_jws(token, keys, {"at+jwt"}).value();
    CHECK(jws.payload == R"({"sub":"u"})");
    CHECK(jws.header.alg == alg);
    CHECK(signer.alg() == alg);
  }
}

TEST_CASE("the header is written in one spelling, without what is empty") {
  const auto header_of = [](std::string_view kid, std::string_view typ) {
    const JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), std::string{kid}};
    const std::string token = signer.sign(typ, "{}").value();
    return base64url_decode(token.substr(0, token.find('.'))).value();
  };
  CHECK(header_of("k", "JWT") == R"({"alg":"ES256","kid":"k","typ":"JWT"})");
  CHECK(header_of("", "JWT") == R"({"alg":"ES256","typ":"JWT"})");
  CHECK(header_of("k", "") == R"({"alg":"ES256","kid":"k"})");
  CHECK(header_of("a\"b", "") == R"({"alg":"ES256","kid":"a\"b"})");
}

TEST_CASE("at_hash and c_hash have the values of OpenID Connect Core A") {
  CHECK(token_hash_claim(SignatureAlg::rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") ==
        "77QmUPtjPfzWtF2AnpK9RQ");
  CHECK(token_hash_claim(SignatureAlg::es256,
                         "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk") ==
        "LDktKdoQak3Pk0cnXxCltA");
}

TEST_CASE("a token hash has half the size of the algorithm's hash") {
  CHECK(base64url_decode(token_hash_claim(SignatureAlg::es256, "t")).value().size() == 16);
  CHECK(base64url_decode(token_hash_claim(SignatureAlg::ps384, "t")).value().size() == 24);
  CHECK(base64url_decode(token_hash_claim(SignatureAlg::es512, "t")).value().size() == 32);
  CHECK(base64url_decode(token_hash_claim(SignatureAlg::eddsa, "t")).value().size() == 32);
}

}  // namespace curfew
