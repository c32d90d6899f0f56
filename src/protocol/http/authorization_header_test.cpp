#include "protocol/http/authorization_header.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"

using namespace curfew;

namespace {

Result<BasicCredentials> basic(std::string_view pair) { return decode_basic(base64_encode(pair)); }

}  // namespace

TEST_CASE("RFC 9110 11.1: scheme names compare without case") {
  CHECK(parse_authorization("bAsIc YTpi")->scheme == AuthorizationScheme::basic);
  CHECK(parse_authorization("BEARER abc.d_e-f")->scheme == AuthorizationScheme::bearer);
  CHECK(parse_authorization("Bearer   abc")->credentials == "abc");
  CHECK(parse_authorization("dPOP abc")->scheme == AuthorizationScheme::dpop);
  CHECK(parse_authorization("Negotiate abc")->scheme == AuthorizationScheme::other);
}

TEST_CASE("RFC 6750 2.1: a bearer token is one token68") {
  for (const std::string_view value :
       {"", "Bearer", "Bearer ", " Bearer abc", "Bearer a b", "Bearer a,b",
        "Bearer =", "Bearer a=b", "Bearer \"a\"", "Bearer a\x01", "Basic a:b"}) {
    CAPTURE(value);
    CHECK_FALSE(parse_authorization(value).ok());
  }
  CHECK(parse_authorization("Bearer a+/=")->credentials == "a+/=");
}

TEST_CASE("RFC 6749 2.3.1: both halves of Basic are form-encoded") {
  const Result<BasicCredentials> encoded = basic("client%3A1:se%2Bcret+%25");
  REQUIRE(encoded.ok());
  CHECK(encoded->id == "client:1");
  CHECK(encoded->secret.reveal() == "se+cret %");
}

TEST_CASE("Basic of a client that encodes nothing is read as it is") {
  CHECK(basic("app:100%~secret")->secret.reveal() == "100%~secret");
  CHECK(basic("app:a:b")->secret.reveal() == "a:b");
  CHECK(basic("app:")->secret.empty());
  CHECK(basic(":x")->id.empty());
}

TEST_CASE("malformed Basic credentials are refused without repeating them") {
  for (const std::string_view credentials : {"YTpi=", "YTp", "!!!!", "YQ=="}) {
    CHECK_FALSE(decode_basic(credentials).ok());
  }
  CHECK_FALSE(basic("a\nb:c").ok());
  CHECK_FALSE(basic("a:b%00c").ok());
  const Result<BasicCredentials> bad = basic("app:hunter2\x01");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message().find("hunter2") == std::string::npos);
}

TEST_CASE("RFC 9470 3: a challenge for a fresh sign-in says how old it may be") {
  BearerChallenge challenge;
  challenge.error = "insufficient_user_authentication";
  challenge.max_age = "300";
  CHECK(to_header(challenge) ==
        R"(Bearer error="insufficient_user_authentication", max_age="300")");
}

TEST_CASE("RFC 6750 3: a challenge names the error, and carries a claims challenge in base64") {
  CHECK(to_header({}) == "Bearer");
  BearerChallenge challenge;
  challenge.error = "invalid_token";
  challenge.error_description = "say \"why\" \\ \r\n";
  CHECK(to_header(challenge) ==
        R"(Bearer error="invalid_token", error_description="say \"why\" \\ ??")");
  BearerChallenge claims;
  claims.realm = "t";
  claims.authorization_uri = "https://idp.test/t/oauth2/v2.0/authorize";
  claims.error = "insufficient_claims";
  claims.claims_challenge = R"({"access_token":{}})";
  CHECK(to_header(claims) ==
        R"(Bearer realm="t", authorization_uri="https://idp.test/t/oauth2/v2.0/authorize", )"
        R"(error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==")");
}
