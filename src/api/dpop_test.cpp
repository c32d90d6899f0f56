// Tokens that are bound to a key (RFC 9449): how they are got, and that nobody uses them without
// it. The rules for one proof are in protocol/oauth/dpop_test.cpp.
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

void check_refused(const TokenAnswer& answer, const char* error) {
  CAPTURE(answer.http.body);
  CHECK(answer.status == 400);
  CHECK(answer.error() == error);
}
std::string confirmed_key(const std::string& token) {
  const auto claims = test::claims_in(token);
  const auto* const cnf = claims.if_contains("cnf");
  return cnf == nullptr ? "" : std::string{cnf->as_object().at("jkt").as_string()};
}

struct Site : ServerFixture {
  ServerFixture::CodeOptions for_spa() const {
    ServerFixture::CodeOptions options;
    options.client = spa;
    options.redirect_uri = spa_origin + "/";
    return options;
  }
  // A code of the public client, redeemed.
  TokenAnswer redeem_at_spa(const std::string& code, const Fields& headers) {
    return token({{"grant_type", "authorization_code"},
                  {"code", code},
                  {"redirect_uri", spa_origin + "/"},
                  {"code_verifier", verifier},
                  {"client_id", spa.str()}},
                 headers);
  }
  TokenAnswer refresh_at_spa(const std::string& refresh_token, const Fields& headers) {
    return token({{"grant_type", "refresh_token"},
                  {"refresh_token", refresh_token},
                  {"client_id", spa.str()}},
                 headers);
  }
  std::string userinfo_token(const DpopKey& key) {
    ServerFixture::CodeOptions options = for_spa();
    options.resource = "";
    options.scopes = {"openid", "profile", "offline_access"};
    const TokenAnswer answer =
        redeem_at_spa(add_code(add_session(john).row, options), key.header());
    REQUIRE(answer.ok());
    return answer.access();
  }
  HttpResponse userinfo(const Fields& headers) {
    return send(get(path("/oidc/userinfo"), headers));
  }
};

TEST_CASE(
    "5.7: with a proof the token is bound to its key, and says so; without it is a bearer's") {
  ServerFixture server;
  const DpopKey key{server};
  const TokenAnswer bound = server.token(server.as_web(kAppRequest), key.header());
  REQUIRE(bound.ok());
  CHECK(bound.text("token_type") == "DPoP");
  CHECK(confirmed_key(bound.access()) == key.jkt());
  const TokenAnswer bearer = server.app_token();
  CHECK(bearer.text("token_type") == "Bearer");
  CHECK(confirmed_key(bearer.access()).empty());
}

TEST_CASE("5.7: a proof that breaks a rule is invalid_dpop_proof: another address, another time") {
  ServerFixture server;
  const DpopKey key{server};
  check_refused(server.token(server.as_web(kAppRequest), key.header("introspect")),
                "invalid_dpop_proof");
  const Fields old = key.header();
  server.clock.advance(std::chrono::hours{1});
  check_refused(server.token(server.as_web(kAppRequest), old), "invalid_dpop_proof");
  check_refused(server.token(server.as_web(kAppRequest), {{"DPoP", "x"}}), "invalid_dpop_proof");
}

TEST_CASE("5.7: exactly one DPoP header") {
  ServerFixture server;
  const DpopKey key{server};
  check_refused(
      server.token(server.as_web(kAppRequest), {{"DPoP", key.proof()}, {"DPoP", key.proof()}}),
      "invalid_dpop_proof");
}

TEST_CASE("5.7: a proof counts once") {
  ServerFixture server;
  const DpopKey key{server};
  const Fields header = key.header();
  CHECK(server.token(server.as_web(kAppRequest), header).ok());
  check_refused(server.token(server.as_web(kAppRequest), header), "invalid_dpop_proof");
}

TEST_CASE("5.7: a bound token is good with a proof for it, by any spelling of the scheme") {
  Site site;
  const DpopKey key{site};
  const std::string token = site.userinfo_token(key);
  const std::string target = site.path("/oidc/userinfo");
  CHECK(site.userinfo(key.call("GET", target, token)).status == 200);
  Fields lower = key.call("GET", target, token);
  lower.front().second = "dpop " + token;
  CHECK(site.userinfo(lower).status == 200);
}

TEST_CASE("5.7: a bound token that comes as Bearer is refused with 401 and the DPoP challenge") {
  Site site;
  const DpopKey key{site};
  const std::string token = site.userinfo_token(key);
  const HttpResponse refused = site.userinfo({{"Authorization", "Bearer " + token}});
  CHECK(refused.status == 401);
  const std::string challenge = header_of(refused, "WWW-Authenticate");
  CHECK(challenge.starts_with("DPoP "));
  CHECK(contains(challenge, "error=\"invalid_token\""));
  CHECK(contains(challenge, "algs=\"ES256 PS256 EdDSA\""));
  Fields with_proof = key.call("GET", site.path("/oidc/userinfo"), token);
  with_proof.front().second = "Bearer " + token;
  CHECK(site.userinfo(with_proof).status == 401);
}

TEST_CASE(
    "5.7: a bound token with no proof, another key's, another token's or a used one is refused") {
  Site site;
  const DpopKey key{site};
  const DpopKey thief{site};
  const std::string token = site.userinfo_token(key);
  const std::string target = site.path("/oidc/userinfo");
  const auto is_refused = [&](const Fields& headers, const char* error) {
    const HttpResponse answer = site.userinfo(headers);
    CAPTURE(answer.body);
    CHECK(answer.status == 401);
    CHECK(contains(header_of(answer, "WWW-Authenticate"), error));
  };
  is_refused({{"Authorization", "DPoP " + token}}, "invalid_dpop_proof");
  is_refused(thief.call("GET", target, token), "invalid_token");
  is_refused(key.call("POST", target, token), "invalid_dpop_proof");
  is_refused(key.call("GET", site.path("/oidc/other"), token), "invalid_dpop_proof");
  Fields of_another = key.call("GET", target, site.userinfo_token(key));
  of_another.front().second = "DPoP " + token;
  is_refused(of_another, "invalid_dpop_proof");
  const Fields once = key.call("GET", target, token);
  CHECK(site.userinfo(once).status == 200);
  is_refused(once, "invalid_dpop_proof");
}

TEST_CASE("5.7: a token that is bound to no key is no DPoP token") {
  Site site;
  const DpopKey key{site};
  ServerFixture::CodeOptions options;
  options.resource = "";
  options.scopes = {"openid"};
  const std::string token =
      site.redeem(site.add_code(site.add_session(site.john).row, options)).access();
  CHECK(site.userinfo({{"Authorization", "Bearer " + token}}).status == 200);
  CHECK(site.userinfo(key.call("GET", site.path("/oidc/userinfo"), token)).status == 401);
}

TEST_CASE("a bound token is revoked like any other, proof or not") {
  Site site;
  const DpopKey key{site};
  const std::string token = site.userinfo_token(key);
  site.take_away(RemovalKind::revoke_sessions);
  const HttpResponse refused = site.userinfo(key.call("GET", site.path("/oidc/userinfo"), token));
  CHECK(refused.status == 401);
  CHECK(header_of(refused, "WWW-Authenticate").starts_with("DPoP "));
}

TEST_CASE("5.7: the administrator's API asks for the proof, too") {
  Site site;
  const DpopKey key{site};
  site.put(RoleAssignment{site.tenant, site.web.str(),
                          RoleId{std::string{definition_of(Role::global_reader).template_id}},
                          site.clock.now()});
  const std::string token = site.token(site.as_web({{"grant_type", "client_credentials"},
                                                    {"scope", "api://curfew/.default"}}),
                                       key.header())
                                .access();
  const std::string target = "/curfew/v1/users";
  CHECK(site.send(site.get(target, {{"Authorization", "Bearer " + token}})).status == 401);
  CHECK(site.send(site.get(target + "?limit=5", key.call("GET", target, token))).status == 200);
}

TEST_CASE("5.7: a public client's refresh token is bound to the key of the code's redemption") {
  Site site;
  const DpopKey key{site};
  const DpopKey thief{site};
  const std::string code = site.add_code(site.add_session(site.john).row, site.for_spa());
  const TokenAnswer first = site.redeem_at_spa(code, key.header());
  REQUIRE(first.ok());
  check_refused(site.refresh_at_spa(first.refresh(), {}), "invalid_dpop_proof");
  check_refused(site.refresh_at_spa(first.refresh(), thief.header()), "invalid_grant");
  const TokenAnswer second = site.refresh_at_spa(first.refresh(), key.header());
  REQUIRE(second.ok());
  CHECK(confirmed_key(second.access()) == key.jkt());
  CHECK(site.refresh_at_spa(second.refresh(), key.header()).ok());
}

TEST_CASE("a thief without the key does not even end the family by using an old refresh token") {
  Site site;
  const DpopKey key{site};
  const std::string code = site.add_code(site.add_session(site.john).row, site.for_spa());
  const TokenAnswer first = site.redeem_at_spa(code, key.header());
  const TokenAnswer second = site.refresh_at_spa(first.refresh(), key.header());
  site.clock.advance(std::chrono::minutes{5});
  check_refused(site.refresh_at_spa(first.refresh(), {}), "invalid_dpop_proof");
  CHECK(site.refresh_at_spa(second.refresh(), key.header()).ok());
}

TEST_CASE("5.7: a confidential client's refresh token is bound to the client, not to the key") {
  ServerFixture server;
  const DpopKey key{server};
  const DpopKey next{server};
  const std::string code = server.add_code(server.add_session(server.john).row);
  const TokenAnswer first = server.token(server.code_fields(code), key.header());
  REQUIRE(first.ok());
  const TokenAnswer second = server.token(server.refresh_fields(first.refresh()), next.header());
  REQUIRE(second.ok());
  CHECK(confirmed_key(second.access()) == next.jkt());
}

TEST_CASE("5.7: a code for a key is redeemed with that key alone") {
  ServerFixture server;
  const DpopKey key{server};
  const DpopKey thief{server};
  const auto session = server.add_session(server.john).row;
  const auto code_for_key = [&] {
    const std::string text = random_token();
    AuthorizationCode row = server.code_row(session, ServerFixture::CodeOptions{}, text);
    row.dpop_jkt = key.jkt();
    server.put(row);
    return text;
  };
  const std::string code = code_for_key();
  check_refused(server.redeem(code), "invalid_dpop_proof");
  check_refused(server.token(server.code_fields(code), thief.header()), "invalid_grant");
  CHECK(server.token(server.code_fields(code), key.header()).ok());
}

struct Pushing : Site {
  TokenAnswer push(const Fields& more, const Fields& headers) {
    Fields fields = as_web({{"response_type", "code"},
                            {"redirect_uri", callback},
                            {"scope", "openid api://files/Files.Read"},
                            {"code_challenge", code_challenge_of(verifier)},
                            {"code_challenge_method", "S256"}});
    for (const auto& field : more) fields.push_back(field);
    return taken_apart(send(post(path("/oauth2/v2.0/par"), fields, headers)));
  }
  std::string code_of(const std::string& query) {
    const HttpResponse answer =
        send(get(path("/oauth2/v2.0/authorize?" + query), {{"Cookie", add_session(john).cookie}}));
    return test::field(test::answer_in(answer), "code");
  }
};

TEST_CASE("5.7: dpop_jkt in the authorization request binds the code") {
  Pushing site;
  const DpopKey key{site};
  const std::string code =
      site.code_of(test::form_text({{"client_id", site.web.str()},
                                    {"response_type", "code"},
                                    {"redirect_uri", site.callback},
                                    {"scope", "openid"},
                                    {"code_challenge", code_challenge_of(site.verifier)},
                                    {"code_challenge_method", "S256"},
                                    {"dpop_jkt", key.jkt()}}));
  REQUIRE_FALSE(code.empty());
  check_refused(site.redeem(code), "invalid_dpop_proof");
  CHECK(site.token(site.code_fields(code), key.header()).ok());
}

TEST_CASE("5.7: a proof at the push binds the code; with another dpop_jkt it is refused") {
  Pushing site;
  const DpopKey key{site};
  const TokenAnswer pushed = site.push({}, key.header("par"));
  REQUIRE(pushed.status == 201);
  const std::string code = site.code_of(test::form_text(
      {{"client_id", site.web.str()}, {"request_uri", pushed.text("request_uri")}}));
  check_refused(site.redeem(code), "invalid_dpop_proof");
  CHECK(site.token(site.code_fields(code), key.header()).ok());

  CHECK(site.push({{"dpop_jkt", key.jkt()}}, key.header("par")).status == 201);
  check_refused(site.push({{"dpop_jkt", DpopKey{site}.jkt()}}, key.header("par")),
                "invalid_dpop_proof");
  check_refused(site.push({{"dpop_jkt", "short"}}, {}), "invalid_request");
}

TEST_CASE("5.7: introspection answers cnf and the token's type") {
  ServerFixture server;
  const DpopKey key{server};
  const TokenAnswer bound = server.token(server.as_web(kAppRequest), key.header());
  const TokenAnswer answer = server.introspect(bound.access());
  REQUIRE(ServerFixture::is_active(answer));
  CHECK(answer.text("token_type") == "DPoP");
  CHECK(answer.body.at("cnf").as_object().at("jkt").as_string() == key.jkt().c_str());
  CHECK(server.introspect(server.app_token().access()).body.if_contains("cnf") == nullptr);
}

TEST_CASE("RFC 9449 5.2: a client that is set so gets nothing without a proof") {
  ServerFixture server;
  const DpopKey key{server};
  server.change<App>(server.web, [](App& app) { app.dpop_bound_access_tokens = true; });
  check_refused(server.app_token(), "invalid_dpop_proof");
  CHECK(server.token(server.as_web(kAppRequest), key.header()).ok());
}

TEST_CASE("5.4: discovery says what proofs may be signed with") {
  ServerFixture server;
  const auto metadata =
      parse_json_object(
          server.send(server.get(server.path("/v2.0/.well-known/openid-configuration"))).body)
          .value();
  CHECK(boost::json::serialize(metadata.at("dpop_signing_alg_values_supported")) ==
        R"(["ES256","PS256","EdDSA"])");
}

TEST_CASE(
    "5.17: the FAPI 2.0 profile refuses a secret, a bearer token, another audience and RS256") {
  Pushing site;
  const DpopKey key{site};
  const test::ClientSigner signer{site, site.web};
  const test::ClientSigner rs256{site, site.web, SignatureAlg::rs256};
  site.change<App>(site.web, [](App& app) { app.fapi_2 = true; });
  const auto status = [&](const Fields& fields, const Fields& headers) {
    return site.token(fields, headers).status;
  };
  CHECK(status(signer.as_client(kAppRequest), key.header()) == 200);
  CHECK(status(site.as_web(kAppRequest), key.header()) == 401);
  CHECK(status(signer.as_client(kAppRequest), {}) == 400);
  CHECK(status(rs256.as_client(kAppRequest), key.header()) == 401);
  boost::json::object claims = signer.claims();
  claims["aud"] = site.base_url + site.path("/oauth2/v2.0/token");
  CHECK(status(test::ClientSigner::with_assertion(kAppRequest, signer.assertion(claims)),
               key.header()) == 401);
  CHECK(site.push({}, {}).status == 401);
  CHECK(site.code_of(test::form_text({{"client_id", site.web.str()},
                                      {"response_type", "code"},
                                      {"redirect_uri", site.callback},
                                      {"scope", "openid"},
                                      {"code_challenge", code_challenge_of(site.verifier)},
                                      {"code_challenge_method", "S256"}}))
            .empty());
}

}  // namespace
}  // namespace curfew
