#include "protocol/oidc/logout_token.hpp"

#include <doctest/doctest.h>

#include "protocol/json/json.hpp"

namespace curfew {
namespace {

TEST_CASE("a logout token has every claim that Back-Channel Logout 2.4 asks for, and no nonce") {
  const LogoutTokenClaims claims{"https://issuer", "client", 1000, 1120, "id", "person", "session"};
  const auto json = parse_json_object(to_json(claims));
  REQUIRE(json.ok());
  CHECK(json->at("iss") == "https://issuer");
  CHECK(json->at("aud") == "client");
  CHECK(json->at("iat") == 1000);
  CHECK(json->at("exp") == 1120);
  CHECK(json->at("jti") == "id");
  CHECK(json->at("sub") == "person");
  CHECK(json->at("sid") == "session");
  CHECK_FALSE(json->contains("nonce"));
  const auto& events = json->at("events").as_object();
  REQUIRE(events.size() == 1);
  CHECK(events.begin()->key() == "http://schemas.openid.net/event/backchannel-logout");
  CHECK(events.begin()->value().as_object().empty());
}

TEST_CASE("the token is the form's only field") {
  CHECK(logout_request_body("a.b-c_d.e") == "logout_token=a.b-c_d.e");
}

}  // namespace
}  // namespace curfew
