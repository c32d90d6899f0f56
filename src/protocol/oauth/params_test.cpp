#include "protocol/oauth/params.hpp"

#include <doctest/doctest.h>

using namespace curfew;

TEST_CASE("RFC 6749 3.1: a parameter without a value counts as omitted") {
  const OAuthResult<OAuthParams> params = OAuthParams::parse("state=&nonce=n&bare");
  REQUIRE(params.ok());
  CHECK_FALSE(params->get("state").has_value());
  CHECK_FALSE(params->get("bare").has_value());
  CHECK(params->get_or_empty("state").empty());
  CHECK(params->get("nonce") == "n");
}

TEST_CASE("RFC 6749 3.1: a parameter that occurs twice makes the request invalid") {
  const OAuthResult<OAuthParams> params = OAuthParams::parse("scope=a&scope=a&x=1");
  REQUIRE(params.ok());
  CHECK(params->is_repeated("scope"));
  CHECK_FALSE(params->get("scope").has_value());
  const std::optional<OAuthError> error = params->first_repeated();
  REQUIRE(error.has_value());
  CHECK(error->code == OAuthErrorCode::invalid_request);
  CHECK(OAuthParams::parse("scope=&scope=a")->first_repeated().has_value());
  CHECK_FALSE(OAuthParams::parse("scope=a&x=1")->first_repeated().has_value());
}

TEST_CASE("RFC 8707 2: resource alone may occur more than once") {
  const OAuthResult<OAuthParams> params =
      OAuthParams::parse("resource=https%3A%2F%2Fa.test&resource=&resource=https%3A%2F%2Fb.test");
  REQUIRE(params.ok());
  CHECK_FALSE(params->first_repeated().has_value());
  CHECK(params->all("resource") == std::vector<std::string>{"https://a.test", "https://b.test"});
}

TEST_CASE("RFC 6749 3.2: a token request is a form") {
  CHECK(OAuthParams::parse_body("application/x-www-form-urlencoded", "a=b").ok());
  const auto json = OAuthParams::parse_body("application/json", "{}");
  REQUIRE_FALSE(json.ok());
  CHECK(json.error().code == OAuthErrorCode::invalid_request);
  const auto bad = OAuthParams::parse_body("application/x-www-form-urlencoded", "a=%");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().code == OAuthErrorCode::invalid_request);
}
