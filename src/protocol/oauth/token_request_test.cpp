#include "protocol/oauth/token_request.hpp"

#include <doctest/doctest.h>

#include "protocol/oauth/introspection.hpp"
#include "protocol/oauth/revocation_request.hpp"
#include "protocol/oauth/token_response.hpp"

using namespace curfew;

namespace {

OAuthResult<TokenRequest> request(std::string_view body) {
  return parse_token_request(*OAuthParams::parse(body));
}

void check_refused(std::string_view body, OAuthErrorCode code) {
  CAPTURE(body);
  const OAuthResult<TokenRequest> refused = request(body);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == code);
}

}  // namespace

TEST_CASE("RFC 6749 4.1.3: a code is redeemed with redirect URI and verifier") {
  const auto read = request(
      "grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fa.test&code_verifier=v"
      "&scope=openid%20x&client_info=1&x-client-SKU=msal");
  REQUIRE(read.ok());
  const auto* grant = std::get_if<AuthorizationCodeGrant>(&read->grant);
  REQUIRE(grant != nullptr);
  CHECK(grant->code.reveal() == "c0de");
  CHECK(grant->redirect_uri == "https://a.test");
  CHECK(grant->code_verifier == "v");
  CHECK(read->scope.openid);
  CHECK(read->client_info);
  const auto bare = request("grant_type=authorization_code&code=c0de");
  REQUIRE(bare.ok());
  CHECK_FALSE(std::get<AuthorizationCodeGrant>(bare->grant).redirect_uri.has_value());
}

TEST_CASE("RFC 6749 6: a refresh token is presented with an optional scope") {
  const auto read = request("grant_type=refresh_token&refresh_token=rt");
  REQUIRE(read.ok());
  CHECK(std::get<RefreshTokenGrant>(read->grant).refresh_token.reveal() == "rt");
  CHECK(read->scope.empty());
}

TEST_CASE("RFC 6749 4.4.2: client credentials name a scope or a resource") {
  const auto read = request(
      "grant_type=client_credentials&scope=api%3A%2F%2Fa%2F.default&resource=api%3A%2F%2Fa");
  REQUIRE(read.ok());
  CHECK(std::holds_alternative<ClientCredentialsGrant>(read->grant));
  CHECK(read->resources == std::vector<std::string>{"api://a"});
}

TEST_CASE("RFC 8628 3.4: a device presents its code; MSAL says that it is MSAL") {
  const std::string grant =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dc";
  const auto read = request(grant);
  REQUIRE(read.ok());
  CHECK(std::get<DeviceCodeGrant>(read->grant).device_code.reveal() == "dc");
  CHECK_FALSE(std::get<DeviceCodeGrant>(read->grant).is_msal);
  CHECK(std::get<DeviceCodeGrant>(request(grant + "&x-client-SKU=msal.js.node")->grant).is_msal);
  CHECK(std::get<DeviceCodeGrant>(request(grant + "&x-client-SKU=MSAL.Python")->grant).is_msal);
  const auto old = request("grant_type=device_code&device_code=dc");
  REQUIRE(old.ok());
  CHECK(std::get<DeviceCodeGrant>(old->grant).device_code.reveal() == "dc");
  check_refused("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code",
                OAuthErrorCode::invalid_request);
}

TEST_CASE("RFC 7523 2.1: an assertion is taken on behalf of its person, and for nothing else") {
  const std::string grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
  const auto read = request(grant + "&requested_token_use=on_behalf_of&assertion=a.b.c");
  REQUIRE(read.ok());
  CHECK(std::get<OnBehalfOfGrant>(read->grant).assertion.reveal() == "a.b.c");
  for (const char* more : {"&assertion=a.b.c", "&requested_token_use=on_behalf_of",
                           "&requested_token_use=other&assertion=a.b.c"}) {
    check_refused(grant + more, OAuthErrorCode::invalid_request);
  }
}

TEST_CASE("RFC 9700 2.4: the password grant is not supported, nor any unknown one") {
  check_refused("grant_type=password&username=u&password=p",
                OAuthErrorCode::unsupported_grant_type);
  check_refused("grant_type=implicit", OAuthErrorCode::unsupported_grant_type);
  check_refused("grant_type=REFRESH_TOKEN&refresh_token=x", OAuthErrorCode::unsupported_grant_type);
}

TEST_CASE("RFC 6749 5.2: a missing or repeated parameter is invalid_request") {
  check_refused("", OAuthErrorCode::invalid_request);
  check_refused("grant_type=", OAuthErrorCode::invalid_request);
  check_refused("grant_type=authorization_code", OAuthErrorCode::invalid_request);
  check_refused("grant_type=authorization_code&code=", OAuthErrorCode::invalid_request);
  check_refused("grant_type=refresh_token", OAuthErrorCode::invalid_request);
  check_refused("grant_type=refresh_token&refresh_token=a&refresh_token=b",
                OAuthErrorCode::invalid_request);
  check_refused("grant_type=client_credentials&claims=x", OAuthErrorCode::invalid_request);
}

TEST_CASE("RFC 7662 2.1 and RFC 7009 2.1: a token is required, an unknown hint is ignored") {
  const auto introspect =
      parse_introspection_request(*OAuthParams::parse("token=t&token_type_hint=refresh_token"));
  REQUIRE(introspect.ok());
  CHECK(introspect->token.reveal() == "t");
  CHECK(introspect->hint == TokenTypeHint::refresh_token);
  const auto revoke =
      parse_revocation_request(*OAuthParams::parse("token=t&token_type_hint=anything"));
  REQUIRE(revoke.ok());
  CHECK(revoke->hint == TokenTypeHint::none);
  for (const std::string_view body : {"", "token=", "token=a&token=b"}) {
    CHECK_FALSE(parse_introspection_request(*OAuthParams::parse(body)).ok());
    CHECK_FALSE(parse_revocation_request(*OAuthParams::parse(body)).ok());
  }
}

TEST_CASE("RFC 7662 2.2: an inactive token says nothing else") {
  CHECK(inactive_introspection_json() == R"({"active":false})");
}

TEST_CASE("RFC 7662 2.2: an active answer always has sub, client_id, iss, aud and scope") {
  AccessTokenClaims claims;
  claims.iss = "https://idp.test/t/v2.0";
  claims.aud = "api://a";
  claims.sub = "app";
  claims.client_id = AppId{"app"};
  claims.app_only = true;
  claims.roles = {"Files.Read.All", "User.Read.All"};
  claims.iat = 100;
  claims.exp = 200;
  CHECK(active_introspection_json(claims, {}) ==
        R"({"active":true,"token_type":"Bearer","iss":"https://idp.test/t/v2.0","aud":"api://a",)"
        R"("sub":"app","client_id":"app","scope":"Files.Read.All User.Read.All","exp":200,)"
        R"("iat":100,"roles":["Files.Read.All","User.Read.All"]})");
}

TEST_CASE("RFC 9470 6.2: an introspection answer tells when and how the person signed in") {
  AccessTokenClaims claims;
  claims.scp = "read";
  claims.auth_time = 50;
  claims.acr = "c1";
  claims.amr = {"pwd"};
  const std::string body = active_introspection_json(claims, {.username = "jo@x.test"});
  CHECK(body.find(R"("auth_time":50,"acr":"c1","amr":["pwd"])") != std::string::npos);
  CHECK(body.find(R"("username":"jo@x.test")") != std::string::npos);
  CHECK(body.find(R"("scope":"read")") != std::string::npos);
}

TEST_CASE("RFC 6749 5.1: a token response, without refresh_in and without empty members") {
  TokenResponse response;
  response.access_token = "at";
  response.expires_in = std::chrono::hours{1};
  response.scope = "openid x";
  CHECK(to_json(response) ==
        R"({"token_type":"Bearer","scope":"openid x","expires_in":3600,"ext_expires_in":3600,)"
        R"("access_token":"at"})");
  response.refresh_token = "rt";
  response.id_token = "it";
  response.client_info = "ci";
  const std::string body = to_json(response);
  CHECK(body.find(R"("refresh_token":"rt","id_token":"it","client_info":"ci")") !=
        std::string::npos);
  CHECK(body.find("refresh_in") == std::string::npos);
}
