#include "protocol/oauth/dpop.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"

using namespace curfew;

namespace {

const TimePoint kNow = from_unix_seconds(1'790'000'000);
constexpr std::int64_t kNowSeconds = 1'790'000'000;
const std::string kUrl = "https://login.test/t/oauth2/v2.0/token";
const std::string kToken = "a.b.c";

const SigningKey& key() {
  static const SigningKey made = SigningKey::generate(SignatureAlg::es256).value();
  return made;
}

boost::json::object good_header(const SigningKey& of) {
  return {{"typ", "dpop+jwt"},
          {"alg", to_string(of.alg())},
          {"jwk", boost::json::parse(public_jwk_json(of.verify_key()))}};
}
boost::json::object good_claims() {
  return {{"jti", "one"},
          {"htm", "POST"},
          {"htu", kUrl},
          {"iat", kNowSeconds},
          {"ath", sha256_base64url(kToken)}};
}
std::string signed_by(const SigningKey& of, const boost::json::object& header,
                      const boost::json::object& claims) {
  const std::string input = base64url_encode(boost::json::serialize(header)) + "." +
                            base64url_encode(boost::json::serialize(claims));
  return input + "." + base64url_encode(of.sign(input).value());
}

Result<DpopProof> judged(const std::string& compact) {
  return check_dpop_proof(compact, {"POST", kUrl, kToken, kNow});
}
template <typename T>
bool accepts(std::string_view claim, const T& value) {
  boost::json::object claims = good_claims();
  claims[claim] = boost::json::value_from(value);
  return judged(signed_by(key(), good_header(key()), claims)).ok();
}
bool accepts_without(std::string_view claim) {
  boost::json::object claims = good_claims();
  claims.erase(claim);
  return judged(signed_by(key(), good_header(key()), claims)).ok();
}
template <typename T>
bool accepts_header(std::string_view member, const T& value) {
  boost::json::object header = good_header(key());
  header[member] = boost::json::value_from(value);
  return judged(signed_by(key(), header, good_claims())).ok();
}

}  // namespace

TEST_CASE("5.7: a proof that keeps every rule gives the key's thumbprint and its number") {
  const auto proof = judged(signed_by(key(), good_header(key()), good_claims()));
  REQUIRE(proof.ok());
  CHECK(proof->jkt == jwk_thumbprint(key().verify_key()));
  CHECK(proof->jti == "one");
  CHECK(is_thumbprint(proof->jkt));
}

TEST_CASE("5.7: RSA and Ed25519 keys prove as well; RS256 and HMAC do not") {
  for (const SignatureAlg alg : kDpopAlgs) {
    const SigningKey other = SigningKey::generate(alg).value();
    CHECK(judged(signed_by(other, good_header(other), good_claims())).ok());
  }
  for (const SignatureAlg alg : {SignatureAlg::rs256, SignatureAlg::es384}) {
    const SigningKey other = SigningKey::generate(alg).value();
    CHECK_FALSE(judged(signed_by(other, good_header(other), good_claims())).ok());
  }
  CHECK_FALSE(accepts_header("alg", "HS256"));
  CHECK_FALSE(accepts_header("alg", "none"));
}

TEST_CASE("5.7: typ is dpop+jwt") {
  CHECK(accepts_header("typ", "DPoP+JWT"));
  for (const char* const typ : {"JWT", "at+jwt", "jwt+dpop"})
    CHECK_FALSE(accepts_header("typ", typ));
  boost::json::object header = good_header(key());
  header.erase("typ");
  CHECK_FALSE(judged(signed_by(key(), header, good_claims())).ok());
}

TEST_CASE("5.7: the key comes in the header, public alone, and signs") {
  boost::json::object header = good_header(key());
  header.erase("jwk");
  CHECK_FALSE(judged(signed_by(key(), header, good_claims())).ok());
  header = good_header(key());
  header["jwk"].as_object()["d"] = "AAAA";
  CHECK_FALSE(judged(signed_by(key(), header, good_claims())).ok());
  const SigningKey other = SigningKey::generate(SignatureAlg::es256).value();
  CHECK_FALSE(judged(signed_by(other, good_header(key()), good_claims())).ok());
  CHECK_FALSE(accepts_header("jwk", "text"));
}

TEST_CASE("5.7: jti, htm, htu and iat are required") {
  for (const char* const claim : {"jti", "htm", "htu", "iat"}) {
    CAPTURE(claim);
    CHECK_FALSE(accepts_without(claim));
  }
  CHECK_FALSE(accepts("jti", ""));
  CHECK_FALSE(accepts("jti", std::string(257, 'x')));
  CHECK_FALSE(accepts("jti", 1));
  CHECK_FALSE(accepts("iat", "now"));
}

TEST_CASE("5.7: htm is the request's method, exactly") {
  CHECK_FALSE(accepts("htm", "GET"));
  CHECK_FALSE(accepts("htm", "post"));
}

TEST_CASE("5.7: htu is the request's address without query and fragment, however it is spelled") {
  CHECK(accepts("htu", kUrl + "?a=b"));
  CHECK(accepts("htu", kUrl + "#f"));
  CHECK(accepts("htu", "HTTPS://LOGIN.test:443/t/oauth2/v2.0/token"));
  CHECK_FALSE(accepts("htu", "http://login.test/t/oauth2/v2.0/token"));
  CHECK_FALSE(accepts("htu", "https://login.test:8443/t/oauth2/v2.0/token"));
  CHECK_FALSE(accepts("htu", "https://other.test/t/oauth2/v2.0/token"));
  CHECK_FALSE(accepts("htu", "https://user@login.test/t/oauth2/v2.0/token"));
  CHECK_FALSE(accepts("htu", kUrl + "/"));
  CHECK_FALSE(accepts("htu", "/t/oauth2/v2.0/token"));
  CHECK_FALSE(accepts("htu", "https://login.test/T/oauth2/v2.0/token"));
}

TEST_CASE("5.7: iat is of now: ten seconds off pass, an hour does not") {
  for (const int offset : {-60, -10, 10, 60}) CHECK(accepts("iat", kNowSeconds + offset));
  for (const int offset : {-3600, -61, 61, 3600}) CHECK_FALSE(accepts("iat", kNowSeconds + offset));
}

TEST_CASE("5.7: exp and nbf may be there, and then they count") {
  CHECK(accepts("exp", kNowSeconds + 30));
  CHECK(accepts("nbf", kNowSeconds));
  CHECK_FALSE(accepts("exp", kNowSeconds - 3600));
  CHECK_FALSE(accepts("nbf", kNowSeconds + 3600));
  CHECK_FALSE(accepts("exp", "later"));
}

TEST_CASE("5.7: ath is the digest of the token that comes with it, and needed only then") {
  CHECK_FALSE(accepts_without("ath"));
  CHECK_FALSE(accepts("ath", sha256_base64url("another.token.x")));
  CHECK_FALSE(accepts("ath", kToken));
  boost::json::object claims = good_claims();
  claims.erase("ath");
  const std::string compact = signed_by(key(), good_header(key()), claims);
  CHECK(check_dpop_proof(compact, {"POST", kUrl, "", kNow}).ok());
}

TEST_CASE("what is no JWT is refused with a sentence") {
  for (const char* const text : {"", "a", "a.b.c", "e30.e30.", "a.b.c, a.b.c"}) {
    const auto proof = judged(text);
    REQUIRE_FALSE(proof.ok());
    CHECK(proof.error().message().starts_with("The DPoP proof "));
  }
}

TEST_CASE("5.7: the nonce is read, whoever made it, and is not longer than a jti") {
  boost::json::object claims = good_claims();
  CHECK(judged(signed_by(key(), good_header(key()), claims))->nonce.empty());
  claims["nonce"] = "n-1";
  CHECK(judged(signed_by(key(), good_header(key()), claims))->nonce == "n-1");
  CHECK(!accepts("nonce", std::string(257, 'n')));
  CHECK(!accepts("nonce", 7));
}

TEST_CASE("RFC 9449 10: a thumbprint has 43 characters of base64url") {
  CHECK(is_thumbprint(jwk_thumbprint(key().verify_key())));
  CHECK_FALSE(is_thumbprint(""));
  CHECK_FALSE(is_thumbprint(std::string(43, '=')));
  CHECK_FALSE(is_thumbprint(std::string(44, 'A')));
}
