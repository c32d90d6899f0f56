#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "protocol/json/json.hpp"
#include "protocol/oauth/device_authorization.hpp"

namespace curfew {
namespace {

OAuthResult<DeviceAuthorizationRequest> parsed(std::string_view form) {
  const auto params = OAuthParams::parse(form);
  REQUIRE(params.ok());
  return parse_device_authorization_request(*params);
}

TEST_CASE("RFC 8628 6.1: a user code is two groups of four consonants, whatever the number") {
  std::set<std::string> made;
  for (std::uint64_t number = 0; number < 2000; ++number) {
    const std::string code = make_user_code(number * 7'919);
    CHECK(code.size() == 9);
    CHECK(code[4] == '-');
    CHECK(code.find_first_not_of("BCDFGHJKLMNPQRSTVWXZ-") == std::string::npos);
    made.insert(code);
  }
  CHECK(made.size() == 2000);
  CHECK(make_user_code(0) == "BBBB-BBBB");
  CHECK(read_user_code(make_user_code(std::numeric_limits<std::uint64_t>::max())));
}

TEST_CASE("RFC 8628 6.1: case, dashes and spaces do not count when a user code is typed") {
  for (const char* typed : {"WDJB-MJHT", "wdjbmjht", "WDJB MJHT", " w-d-j-b-m-j-h-t- "}) {
    CHECK(read_user_code(typed) == "WDJB-MJHT");
  }
  for (const char* typed :
       {"", "WDJB-MJH", "WDJB-MJHTX", "WDJB-MJH1", "WDJB-MJHA", "WDJB_MJHT", "WDJB\nMJHT",
        "\xC3\x9F"
        "DJBMJH"}) {
    CHECK_FALSE(read_user_code(typed));
  }
}

TEST_CASE("RFC 8628 3.1: scope, resource and claims are read, and the claims are kept as sent") {
  const auto request =
      parsed("client_id=x&scope=openid+api%3A%2F%2Ffiles%2FFiles.Read&claims=%7B%7D");
  REQUIRE(request.ok());
  CHECK(request->scope.openid);
  CHECK(request->scope.texts.size() == 2);
  CHECK(request->claims == "{}");
  CHECK(parsed("scope=a&scope=b").error().code == OAuthErrorCode::invalid_request);
  CHECK(parsed("claims=nonsense").error().code == OAuthErrorCode::invalid_request);
  CHECK(parsed("resource=relative").error().code == OAuthErrorCode::invalid_target);
}

TEST_CASE("RFC 8628 3.2: the answer has every member that clients need, MSAL's message too") {
  const auto body = parse_json_object(to_json(
      DeviceAuthorizationAnswer{"secret", "WDJB-MJHT", "https://login.test/contoso.com/device",
                                std::chrono::seconds{900}, std::chrono::seconds{5}}));
  REQUIRE(body.ok());
  CHECK(body->at("device_code").as_string() == "secret");
  CHECK(body->at("user_code").as_string() == "WDJB-MJHT");
  CHECK(body->at("verification_uri").as_string() == "https://login.test/contoso.com/device");
  CHECK(body->at("verification_uri_complete").as_string() ==
        "https://login.test/contoso.com/device?user_code=WDJB-MJHT");
  CHECK(body->at("expires_in").as_int64() == 900);
  CHECK(body->at("interval").as_int64() == 5);
  CHECK(body->at("message").as_string() ==
        "To sign in, open https://login.test/contoso.com/device in a browser and enter the code "
        "WDJB-MJHT.");
}

}  // namespace
}  // namespace curfew
