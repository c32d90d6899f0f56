#include "protocol/oauth/client_assertion.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"

using namespace curfew;

namespace {

const TimePoint kNow = from_unix_seconds(1'790'000'000);
constexpr std::int64_t kNowSeconds = 1'790'000'000;
const std::string kIssuer = "https://login.test/t/v2.0";
const std::string kTokenEndpoint = "https://login.test/t/oauth2/v2.0/token";

const SigningKey& key_for(SignatureAlg alg) {
  static const SigningKey es256 = SigningKey::generate(SignatureAlg::es256).value();
  static const SigningKey es384 = SigningKey::generate(SignatureAlg::es384).value();
  static const SigningKey rs256 = SigningKey::generate(SignatureAlg::rs256).value();
  static const SigningKey ps256 = SigningKey::generate(SignatureAlg::ps256).value();
  switch (alg) {
    case SignatureAlg::es384: return es384;
    case SignatureAlg::rs256: return rs256;
    case SignatureAlg::ps256: return ps256;
    default: return es256;
  }
}

boost::json::object good_claims() {
  return {{"iss", "app"}, {"sub", "app"},       {"aud", kIssuer},
          {"jti", "one"}, {"iat", kNowSeconds}, {"exp", kNowSeconds + 60}};
}

std::string signed_with(const SigningKey& key, const boost::json::object& claims,
                        boost::json::object header = {}) {
  header["alg"] = to_string(key.alg());
  const std::string input = base64url_encode(boost::json::serialize(header)) + "." +
                            base64url_encode(boost::json::serialize(claims));
  return input + "." + base64url_encode(key.sign(input).value());
}

OAuthResult<AcceptedAssertion> checked(const std::string& compact, const SigningKey& key,
                                       AssertionAudience audience) {
  CURFEW_TRY(const ClientAssertion assertion, parse_client_assertion(compact));
  const JwsKey known = JwsKey::asymmetric("", std::nullopt, key.verify_key()).value();
  return check_client_assertion(assertion, known,
                                {AppId{"app"}, kIssuer, kTokenEndpoint, audience, kNow});
}

// What the rules say to these claims, signed well.
OAuthResult<AcceptedAssertion> judged(
    const boost::json::object& claims,
    AssertionAudience audience = AssertionAudience::issuer_or_token_endpoint) {
  const SigningKey& key = key_for(SignatureAlg::es256);
  return checked(signed_with(key, claims), key, audience);
}
template <typename T>
OAuthResult<AcceptedAssertion> judged_with(std::string_view member, const T& value) {
  boost::json::object claims = good_claims();
  claims[member] = boost::json::value_from(value);
  return judged(claims);
}

void check_refused(const OAuthResult<AcceptedAssertion>& answer, Aadsts aadsts) {
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == OAuthErrorCode::invalid_client);
  CHECK(answer.error().http_status() == 401);
  CHECK(static_cast<int>(answer.error().aadsts) == static_cast<int>(aadsts));
}

ClientKey key_named(const std::string& kid, const std::string& x5t, const std::string& x5t_s256) {
  ClientKey key;
  key.kid = kid;
  key.x5t = x5t;
  key.x5t_s256 = x5t_s256;
  return key;
}

}  // namespace

TEST_CASE("RFC 7523 3: an assertion that keeps every rule is accepted, with its jti and end") {
  const auto accepted = judged(good_claims());
  REQUIRE(accepted.ok());
  CHECK(accepted->jti == "one");
  CHECK(accepted->expires_at > kNow + std::chrono::seconds{60});
}

TEST_CASE("the claims that we make keep every rule for a minute, each with a jti of its own") {
  const auto made = [] {
    const std::string claims = client_assertion_claims("app", kIssuer, kNow);
    return boost::json::parse(claims).as_object();
  };
  const boost::json::object claims = made();
  const auto accepted = judged(claims, AssertionAudience::issuer);
  REQUIRE(accepted.ok());
  CHECK(claims.at("iat").as_int64() == kNowSeconds);
  CHECK(claims.at("exp").as_int64() == kNowSeconds + 60);
  CHECK(accepted->jti.size() == 22);  // 16 bytes
  CHECK(made().at("jti") != claims.at("jti"));
}

TEST_CASE("RFC 7523 3: iss and sub are the client's id") {
  check_refused(judged_with("iss", "other"), Aadsts::assertion_client_mismatch);
  check_refused(judged_with("sub", "other"), Aadsts::assertion_client_mismatch);
  for (const char* const name : {"iss", "sub"}) {
    boost::json::object claims = good_claims();
    claims.erase(name);
    check_refused(judged(claims), Aadsts::assertion_client_mismatch);
  }
}

TEST_CASE("RFC 7523 3: aud is the issuer or the token endpoint") {
  CHECK(judged_with("aud", kTokenEndpoint).ok());
  CHECK(judged_with("aud", boost::json::array{kIssuer, kTokenEndpoint}).ok());
  check_refused(judged_with("aud", "https://login.test/t/oauth2/v2.0/par"),
                Aadsts::assertion_audience_mismatch);
  check_refused(judged_with("aud", kIssuer + "/"), Aadsts::assertion_audience_mismatch);
  check_refused(judged_with("aud", boost::json::array{}), Aadsts::assertion_audience_mismatch);
  boost::json::object without = good_claims();
  without.erase("aud");
  check_refused(judged(without), Aadsts::assertion_audience_mismatch);
}

TEST_CASE("an assertion that is also for another server is refused: that one could use it here") {
  check_refused(judged_with("aud", boost::json::array{kIssuer, "https://other.test"}),
                Aadsts::assertion_audience_mismatch);
}

TEST_CASE("RFC 7523bis, FAPI 2.0: for a client that is set so, aud is the issuer alone, a string") {
  const auto only_issuer = [](boost::json::value audience) {
    boost::json::object claims = good_claims();
    claims["aud"] = std::move(audience);
    return judged(claims, AssertionAudience::issuer);
  };
  CHECK(only_issuer(boost::json::string{kIssuer}).ok());
  check_refused(only_issuer(boost::json::string{kTokenEndpoint}),
                Aadsts::assertion_audience_mismatch);
  check_refused(only_issuer(boost::json::array{kIssuer}), Aadsts::assertion_audience_mismatch);
}

TEST_CASE("RFC 7523 3: exp is required, not over, and soon") {
  boost::json::object without = good_claims();
  without.erase("exp");
  check_refused(judged(without), Aadsts::invalid_assertion);
  check_refused(judged_with("exp", "soon"), Aadsts::invalid_assertion);
  CHECK(judged_with("exp", kNowSeconds - 29).ok());
  check_refused(judged_with("exp", kNowSeconds - 30), Aadsts::assertion_not_in_time);
  check_refused(judged_with("exp", kNowSeconds - 300), Aadsts::assertion_not_in_time);
  CHECK(judged_with("exp", kNowSeconds + 600).ok());  // MSAL's
  CHECK(judged_with("exp", kNowSeconds + 900).ok());
  check_refused(judged_with("exp", kNowSeconds + 901), Aadsts::assertion_not_in_time);
}

TEST_CASE("RFC 7523 3: nbf and iat may be some seconds ahead, and not a minute") {
  for (const char* const name : {"nbf", "iat"}) {
    CHECK(judged_with(name, kNowSeconds + 8).ok());
    check_refused(judged_with(name, kNowSeconds + 60), Aadsts::assertion_not_in_time);
    check_refused(judged_with(name, "now"), Aadsts::invalid_assertion);
    boost::json::object without = good_claims();
    without.erase(name);
    CHECK(judged(without).ok());
  }
}

TEST_CASE("OIDC Core 9: jti is required, so that an assertion can be used once") {
  boost::json::object without = good_claims();
  without.erase("jti");
  check_refused(judged(without), Aadsts::invalid_assertion);
  check_refused(judged_with("jti", ""), Aadsts::invalid_assertion);
  check_refused(judged_with("jti", std::string(257, 'x')), Aadsts::invalid_assertion);
  CHECK(judged_with("jti", std::string(256, 'x')).ok());
}

TEST_CASE("the algorithms are ES256, PS256 and RS256, whatever else the key could do") {
  constexpr auto kAny = AssertionAudience::issuer_or_token_endpoint;
  for (const SignatureAlg alg : kClientAssertionAlgs) {
    const SigningKey& key = key_for(alg);
    CHECK(checked(signed_with(key, good_claims()), key, kAny).ok());
  }
  const SigningKey& es384 = key_for(SignatureAlg::es384);
  check_refused(checked(signed_with(es384, good_claims()), es384, kAny), Aadsts::invalid_assertion);
}

TEST_CASE("RFC 8725 3.1, 3.2: none and a MAC under the public key are refused") {
  const SigningKey& key = key_for(SignatureAlg::es256);
  const std::string compact = signed_with(key, good_claims());
  const std::string payload = compact.substr(compact.find('.'));
  constexpr auto kAny = AssertionAudience::issuer_or_token_endpoint;
  for (const char* const header : {R"({"alg":"none"})", R"({"alg":"HS256"})"}) {
    check_refused(checked(base64url_encode(header) + payload, key, kAny),
                  Aadsts::invalid_assertion);
  }
}

TEST_CASE("a wrong signature, another key's, and changed claims are refused") {
  const SigningKey& key = key_for(SignatureAlg::es256);
  constexpr auto kAny = AssertionAudience::issuer_or_token_endpoint;
  const std::string other =
      signed_with(SigningKey::generate(SignatureAlg::es256).value(), good_claims());
  check_refused(checked(other, key, kAny), Aadsts::assertion_signature_wrong);
  std::string changed = signed_with(key, good_claims());
  const std::size_t dot = changed.find('.');
  changed = changed.substr(0, dot + 1) + base64url_encode(R"({"sub":"app","iss":"app"})") +
            changed.substr(changed.rfind('.'));
  check_refused(checked(changed, key, kAny), Aadsts::assertion_signature_wrong);
}

TEST_CASE("RFC 8725 3.11: a token of another type is no assertion") {
  const SigningKey& key = key_for(SignatureAlg::es256);
  constexpr auto kAny = AssertionAudience::issuer_or_token_endpoint;
  for (const char* const typ : {"JWT", "client-authentication+jwt"}) {
    CHECK(checked(signed_with(key, good_claims(), {{"typ", typ}}), key, kAny).ok());
  }
  for (const char* const typ : {"at+jwt", "dpop+jwt", "logout+jwt", "command+jwt"}) {
    check_refused(checked(signed_with(key, good_claims(), {{"typ", typ}}), key, kAny),
                  Aadsts::invalid_assertion);
  }
}

TEST_CASE("what is no JWT is refused as the client's fault") {
  for (const char* const text : {"a", "a.b.c", "e30.e30.", ".."}) {
    const auto parsed = parse_client_assertion(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == OAuthErrorCode::invalid_client);
  }
}

TEST_CASE("the header names the key by certificate first, then by kid") {
  const ClientKey key = key_named("k", "sha1", "sha256");
  const auto assertion = [](std::string kid, std::string x5t, std::string x5t_s256) {
    ClientAssertion made;
    made.kid = std::move(kid);
    made.x5t = std::move(x5t);
    made.x5t_s256 = std::move(x5t_s256);
    return made;
  };
  CHECK(names_key(assertion("", "", "sha256"), key));
  CHECK(names_key(assertion("other", "", "sha256"), key));
  CHECK(names_key(assertion("", "sha1", ""), key));
  CHECK(names_key(assertion("k", "", ""), key));
  CHECK(names_key(assertion("", "", ""), key));
  CHECK_FALSE(names_key(assertion("k", "", "other"), key));
  CHECK_FALSE(names_key(assertion("k", "other", ""), key));
  CHECK_FALSE(names_key(assertion("other", "", ""), key));
}
