#include "protocol/oidc/claims_parameter.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace curfew;

namespace {

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("the claims parameter that MSAL always sends is read") {
  const auto claims = parse_claims_parameter(
      R"({"id_token":{"signin_state":{"essential":false},"login_hint":null,"auth_time":)"
      R"({"essential":true}},"access_token":{"xms_cc":{"values":["CP1"]}},"other":[1]})");
  REQUIRE(claims.ok());
  CHECK(claims->handles_challenges);
  CHECK(claims->id_token_members == Strings{"signin_state", "login_hint", "auth_time"});
  CHECK(claims->essential_id_token_members == Strings{"auth_time"});
  CHECK_FALSE(claims->not_before.has_value());
}

TEST_CASE("the capability cp1 compares without case, and others are ignored") {
  CHECK(parse_claims_parameter(R"({"access_token":{"xms_cc":{"values":["x","cp1"]}}})")
            ->handles_challenges);
  CHECK_FALSE(parse_claims_parameter(R"({"access_token":{"xms_cc":{"values":["cp2"]}}})")
                  ->handles_challenges);
}

TEST_CASE("a claims challenge comes back with nbf as text or number, and our position") {
  const auto text =
      parse_claims_parameter(R"({"access_token":{"nbf":{"essential":true,"value":"1604106651"}}})");
  REQUIRE(text.ok());
  CHECK(text->not_before == 1604106651);
  CHECK(parse_claims_parameter(R"({"access_token":{"nbf":{"value":5}}})")->not_before == 5);
  const auto round = parse_claims_parameter(claims_challenge_json(1700000000, {3, 42}));
  REQUIRE(round.ok());
  CHECK(round->not_before == 1700000000);
  CHECK(round->minimum_as_of == Position{3, 42});
}

TEST_CASE("a claims challenge is Entra's, with our position only where there is one") {
  CHECK(claims_challenge_json(1604106651, {}) ==
        R"({"access_token":{"nbf":{"essential":true,"value":"1604106651"}}})");
  CHECK(claims_challenge_json(1, {1, 2}) ==
        R"({"access_token":{"nbf":{"essential":true,"value":"1"},"as_of":{"value":"1.2"}}})");
}

TEST_CASE("OIDC Core 5.5.1: the one acceptable subject and authentication contexts are read") {
  const auto claims =
      parse_claims_parameter(R"({"id_token":{"sub":{"value":"u1"}},)"
                             R"("access_token":{"acrs":{"essential":true,"value":"c1"}}})");
  REQUIRE(claims.ok());
  CHECK(claims->required_subject == "u1");
  CHECK(claims->authentication_contexts == Strings{"c1"});
}

TEST_CASE("OIDC Core 5.5.1.1: an essential acr with values is read, and a wish for one is not") {
  const auto essential =
      parse_claims_parameter(R"({"id_token":{"acr":{"essential":true,"values":["a","b"]}},)"
                             R"("access_token":{"acr":{"essential":true,"value":"c"}}})");
  REQUIRE(essential.ok());
  CHECK(essential->essential_acrs.size() == 2);
  CHECK(std::ranges::count(essential->essential_acrs, Strings{"a", "b"}) == 1);
  CHECK(std::ranges::count(essential->essential_acrs, Strings{"c"}) == 1);
  for (const char* const wish :
       {R"({"id_token":{"acr":null}})", R"({"id_token":{"acr":{"essential":true}}})",
        R"({"id_token":{"acr":{"values":["a"]}}})",
        R"({"id_token":{"acr":{"essential":false,"value":"a"}}})"}) {
    CAPTURE(wish);
    REQUIRE(parse_claims_parameter(wish).ok());
    CHECK(parse_claims_parameter(wish)->essential_acrs.empty());
  }
  CHECK(!parse_claims_parameter(R"({"id_token":{"acr":{"essential":true,"value":{}}}})").ok());
}

TEST_CASE("an absent parameter and null members ask for nothing") {
  CHECK(parse_claims_parameter("").ok());
  CHECK(parse_claims_parameter("{}").ok());
  CHECK(parse_claims_parameter(R"({"id_token":null,"access_token":{"nbf":null}})").ok());
}

TEST_CASE("malformed claims are refused") {
  for (const std::string_view text :
       {"[]", "null", "{", R"({"access_token":1})", R"({"access_token":{"nbf":1}})",
        R"({"access_token":{"nbf":{"value":"soon"}}})", R"({"access_token":{"nbf":{"value":-1}}})",
        R"({"access_token":{"nbf":{"value":"1","values":["2"]}}})",
        R"({"access_token":{"nbf":{"value":"99999999999999999999"}}})",
        R"({"access_token":{"as_of":{"value":"1"}}})",
        R"({"access_token":{"xms_cc":{"values":"cp1"}}})",
        R"({"access_token":{"xms_cc":{"values":[{}]}}})", R"({"id_token":{},"id_token":{}})",
        R"({"id_token":{"sub":{"value":{}}}})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_claims_parameter(text).ok());
  }
  CHECK_FALSE(parse_claims_parameter(R"({"a":")" + std::string(kClaimsBytesMax, 'x') + "\"}").ok());
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100; ++i) deep += "[";
  CHECK_FALSE(parse_claims_parameter(deep).ok());
}
