#include "protocol/jose/jwt.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "base/text.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

using namespace std::chrono_literals;
namespace bj = boost::json;

const JwtSigner& signer() {
  static const JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), "k1"};
  return signer;
}

KeySet keys() {
  return KeySet::of(JwsKey::asymmetric("k1", SignatureAlg::es256, signer().verify_key()).value());
}

constexpr std::int64_t kNow = 1'700'000'000;

JwtExpectation expectation() {
  return {.types = {"at+jwt"},
          .issuers = {"https://issuer.test"},
          .audiences = {"api://a", "api://b"},
          .now = from_unix_seconds(kNow),
          .leeway = 30s,
          .exp_required = true,
          .lifetime_max = std::nullopt};
}

bj::object good_claims() {
  return {{"iss", "https://issuer.test"},
          {"aud", "api://a"},
          {"sub", "u1"},
          {"iat", kNow - 10},
          {"nbf", kNow - 10},
          {"exp", kNow + 3600}};
}

using Change = std::function<void(bj::object&)>;
using Expect = std::function<void(JwtExpectation&)>;

Result<VerifiedJwt> verify(const Change& change, const Expect& expect = {}) {
  bj::object claims = good_claims();
  if (change) change(claims);
  JwtExpectation expected = expectation();
  if (expect) expect(expected);
  return verify_jwt(signer().sign("at+jwt", serialize_json(claims)).value(), keys(), expected);
}

void check_refused(const Change& change, const Expect& expect = {}) {
  const auto result = verify(change, expect);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code() == ErrorCode::unauthenticated);
}

Change set(std::string_view name, bj::value value) {
  return [=](bj::object& claims) { claims[name] = value; };
}
Change erase(std::string_view name) {
  return [=](bj::object& claims) { claims.erase(name); };
}

}  // namespace

TEST_CASE("a token that is as expected is verified and its claims returned") {
  const VerifiedJwt jwt = verify({}).value();
  CHECK(jwt.claims.at("sub").as_string() == "u1");
  CHECK(jwt.header.kid == "k1");
  CHECK(jwt.header.typ == "at+jwt");
}

TEST_CASE("the issuer is exactly an expected one") {
  check_refused(erase("iss"));
  check_refused(set("iss", "https://issuer.test/"));
  check_refused(set("iss", "https://ISSUER.test"));
  check_refused(set("iss", bj::array{"https://issuer.test"}));
  check_refused(set("iss", nullptr));
  CHECK(verify(set("iss", "b"), [](JwtExpectation& e) { e.issuers = {"a", "b"}; }).ok());
}

TEST_CASE("the audience names the receiver, alone or among others") {
  CHECK(verify(set("aud", bj::array{"x", "api://b"})).ok());
  check_refused(erase("aud"));
  check_refused(set("aud", "api://c"));
  check_refused(set("aud", "API://a"));
  check_refused(set("aud", bj::array{}));
  check_refused(set("aud", bj::array{"x"}));
  check_refused(set("aud", bj::array{"api://a", 1}));
  check_refused(set("aud", nullptr));
}

TEST_CASE("whatever the receiver left open accepts no token") {
  check_refused({}, [](JwtExpectation& e) { e.types = {}; });
  check_refused({}, [](JwtExpectation& e) { e.issuers = {}; });
  check_refused({}, [](JwtExpectation& e) { e.audiences = {}; });
  check_refused(set("aud", ""), [](JwtExpectation& e) { e.audiences = {}; });
}

TEST_CASE("a token lives until exp, and the leeway longer") {
  CHECK(verify(set("exp", kNow + 1)).ok());
  CHECK(verify(set("exp", kNow - 29)).ok());
  check_refused(set("exp", kNow - 30));
  check_refused(set("exp", kNow - 31));
  check_refused(set("exp", 0));
  check_refused(set("exp", kNow), [](JwtExpectation& e) { e.leeway = 0s; });
  CHECK(verify(set("exp", static_cast<double>(kNow) + 0.5), [](JwtExpectation& e) {
          e.leeway = 0s;
        }).ok());
  check_refused(set("exp", "1800000000"));
  check_refused(set("exp", nullptr));
  check_refused(set("exp", 1e300));
}

TEST_CASE("exp may be missing only where the receiver says so") {
  check_refused(erase("exp"));
  const Expect optional = [](JwtExpectation& e) { e.exp_required = false; };
  CHECK(verify(erase("exp"), optional).ok());
  check_refused(set("exp", kNow - 100), optional);
}

TEST_CASE("a token is not valid before nbf, nor from the future") {
  CHECK(verify(set("nbf", kNow + 30)).ok());
  check_refused(set("nbf", kNow + 31));
  check_refused(set("nbf", "x"));
  CHECK(verify(set("iat", kNow + 30)).ok());
  check_refused(set("iat", kNow + 31));
  check_refused(set("iat", true));
  CHECK(verify(erase("nbf")).ok());
  CHECK(verify(erase("iat")).ok());
}

TEST_CASE("a receiver can bound the lifetime that it accepts") {
  const Expect bounded = [](JwtExpectation& e) { e.lifetime_max = 3610s; };
  CHECK(verify({}, bounded).ok());
  check_refused(set("exp", kNow + 3601), bounded);
  check_refused(erase("iat"), bounded);
  check_refused(erase("exp"), [](JwtExpectation& e) {
    e.lifetime_max = 3610s;
    e.exp_required = false;
  });
}

TEST_CASE("a payload that is no JSON object, or names a claim twice, is refused") {
  for (const char* payload : {"", "[]", "x", "\"{}\"", R"({"iss":"a","iss":"b"})"}) {
    const std::string token = signer().sign("at+jwt", payload).value();
    CHECK(verify_jwt(token, keys(), expectation()).error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a good token of another type is refused") {
  for (const char* typ : {"", "JWT", "logout+jwt", "secevent+jwt"}) {
    const std::string token = signer().sign(typ, serialize_json(good_claims())).value();
    CHECK(verify_jwt(token, keys(), expectation()).error().code() == ErrorCode::unauthenticated);
  }
}

TEST_CASE("an error names the rule and never the token") {
  const auto result = verify(set("iss", "https://secret-issuer.test"));
  CHECK(result.error().message() == "iss is not the expected issuer");
}

TEST_CASE("claims can be read unverified to choose the keys") {
  const std::string token = signer().sign("at+jwt", serialize_json(good_claims())).value();
  CHECK(unverified_claims(token).value().at("iss").as_string() == "https://issuer.test");
  CHECK_FALSE(unverified_claims("x").ok());
}

}  // namespace curfew
