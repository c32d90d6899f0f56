// Public vectors for JOSE itself: Wycheproof's JWS and JWK files, RFC 7520, 7797, 8037, and known
// answers of the OAuth specifications.
//
// Encryption (JWE, and ECDH-ES keys) is not implemented: of those files only the texts are used,
// each of which must be refused where a signature is expected.

#include <algorithm>
#include <optional>
#include <vector>

#include "crypto/digest.hpp"
#include "crypto/hmac.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/jose/public_vectors.hpp"

namespace curfew {

namespace {

namespace bj = boost::json;
using vectors::Group;
using vectors::judge_all;
using vectors::Test;
using vectors::text;

const std::vector<std::string> kAnyVectorType{"", "jwt", "jws", "jose", "dpop+jwt"};

bool is_symmetric_jwk(const bj::value& jwk) { return text(jwk.at("kty")) == "oct"; }

std::optional<KeySet> set_of(const bj::array& keys) {
  const bool symmetric = !keys.empty() && is_symmetric_jwk(keys[0]);
  if (!symmetric) {
    const auto set = parse_jwks(serialize_json(bj::object{{"keys", keys}}));
    return set.ok() ? std::optional{set.value()} : std::nullopt;
  }
  std::vector<JwsKey> parsed;
  for (const bj::value& jwk : keys) {
    const auto key = parse_symmetric_jwk(jwk.as_object());
    if (!key.ok()) return std::nullopt;
    parsed.push_back(key.value());
  }
  const auto set = KeySet::make(std::move(parsed));
  return set.ok() ? std::optional{set.value()} : std::nullopt;
}

// The keys that a group gives to the verifier: one JWK or a JWKS, public where there is a choice.
std::optional<KeySet> keys_of(const Group& group) {
  const bj::object& given = group.at(group.contains("public") ? "public" : "private").as_object();
  if (given.contains("keys")) return set_of(given.at("keys").as_array());
  const auto key = is_symmetric_jwk(given) ? parse_symmetric_jwk(given) : parse_public_jwk(given);
  return key.ok() ? std::optional{KeySet::of(key.value())} : std::nullopt;
}

bool accepts(const std::optional<KeySet>& keys, std::string_view compact) {
  return keys && verify_jws(compact, *keys, kAnyVectorType).ok();
}

// A few tests hold a JSON serialization as an object.
std::string as_text(const bj::value& jws) {
  return jws.is_string() ? text(jws) : serialize_json(jws);
}

bool judge_jws(const Group& group, const Test& test) {
  return accepts(keys_of(group), as_text(test.at("jws")));
}

bj::object cookbook(const std::string& path) {
  return vectors::read("rfc7520-cookbook/" + path).as_object();
}

KeySet set_from(const bj::object& jwk) {
  bj::object open = jwk;
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi"}) open.erase(name);
  if (is_symmetric_jwk(open)) return KeySet::of(parse_symmetric_jwk(open).value());
  return KeySet::of(parse_public_jwk(open).value());
}

}  // namespace

VECTOR_CASE(jws_vectors, "Wycheproof's JSON web signatures are judged right") {
  const std::map<std::int64_t, bool> on_purpose{
      {346, false},  // the JWK says PS256, the message PS384: a key's alg binds (RFC 8725 3.1)
      {347, false},  // the JWK's alg is ES521, which is not registered
      {350, false},  // as 346
      {351, false},  // as 347
      {367, true},   // labelled invalid for its padding, but is byte for byte the valid 357
      {370, true},   // as 367
      {372, false},  // labelled valid with a "?" in the header, which is not base64url
      {373, false},  // as 372, in the payload
  };
  CHECK(judge_all("wycheproof/json_web_signature_test.json", judge_jws, on_purpose) == 401);
}

VECTOR_CASE(jwk_vectors, "Wycheproof's JSON web keys are judged right") {
  CHECK(judge_all("wycheproof/json_web_key_test.json", judge_jws) == 26);
}

VECTOR_CASE(jose_vectors, "Wycheproof's mixed JOSE vectors are judged right, without JWE") {
  // A JWE is never taken for a JWS, valid or not.
  std::map<std::int64_t, bool> encrypted;
  for (std::int64_t id = 50; id <= 83; ++id) encrypted[id] = false;
  const int judged = judge_all(
      "wycheproof/json_web_crypto_test.json",
      [](const Group& group, const Test& test) {
        if (test.contains("jws")) return judge_jws(group, test);
        return parse_jws(as_text(test.at("jwe"))).ok();
      },
      encrypted);
  CHECK(judged == 83);
}

VECTOR_CASE(jwe_vectors, "no JWE is taken for a JWS") {
  int texts = 0;
  const bj::value content = vectors::read("wycheproof/json_web_encryption_test.json");
  for (const auto& group : content.at("testGroups").as_array()) {
    for (const auto& test : group.at("tests").as_array()) {
      CHECK_FALSE(parse_jws(as_text(test.at("jwe"))).ok());
      ++texts;
    }
  }
  CHECK(texts == 139);
  const auto cookbook_folder =
      std::filesystem::path{vectors::folder()} / "vectors" / "rfc7520-cookbook";
  for (const auto& file : std::filesystem::directory_iterator{cookbook_folder / "jwe"}) {
    const bj::object example = cookbook("jwe/" + file.path().filename().string());
    for (const auto& [form, output] : example.at("output").as_object()) {
      CHECK_FALSE(parse_jws(as_text(output)).ok());
      ++texts;
    }
  }
  CHECK(texts > 139 + 13);
}

VECTOR_CASE(rfc7520_vectors, "the compact signatures of RFC 7520 and RFC 8037 verify") {
  for (const char* path : {"jws/4_1.rsa_v15_signature.json", "jws/4_2.rsa-pss_signature.json",
                           "jws/4_3.ecdsa_signature.json",
                           "jws/4_4.hmac-sha2_integrity_protection.json", "curve25519/jws.json"}) {
    CAPTURE(path);
    const bj::object example = cookbook(path);
    const bj::object& input = example.at("input").as_object();
    const std::string compact = text(example.at("output").at("compact"));
    // The example's RSA-PSS and ECDSA keys name no alg, or one that the RFC does not register.
    const KeySet keys = set_from(input.at("key").as_object());
    const auto jws = verify_jws(compact, keys, {""});
    REQUIRE(jws.ok());
    CHECK(jws->payload == text(input.at("payload")));
    std::string changed = compact;
    changed[compact.find('.') + 3] ^= 1;
    CHECK_FALSE(verify_jws(changed, keys, {""}).ok());
  }
}

VECTOR_CASE(rfc7520_forms, "JSON serializations, detached and unencoded payloads are refused") {
  for (const char* path :
       {"jws/4_5.signature_with_detached_content.json",
        "jws/4_6.protecting_specific_header_fields.json", "jws/4_7.protecting_content_only.json",
        "jws/4_8.multiple_signatures.json", "rfc7797/4.2.hmac-sha2_b64_false.json",
        "rfc7797/hmac-sha2_b64_false.json"}) {
    CAPTURE(path);
    const bj::object example = cookbook(path);
    const bj::value& keys = example.at("input").at("key");
    const bj::object& key = keys.is_array() ? keys.as_array()[0].as_object() : keys.as_object();
    for (const auto& [form, output] : example.at("output").as_object()) {
      CHECK_FALSE(verify_jws(as_text(output), set_from(key), {""}).ok());
    }
  }
}

VECTOR_CASE(rfc7520_keys, "public keys of RFC 7520 are read, private and encryption keys refused") {
  CHECK(parse_public_jwk(cookbook("jwk/3_1.ec_public_key.json")).ok());
  CHECK(parse_public_jwk(cookbook("jwk/3_3.rsa_public_key.json")).ok());
  CHECK(parse_symmetric_jwk(cookbook("jwk/3_5.symmetric_key_mac_computation.json")).ok());
  CHECK_FALSE(parse_public_jwk(cookbook("jwk/3_2.ec_private_key.json")).ok());
  CHECK_FALSE(parse_public_jwk(cookbook("jwk/3_4.rsa_private_key.json")).ok());
  CHECK_FALSE(parse_symmetric_jwk(cookbook("jwk/3_6.symmetric_key_encryption.json")).ok());
}

VECTOR_CASE(oauth_answers, "known answers of DPoP, PKCE, thumbprints and hash claims come out") {
  const bj::value known = vectors::read("oauth-known-answers/known-answers.json");
  const bj::value& dpop = known.at("dpop");
  int proofs = 0;
  for (const auto& entry : dpop.at("proofs_and_bound_token").as_array()) {
    const UnverifiedJws jws = parse_jws(text(entry.at("jwt"))).value();
    CHECK(bj::value(jws.header.members) == entry.at("header"));
    CHECK(parse_json(jws.payload).value() == entry.at("payload"));
    if (!jws.header.members.contains("jwk")) continue;
    const JwsKey key = parse_public_jwk(jws.header.members.at("jwk").as_object()).value();
    CHECK(verify_jws(text(entry.at("jwt")), KeySet::of(key), {"dpop+jwt"}).ok());
    CHECK(jwk_thumbprint(*key.verify_key()) == text(dpop.at("jkt")));
    ++proofs;
  }
  CHECK(proofs == 3);
  CHECK(sha256_base64url(text(dpop.at("access_token"))) == text(dpop.at("ath")));
  CHECK(sha256_base64url(text(known.at("pkce_s256").at("code_verifier"))) ==
        text(known.at("pkce_s256").at("code_challenge")));
  const bj::value& thumbprint = known.at("jwk_thumbprint_sha256");
  const JwsKey key = parse_public_jwk(thumbprint.at("jwk").as_object()).value();
  CHECK(jwk_thumbprint(*key.verify_key()) == text(thumbprint.at("thumbprint")));
  const bj::value& hashes = known.at("oidc_hash_claims_sha256");
  CHECK(token_hash_claim(SignatureAlg::rs256, text(hashes.at("access_token"))) ==
        text(hashes.at("at_hash")));
  CHECK(token_hash_claim(SignatureAlg::rs256, text(hashes.at("code"))) ==
        text(hashes.at("c_hash")));
}

}  // namespace curfew
