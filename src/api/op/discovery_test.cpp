#include <doctest/doctest.h>

#include <set>

#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt.hpp"
#include "tests/support/server_fixture.hpp"

// Discovery, keys and userinfo.

namespace curfew {
namespace {

using test::claim;
using test::Fields;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

std::vector<std::string> well_known_paths(const ServerFixture& server) {
  const std::string tenant = server.tenant.str();
  return {"/" + tenant + "/v2.0/.well-known/openid-configuration",
          "/" + tenant + "/.well-known/openid-configuration",
          "/contoso.com/v2.0/.well-known/openid-configuration",
          "/common/v2.0/.well-known/openid-configuration",
          "/organizations/v2.0/.well-known/openid-configuration",
          "/.well-known/oauth-authorization-server/" + tenant + "/v2.0"};
}

TEST_CASE("RFC 8414 3.1 / 5.4: both well-known forms give the document, by every tenant name") {
  ServerFixture server;
  for (const std::string& path : well_known_paths(server)) {
    CAPTURE(path);
    const HttpResponse response = server.send(server.get(path));
    CHECK(response.status == 200);
    CHECK(header_of(response, "Content-Type").starts_with("application/json"));
    CHECK(header_of(response, "Access-Control-Allow-Origin") == "*");
    const auto document = parse_json_object(response.body).value();
    CHECK(document.at("issuer").as_string() == server.context->issuer());
  }
}

TEST_CASE("RFC 8414 3.3 / 5.4: the issuer is the asked address less the well-known part") {
  ServerFixture server;
  const std::string issuer = server.base_url + "/" + server.tenant.str() + "/v2.0";
  CHECK(server.context->issuer() == issuer);
  CHECK(claim(server.signed_in().access(), "iss") == issuer);
}

TEST_CASE("5.4: every advertised endpoint is https and in the router's table") {
  ServerFixture server;
  const auto document =
      parse_json_object(server.send(server.get(well_known_paths(server).front())).body).value();
  std::size_t endpoints = 0;
  for (const auto& [name, value] : document) {
    const std::string key{name};
    if (!key.ends_with("_endpoint") && key != "jwks_uri") continue;
    ++endpoints;
    const std::string url{value.as_string()};
    REQUIRE(url.starts_with(server.base_url));
    CHECK(server.send(server.get(url.substr(server.base_url.size()))).status != 404);
  }
  CHECK(endpoints >= 7);
  CHECK(document.at("code_challenge_methods_supported").as_array().size() == 1);
}

TEST_CASE("RFC 9207 3 / 5.5: discovery says that iss comes with authorization responses") {
  ServerFixture server;
  const auto document =
      parse_json_object(server.send(server.get(well_known_paths(server).front())).body).value();
  CHECK(document.at("authorization_response_iss_parameter_supported").as_bool());
}

TEST_CASE("5.4: the keys have no private member and no kid twice, and verify our tokens") {
  ServerFixture server;
  const HttpResponse response = server.send(server.get(server.path("/discovery/v2.0/keys")));
  CHECK(response.status == 200);
  const auto document = parse_json_object(response.body).value();
  std::set<std::string> kids;
  for (const auto& key : document.at("keys").as_array()) {
    for (const char* const member : {"d", "p", "q", "dp", "dq", "qi", "k"}) {
      CHECK_FALSE(key.as_object().contains(member));
    }
    CHECK(kids.insert(std::string{key.as_object().at("kid").as_string()}).second);
  }
  const auto keys = parse_jwks(response.body);
  REQUIRE(keys.ok());
  const TokenAnswer answer = server.signed_in();
  const JwtExpectation access{{"jwt"},         {server.context->issuer()},
                              {"api://files"}, server.clock.now(),
                              Duration{},      true,
                              std::nullopt};
  CHECK(verify_jwt(answer.access(), *keys, access).ok());
  JwtExpectation id = access;
  id.audiences = {server.web.str()};
  CHECK(verify_jwt(answer.text("id_token"), *keys, id).ok());
}

TEST_CASE("an unknown tenant in the address is 400 AADSTS90002 for clients, 404 for browsers") {
  ServerFixture server;
  const auto answer = ServerFixture::taken_apart(
      server.send(server.get("/fabrikam.com/v2.0/.well-known/openid-configuration")));
  CHECK(answer.status == 400);
  CHECK(answer.number() == 90002);
  CHECK(server.send(server.get("/fabrikam.com/oauth2/v2.0/authorize")).status == 404);
}

TEST_CASE("RFC 9700 2.6 / 5.1.12: CORS at token, keys and discovery, never at authorization") {
  ServerFixture server;
  const auto preflight = [&](const std::string& path) {
    HttpRequest request = server.get(path, {{"Origin", server.spa_origin}});
    request.method = HttpMethod::options;
    return server.send(std::move(request));
  };
  for (const char* const below : {"/oauth2/v2.0/token", "/discovery/v2.0/keys", "/oidc/userinfo"}) {
    const HttpResponse response = preflight(server.path(below));
    CHECK(response.status == 204);
    CHECK(header_of(response, "Access-Control-Allow-Origin") == "*");
    CHECK(header_of(response, "Access-Control-Allow-Credentials").empty());
  }
  const HttpResponse authorize = preflight(server.path("/oauth2/v2.0/authorize"));
  CHECK(authorize.status == 405);
  CHECK(header_of(authorize, "Access-Control-Allow-Origin").empty());
}

TokenAnswer userinfo_tokens(ServerFixture& server, const std::vector<std::string>& scopes) {
  ServerFixture::CodeOptions options;
  options.scopes = scopes;
  options.resource.clear();
  return server.redeem(server.add_code(server.add_session(server.john).row, options));
}
HttpResponse ask_userinfo(ServerFixture& server, const std::string& authorization) {
  return server.send(server.get(server.path("/oidc/userinfo"), {{"Authorization", authorization}}));
}

TEST_CASE("OIDC Core 5.3: userinfo answers by scope, to GET and POST, with the same sub") {
  ServerFixture server;
  const TokenAnswer tokens = userinfo_tokens(server, {"openid", "profile", "email"});
  REQUIRE(tokens.ok());
  const HttpResponse response = ask_userinfo(server, "Bearer " + tokens.access());
  CHECK(response.status == 200);
  const auto info = parse_json_object(response.body).value();
  CHECK(info.at("sub").as_string() == test::claim(tokens.text("id_token"), "sub"));
  CHECK(info.at("preferred_username").as_string() == server.upn);
  CHECK(info.at("email").as_string() == "john.doe@contoso.com");
  CHECK_FALSE(info.at("email_verified").as_bool());
  CHECK(header_of(response, "Cache-Control") == "no-store");

  const HttpResponse posted = server.send(server.post(
      server.path("/oidc/userinfo"), {}, {{"Authorization", "Bearer " + tokens.access()}}));
  CHECK(posted.body == response.body);
  const HttpResponse in_body =
      server.send(server.post(server.path("/oidc/userinfo"), {{"access_token", tokens.access()}}));
  CHECK(in_body.body == response.body);

  const TokenAnswer bare = userinfo_tokens(server, {"openid"});
  const auto less = parse_json_object(ask_userinfo(server, "Bearer " + bare.access()).body).value();
  CHECK_FALSE(less.contains("preferred_username"));
  CHECK_FALSE(less.contains("email"));
}

TEST_CASE("scheme names compare without case") {
  ServerFixture server;
  const TokenAnswer tokens = userinfo_tokens(server, {"openid"});
  CHECK(ask_userinfo(server, "bEARER " + tokens.access()).status == 200);
}

TEST_CASE("RFC 9700 4.3.2 / 5.1.16: a token in the address is refused, even beside a good one") {
  ServerFixture server;
  const TokenAnswer tokens = userinfo_tokens(server, {"openid"});
  const std::string path = server.path("/oidc/userinfo?access_token=" + tokens.access());
  CHECK(server.send(server.get(path)).status == 400);
  CHECK(server.send(server.get(path, {{"Authorization", "Bearer " + tokens.access()}})).status ==
        400);
}

TEST_CASE(
    "userinfo takes no token that is for another audience, of an application, or an ID token") {
  ServerFixture server;
  const TokenAnswer tokens = server.signed_in();
  for (const std::string& token :
       {tokens.access(), tokens.text("id_token"), tokens.refresh(), server.app_token().access(),
        server.add_api_key(server.web, {"api://files/Files.Read"}), std::string{"x"}}) {
    const HttpResponse response = ask_userinfo(server, "Bearer " + token);
    CHECK(response.status == 401);
    CHECK(test::contains(header_of(response, "WWW-Authenticate"), "error=\"invalid_token\""));
  }
  CHECK(server.send(server.get(server.path("/oidc/userinfo"))).status == 401);
  const TokenAnswer no_openid = userinfo_tokens(server, {"profile"});
  CHECK(ask_userinfo(server, "Bearer " + no_openid.access()).status == 403);
}

TEST_CASE("userinfo refuses the token of a person whose access was revoked") {
  ServerFixture server;
  const TokenAnswer tokens = userinfo_tokens(server, {"openid"});
  CHECK(ask_userinfo(server, "Bearer " + tokens.access()).status == 200);
  server.take_away(RemovalKind::disable_user);
  CHECK(ask_userinfo(server, "Bearer " + tokens.access()).status == 401);
  server.give_back(RestoralKind::enable_user, server.john.str());
  CHECK(ask_userinfo(server, "Bearer " + tokens.access()).status == 401);
}

}  // namespace
}  // namespace curfew
