#include "protocol/jose/jws_key.hpp"

#include <doctest/doctest.h>

#include "crypto/hmac.hpp"
#include "crypto/sign_key.hpp"

namespace curfew {

namespace {

JwsKey ec_key(std::string kid, std::optional<SignatureAlg> alg = SignatureAlg::es256) {
  const SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
  return JwsKey::asymmetric(std::move(kid), alg, key.verify_key()).value();
}

JwsKey mac_key(std::string kid) {
  return JwsKey::symmetric(std::move(kid), SignatureAlg::hs256, Secret{std::string(32, 'k')})
      .value();
}

std::vector<JwsKey> list(std::initializer_list<JwsKey> keys) { return keys; }

}  // namespace

TEST_CASE("a key pinned to one algorithm supports that one only") {
  const SigningKey rsa = SigningKey::generate(SignatureAlg::rs256).value();
  const JwsKey pinned = JwsKey::asymmetric("k", SignatureAlg::ps256, rsa.verify_key()).value();
  CHECK(pinned.supports(SignatureAlg::ps256));
  CHECK_FALSE(pinned.supports(SignatureAlg::rs256));
  const JwsKey open = JwsKey::asymmetric("k", std::nullopt, rsa.verify_key()).value();
  CHECK(open.supports(SignatureAlg::ps256));
  CHECK(open.supports(SignatureAlg::rs256));
  CHECK_FALSE(open.supports(SignatureAlg::es256));
  CHECK_FALSE(open.supports(SignatureAlg::hs256));
  const std::string signature = rsa.sign("m").value();
  CHECK(open.verify(SignatureAlg::rs256, "m", signature));
  CHECK_FALSE(pinned.verify(SignatureAlg::rs256, "m", signature));
}

TEST_CASE("a key cannot be pinned to an algorithm of another type") {
  const VerifyKey key = SigningKey::generate(SignatureAlg::es256).value().verify_key();
  CHECK_FALSE(JwsKey::asymmetric("k", SignatureAlg::es384, key).ok());
  CHECK_FALSE(JwsKey::asymmetric("k", SignatureAlg::rs256, key).ok());
  CHECK_FALSE(JwsKey::asymmetric("k", SignatureAlg::hs256, key).ok());
}

TEST_CASE("a shared secret verifies its own HMAC and nothing else") {
  const JwsKey key = mac_key("k");
  const Sha256Digest mac = hmac_sha256(std::string(32, 'k'), "m");
  CHECK(key.verify(SignatureAlg::hs256, "m", as_view(mac)));
  CHECK_FALSE(key.verify(SignatureAlg::hs256, "n", as_view(mac)));
  CHECK_FALSE(key.verify(SignatureAlg::hs256, "m", as_view(mac).substr(1)));
  CHECK_FALSE(key.verify(SignatureAlg::hs256, "m", ""));
  CHECK_FALSE(key.verify(SignatureAlg::hs384, "m", as_view(mac)));
  CHECK_FALSE(key.verify(SignatureAlg::es256, "m", as_view(mac)));
}

TEST_CASE("a shared secret is at least as long as the hash") {
  const auto make = [](SignatureAlg alg, std::size_t bytes) {
    return JwsKey::symmetric("k", alg, Secret{std::string(bytes, 'k')}).ok();
  };
  CHECK(make(SignatureAlg::hs256, 32));
  CHECK_FALSE(make(SignatureAlg::hs256, 31));
  CHECK(make(SignatureAlg::hs384, 48));
  CHECK_FALSE(make(SignatureAlg::hs384, 47));
  CHECK(make(SignatureAlg::hs512, 64));
  CHECK_FALSE(make(SignatureAlg::hs512, 63));
  CHECK_FALSE(make(SignatureAlg::es256, 64));
}

TEST_CASE("a set finds keys by kid, and its only key for a message without kid") {
  const KeySet two = KeySet::make(list({ec_key("a"), ec_key("b")})).value();
  CHECK(two.find("a")->kid() == "a");
  CHECK(two.find("b")->kid() == "b");
  CHECK(two.find("c") == nullptr);
  CHECK(two.find("") == nullptr);
  const KeySet one = KeySet::of(ec_key("a"));
  CHECK(one.find("")->kid() == "a");
  CHECK(one.find("b") == nullptr);
  CHECK(KeySet{}.find("") == nullptr);
  CHECK(KeySet{}.find("a") == nullptr);
  const KeySet nameless = KeySet::of(ec_key(""));
  CHECK(nameless.find("") != nullptr);
  CHECK(nameless.find("a") == nullptr);
}

TEST_CASE("an ambiguous or mixed set is refused") {
  CHECK_FALSE(KeySet::make(list({ec_key("a"), ec_key("a")})).ok());
  CHECK_FALSE(KeySet::make(list({ec_key("a"), ec_key("")})).ok());
  CHECK_FALSE(KeySet::make(list({ec_key("a"), mac_key("b")})).ok());
  CHECK(KeySet::make(list({mac_key("a"), mac_key("b")})).ok());
  CHECK(KeySet::make({}).value().empty());
}

}  // namespace curfew
