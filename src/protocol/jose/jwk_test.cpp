#include "protocol/jose/jwk.hpp"

#include <doctest/doctest.h>

#include <array>

#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

SigningKey new_key(SignatureAlg alg) { return SigningKey::generate(alg).value(); }

std::string new_jwk(SignatureAlg alg, std::string_view kid) {
  return serialize_jwk(new_key(alg).verify_key(), alg, kid);
}

boost::json::object object_of(std::string_view json) { return parse_json_object(json).value(); }

std::string with(std::string_view json, std::string_view name, boost::json::value value) {
  boost::json::object object = object_of(json);
  object[name] = std::move(value);
  return serialize_json(object);
}

std::string without(std::string_view json, std::string_view name) {
  boost::json::object object = object_of(json);
  object.erase(name);
  return serialize_json(object);
}

bool refused(std::string_view json) { return !parse_public_jwk(json).ok(); }

}  // namespace

TEST_CASE("a key of every type survives being a JWK") {
  for (const SignatureAlg alg : {SignatureAlg::es256, SignatureAlg::es384, SignatureAlg::es512,
                                 SignatureAlg::rs256, SignatureAlg::ps256, SignatureAlg::eddsa}) {
    CAPTURE(to_string(alg));
    const SigningKey key = new_key(alg);
    const std::string json = serialize_jwk(key.verify_key(), alg, "k1");
    const JwsKey parsed = parse_public_jwk(json).value();
    CHECK(parsed.kid() == "k1");
    CHECK(parsed.pinned_alg() == alg);
    CHECK(parsed.verify(alg, "m", key.sign("m").value()));
    CHECK(get_string(object_of(json), "use").value() == "sig");
    CHECK(jwk_thumbprint(*parsed.verify_key()) == jwk_thumbprint(key.verify_key()));
  }
}

TEST_CASE("a thumbprint has the value of RFC 7638 3.1, whatever else the JWK holds") {
  const std::string n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
      "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-"
      "65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
      "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
  const std::string json =
      R"({"kty":"RSA","e":"AQAB","alg":"RS256","kid":"2011-04-29","n":")" + n + "\"}";
  CHECK(jwk_thumbprint(*parse_public_jwk(json).value().verify_key()) ==
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST_CASE("a thumbprint of an Ed25519 key has the value of RFC 8037 A.3") {
  const std::string json =
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
  CHECK(jwk_thumbprint(*parse_public_jwk(json).value().verify_key()) ==
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST_CASE("a private or symmetric key is refused as a public key") {
  const std::string ec = new_jwk(SignatureAlg::es256, "k");
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}) {
    CAPTURE(name);
    CHECK(refused(with(ec, name, "AAAA")));
    CHECK(refused(with(ec, name, nullptr)));
    CHECK_FALSE(parse_jwks(serialize_jwks({with(ec, name, "AAAA")})).ok());
  }
  CHECK(refused(R"({"kty":"oct","alg":"HS256","k":"AAAA"})"));
}

TEST_CASE("a key that is meant for something else is refused") {
  const std::string ec = new_jwk(SignatureAlg::es256, "k");
  CHECK(refused(with(ec, "use", "enc")));
  CHECK(refused(with(ec, "use", 1)));
  CHECK(refused(with(ec, "key_ops", boost::json::array{"sign"})));
  CHECK(refused(with(ec, "key_ops", boost::json::array{})));
  CHECK(refused(with(ec, "key_ops", "verify")));
  CHECK_FALSE(refused(with(ec, "key_ops", boost::json::array{"verify"})));
  CHECK_FALSE(refused(without(without(ec, "use"), "alg")));
}

TEST_CASE("a key that is malformed or lies about its type is refused") {
  const std::string ec = new_jwk(SignatureAlg::es256, "k");
  for (const char* name : {"kty", "crv", "x", "y"}) CHECK(refused(without(ec, name)));
  CHECK(refused(with(ec, "alg", "ES384")));
  CHECK(refused(with(ec, "alg", "RS256")));
  CHECK(refused(with(ec, "alg", "none")));
  CHECK(refused(with(ec, "alg", "ES256K")));
  CHECK(refused(with(ec, "crv", "P-384")));
  CHECK(refused(with(ec, "crv", "secp256k1")));
  CHECK(refused(with(ec, "kty", "RSA")));
  CHECK(refused(with(ec, "kty", "ec")));
  CHECK(refused(with(ec, "kid", 1)));
  CHECK(refused(with(ec, "x", "A===")));
  CHECK(refused(with(ec, "y", object_of(ec).at("x"))));
  CHECK(refused("[]"));
  CHECK(
      refused(R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"));
}

TEST_CASE("a set keeps the keys that we can use and leaves out the others") {
  const std::string good = new_jwk(SignatureAlg::es256, "good");
  const std::string rsa = new_jwk(SignatureAlg::rs256, "rsa");
  const std::string json = serialize_jwks(
      {good, with(new_jwk(SignatureAlg::es256, "enc"), "use", "enc"),
       with(new_jwk(SignatureAlg::es256, "future"), "kty", "PQ"),
       with(new_jwk(SignatureAlg::es256, "broken"), "x", "AA"), rsa,
       serialize_jwk(new_key(SignatureAlg::es256).verify_key(), SignatureAlg::es256, "")});
  const KeySet set = parse_jwks(json).value();
  CHECK(set.keys().size() == 2);
  CHECK(set.find("good") != nullptr);
  CHECK(set.find("rsa") != nullptr);
  CHECK(parse_jwks(R"({"keys":[]})").value().empty());
}

TEST_CASE("one key without kid makes a set") {
  const std::string jwk =
      serialize_jwk(new_key(SignatureAlg::es256).verify_key(), SignatureAlg::es256, "");
  CHECK(parse_jwks(serialize_jwks({jwk})).value().find("") != nullptr);
}

TEST_CASE("what is no JWKS is refused") {
  const std::string key = new_jwk(SignatureAlg::es256, "k");
  for (const std::string& json :
       std::vector<std::string>{"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", key,
                                serialize_jwks({key, key}), R"({"keys":[],"keys":[]})",
                                serialize_jwks(std::vector<std::string>(kJwksKeysMax + 1, "{}"))}) {
    CHECK(parse_jwks(json).error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a symmetric JWK must name its algorithm and be long enough") {
  const auto parse = [](std::string_view json) { return parse_symmetric_jwk(object_of(json)); };
  const std::string k = base64url_encode(std::string(32, 'k'));
  CHECK(parse(R"({"kty":"oct","alg":"HS256","kid":"a","k":")" + k + "\"}").value().kid() == "a");
  CHECK_FALSE(parse(R"({"kty":"oct","k":")" + k + "\"}").ok());
  CHECK_FALSE(parse(R"({"kty":"oct","alg":"HS512","k":")" + k + "\"}").ok());
  CHECK_FALSE(parse(R"({"kty":"oct","alg":"A256KW","k":")" + k + "\"}").ok());
  CHECK_FALSE(parse(R"({"kty":"oct","alg":"ES256","k":")" + k + "\"}").ok());
  CHECK_FALSE(parse(R"({"kty":"oct","alg":"HS256","use":"enc","k":")" + k + "\"}").ok());
  CHECK_FALSE(parse(R"({"kty":"RSA","alg":"HS256","k":")" + k + "\"}").ok());
}

}  // namespace curfew
