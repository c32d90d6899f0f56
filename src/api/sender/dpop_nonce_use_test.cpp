// DPoP nonces at our endpoints (RFC 9449 8 and 9). How long one is good: dpop_nonces_test.cpp.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/dpop_key.hpp"

namespace curfew {
namespace {

using test::contains;
using test::DpopKey;
using test::Fields;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

const Fields kAppRequest{{"grant_type", "client_credentials"}, {"scope", "api://files/.default"}};

// Of a client whose proofs must have a nonce.
struct StrictServer : ServerFixture {
  StrictServer() {
    change<App>(web, [](App& app) { app.require_dpop_nonce = true; });
  }
  DpopKey key{*this};

  TokenAnswer ask(const std::string& nonce) {
    return token(as_web(kAppRequest), {{"DPoP", proof("token", nonce)}});
  }
  std::string proof(const std::string& endpoint, const std::string& nonce) {
    boost::json::object claims = key.claims("POST", path("/oauth2/v2.0/" + endpoint));
    if (!nonce.empty()) claims["nonce"] = nonce;
    return key.sign(claims);
  }
  HttpResponse userinfo(const std::string& token, const std::string& nonce) {
    boost::json::object claims = key.claims("GET", path("/oidc/userinfo"));
    claims["ath"] = sha256_base64url(token);
    if (!nonce.empty()) claims["nonce"] = nonce;
    return send(get(path("/oidc/userinfo"),
                    {{"Authorization", "DPoP " + token}, {"DPoP", key.sign(claims)}}));
  }
  static std::string nonce_in(const HttpResponse& response) {
    const auto values = response.headers.all("DPoP-Nonce");
    REQUIRE(values.size() <= 1);
    return values.empty() ? "" : std::string{values.front()};
  }
};

TEST_CASE("5.7: the token endpoint asks for a nonce with 400 use_dpop_nonce, and then takes it") {
  StrictServer server;
  const TokenAnswer asked = server.ask("");
  CHECK(asked.status == 400);
  CHECK(asked.error() == "use_dpop_nonce");
  const std::string nonce = StrictServer::nonce_in(asked.http);
  REQUIRE(!nonce.empty());
  const TokenAnswer given = server.ask(nonce);
  CHECK(given.ok());
  CHECK(given.text("token_type") == "DPoP");
  CHECK(StrictServer::nonce_in(given.http).empty());  // still young
}

TEST_CASE("5.7: once a nonce was demanded, a proof without it or with another is refused") {
  StrictServer server;
  const std::string nonce = StrictServer::nonce_in(server.ask("").http);
  CHECK(server.ask(nonce).ok());
  for (const std::string& wrong : {std::string{}, std::string{"made-up"}, nonce + "x"}) {
    CAPTURE(wrong);
    CHECK(server.ask(wrong).error() == "use_dpop_nonce");
  }
}

TEST_CASE("5.7: a new nonce comes with a 200 answer when the old one is about to end") {
  StrictServer server;
  const std::string old = StrictServer::nonce_in(server.ask("").http);
  server.clock.advance(kDpopNonceWindow);
  const TokenAnswer renewed = server.ask(old);
  CHECK(renewed.ok());
  const std::string next = StrictServer::nonce_in(renewed.http);
  CHECK(!next.empty());
  CHECK(next != old);
  server.clock.advance(kDpopNonceWindow);
  CHECK(server.ask(old).error() == "use_dpop_nonce");
  CHECK(server.ask(next).ok());
}

TEST_CASE("5.7: a proof with a nonce counts once all the same, and its time still counts") {
  StrictServer server;
  const std::string nonce = StrictServer::nonce_in(server.ask("").http);
  const Fields header{{"DPoP", server.proof("token", nonce)}};
  CHECK(server.token(server.as_web(kAppRequest), header).ok());
  CHECK(server.token(server.as_web(kAppRequest), header).error() == "invalid_dpop_proof");
  const Fields late{{"DPoP", server.proof("token", nonce)}};
  server.clock.advance(std::chrono::minutes{3});
  CHECK(server.token(server.as_web(kAppRequest), late).error() == "invalid_dpop_proof");
}

TEST_CASE("5.7: being asked for a nonce uses nothing up: not the code, and not the assertion") {
  StrictServer server;
  const test::ClientSigner signer{server, server.web};
  const std::string code = server.add_code(server.add_session(server.john).row);
  Fields fields = server.code_fields(code);
  std::erase_if(fields, [](const auto& field) { return field.first == "client_secret"; });
  fields = test::ClientSigner::with_assertion(fields, signer.assertion());
  const TokenAnswer asked = server.token(fields, {{"DPoP", server.proof("token", "")}});
  REQUIRE(asked.error() == "use_dpop_nonce");
  const std::string nonce = StrictServer::nonce_in(asked.http);
  CHECK(server.token(fields, {{"DPoP", server.proof("token", nonce)}}).ok());
}

TEST_CASE("5.7: the endpoint for pushed requests asks for a nonce as well") {
  StrictServer server;
  const Fields fields = server.as_web({{"response_type", "code"},
                                       {"redirect_uri", server.callback},
                                       {"scope", "openid"},
                                       {"code_challenge", code_challenge_of(server.verifier)},
                                       {"code_challenge_method", "S256"}});
  const auto push = [&](const std::string& nonce) {
    return ServerFixture::taken_apart(server.send(server.post(
        server.path("/oauth2/v2.0/par"), fields, {{"DPoP", server.proof("par", nonce)}})));
  };
  const TokenAnswer asked = push("");
  CHECK(asked.status == 400);
  CHECK(asked.error() == "use_dpop_nonce");
  CHECK(push(StrictServer::nonce_in(asked.http)).status == 201);
}

TEST_CASE("5.7: a resource asks with 401 and the DPoP challenge, for tokens of such a client") {
  StrictServer server;
  const std::string nonce = StrictServer::nonce_in(server.ask("").http);
  ServerFixture::CodeOptions wanted;
  wanted.resource = "";
  wanted.scopes = {"openid"};
  const TokenAnswer tokens =
      server.token(server.code_fields(server.add_code(server.add_session(server.john).row, wanted)),
                   {{"DPoP", server.proof("token", nonce)}});
  REQUIRE(tokens.ok());
  const HttpResponse asked = server.userinfo(tokens.access(), "");
  CHECK(asked.status == 401);
  const std::string challenge = header_of(asked, "www-authenticate");
  CHECK(challenge.starts_with("DPoP "));
  CHECK(contains(challenge, "error=\"use_dpop_nonce\""));
  CHECK(StrictServer::nonce_in(asked) == nonce);  // one for all endpoints
  CHECK(contains(header_of(asked, "access-control-expose-headers"), "DPoP-Nonce"));
  CHECK(server.userinfo(tokens.access(), nonce).status == 200);
  server.clock.advance(kDpopNonceWindow);
  const HttpResponse renewed = server.userinfo(tokens.access(), nonce);
  CHECK(renewed.status == 200);
  CHECK(!StrictServer::nonce_in(renewed).empty());
  CHECK(StrictServer::nonce_in(renewed) != nonce);
}

TEST_CASE("5.7: a client of whom none is demanded may leave it out, and not make one up") {
  ServerFixture server;
  const DpopKey key{server};
  const TokenAnswer without = server.token(server.as_web(kAppRequest), key.header());
  CHECK(without.ok());
  CHECK(StrictServer::nonce_in(without.http).empty());
  boost::json::object claims = key.claims("POST", server.path("/oauth2/v2.0/token"));
  claims["nonce"] = "made-up";
  const TokenAnswer wrong = server.token(server.as_web(kAppRequest), {{"DPoP", key.sign(claims)}});
  CHECK(wrong.error() == "use_dpop_nonce");
  CHECK(!StrictServer::nonce_in(wrong.http).empty());
  CHECK(StrictServer::nonce_in(server.app_token().http).empty());
}

TEST_CASE("5.7: a single-page application may read the nonce across origins") {
  StrictServer server;
  server.change<App>(server.spa, [](App& app) { app.require_dpop_nonce = true; });
  const TokenAnswer asked = server.token(
      {{"grant_type", "refresh_token"}, {"refresh_token", "x"}, {"client_id", server.spa.str()}},
      {{"Origin", server.spa_origin}, {"DPoP", server.proof("token", "")}});
  CHECK(asked.error() == "use_dpop_nonce");
  CHECK(header_of(asked.http, "access-control-allow-origin") == server.spa_origin);
  CHECK(contains(header_of(asked.http, "access-control-expose-headers"), "DPoP-Nonce"));
}

}  // namespace
}  // namespace curfew
