// Clients that prove themselves by signing, at the endpoints that only clients ask. The rules for
// one assertion are in protocol/oauth/client_assertion_test.cpp.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "api/ops/housekeeping.hpp"
#include "tests/support/client_signer.hpp"

namespace curfew {
namespace {

using test::ClientSigner;
using test::Fields;
using test::ServerFixture;
using test::TokenAnswer;

const Fields kAppRequest{{"grant_type", "client_credentials"}, {"scope", "api://files/.default"}};

void check_refused(const TokenAnswer& answer, std::int64_t number) {
  CAPTURE(answer.http.body);
  CHECK(answer.status == 401);
  CHECK(answer.error() == "invalid_client");
  CHECK(answer.number() == number);
}

void remove_key(ServerFixture& server, const std::string& id) {
  Removal removal;
  removal.kind = RemovalKind::remove_client_key;
  removal.app_id = server.web;
  removal.object_id = id;
  server.take_away(removal);
}

TEST_CASE("5.14: a signed assertion gets a token, which says that a key was used and names it") {
  ServerFixture server;
  const ClientSigner signer{server, server.web};
  const TokenAnswer answer = server.token(signer.as_client(kAppRequest));
  REQUIRE(answer.ok());
  CHECK(test::claim(answer.access(), "azpacr") == "2");
  CHECK(test::claim(answer.access(), "xcf_authn") == signer.key_id());
  CHECK(test::claim(server.app_token().access(), "azpacr") == "1");
}

TEST_CASE("5.14: the client_id may be left out: the assertion names the client") {
  ServerFixture server;
  const ClientSigner signer{server, server.web};
  CHECK(server.token(ClientSigner::with_assertion(kAppRequest, signer.assertion())).ok());
}

TEST_CASE("5.14: an assertion counts once, whatever endpoint sees it") {
  ServerFixture server;
  const ClientSigner signer{server, server.web};
  const std::string assertion = signer.assertion();
  const auto at = [&](const std::string& endpoint) {
    return ServerFixture::taken_apart(
        server.send(server.post(server.path("/oauth2/v2.0/" + endpoint),
                                ClientSigner::with_assertion({{"token", "x"}}, assertion))));
  };
  REQUIRE(server.token(ClientSigner::with_assertion(kAppRequest, assertion)).ok());
  check_refused(server.token(ClientSigner::with_assertion(kAppRequest, assertion)), 50013);
  check_refused(at("introspect"), 50013);
  check_refused(at("revoke"), 50013);
  CHECK(server.metrics.value(Counter::clients_refused) == 3);
  CHECK(server.all<UsedAssertion>().size() == 1);
}

TEST_CASE("5.14: introspection and revocation use an assertion up, too") {
  for (const char* const endpoint : {"introspect", "revoke"}) {
    ServerFixture server;
    const ClientSigner signer{server, server.web};
    const Fields fields = signer.as_client({{"token", "x"}});
    const auto ask = [&] {
      return server.send(server.post(server.path("/oauth2/v2.0/") + endpoint, fields)).status;
    };
    CHECK(ask() == 200);
    CHECK(ask() == 401);
  }
}

TEST_CASE("5.14: two requests at once with one assertion get one token") {
  test::FixtureOptions options;
  options.threads = 4;
  ServerFixture server{std::move(options)};
  const ClientSigner signer{server, server.web};
  for (int round = 0; round < 25; ++round) {
    const Fields fields = signer.as_client(kAppRequest);
    std::vector<std::future<HttpResponse>> answers;
    for (int i = 0; i < 4; ++i) {
      answers.push_back(server.begin(server.post(server.path("/oauth2/v2.0/token"), fields)));
    }
    int granted = 0;
    for (auto& answer : answers) granted += int{answer.get().status == 200};
    CHECK(granted == 1);
  }
}

TEST_CASE("a jti is one client's: another may use the same") {
  ServerFixture server;
  const ClientSigner web{server, server.web};
  const ClientSigner files{server, server.files};
  const auto ask = [&](const ClientSigner& signer) {
    boost::json::object claims = signer.claims();
    claims["jti"] = "1";
    const Fields fields = ClientSigner::with_assertion({{"token", "x"}}, signer.assertion(claims));
    return server.send(server.post(server.path("/oauth2/v2.0/introspect"), fields)).status;
  };
  CHECK(ask(web) == 200);
  CHECK(ask(files) == 200);
  CHECK(ask(web) == 401);
}

TEST_CASE("an assertion that is not right writes nothing") {
  ServerFixture server;
  const ClientSigner signer{server, server.web};
  boost::json::object claims = signer.claims();
  claims["aud"] = "https://other.test";
  check_refused(server.token(ClientSigner::with_assertion(kAppRequest, signer.assertion(claims))),
                700023);
  const ClientSigner stranger{server, server.files};
  claims = signer.claims();
  check_refused(server.token(ClientSigner::with_assertion(
                    kAppRequest, test::sign_compact(stranger.key(), signer.header(), claims))),
                700027);
  CHECK(server.all<UsedAssertion>().empty());
}

TEST_CASE("used assertions are forgotten when they would be refused anyhow, and not before") {
  ServerFixture server;
  const ClientSigner signer{server, server.web};
  REQUIRE(server.token(signer.as_client(kAppRequest)).ok());
  const auto prune = [&] {
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(prune_some(tx, server.tenant, {}, {}, server.clock.now()));
      return Done{};
    });
    return server.all<UsedAssertion>().size();
  };
  server.clock.advance(std::chrono::seconds{89});
  CHECK(prune() == 1);
  server.clock.advance(std::chrono::seconds{2});
  CHECK(prune() == 0);
}

TEST_CASE(
    "5.14: the audience is the tenant's issuer or token endpoint; for some the issuer alone") {
  ServerFixture server;
  const ClientSigner signer{server, server.web};
  const auto ask = [&](const std::string& audience) {
    boost::json::object claims = signer.claims();
    claims["aud"] = audience;
    return server.token(ClientSigner::with_assertion(kAppRequest, signer.assertion(claims)));
  };
  const std::string endpoint = server.base_url + server.path("/oauth2/v2.0/token");
  CHECK(ask(server.context->issuer()).ok());
  CHECK(ask(endpoint).ok());
  server.change<App>(server.web,
                     [](App& app) { app.assertion_audience = AssertionAudience::issuer; });
  CHECK(ask(server.context->issuer()).ok());
  check_refused(ask(endpoint), 700023);
}

TEST_CASE("a removed key signs for nobody, and what it got for the application is dead") {
  ServerFixture server;
  const ClientSigner first{server, server.web};
  const ClientSigner second{server, server.web};
  const TokenAnswer before = server.token(first.as_client(kAppRequest));
  const TokenAnswer other = server.token(second.as_client(kAppRequest));
  REQUIRE(before.ok());
  remove_key(server, first.key_id());
  check_refused(server.token(first.as_client(kAppRequest)), 700027);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(before.access())));
  CHECK(ServerFixture::is_active(server.introspect(other.access())));
  CHECK(server.token(second.as_client(kAppRequest)).ok());
}

TEST_CASE("with several keys the header must name one of them") {
  ServerFixture server;
  const ClientSigner first{server, server.web};
  const auto unnamed = [&] {
    return server.token(ClientSigner::with_assertion(
        kAppRequest, test::sign_compact(first.key(), {{"alg", "ES256"}}, first.claims())));
  };
  CHECK(unnamed().ok());
  const ClientSigner second{server, server.web};
  check_refused(unnamed(), 50013);
  check_refused(server.token(ClientSigner::with_assertion(
                    kAppRequest, test::sign_compact(first.key(), {{"alg", "ES256"}, {"kid", "?"}},
                                                    first.claims()))),
                700027);
}

TEST_CASE("a certificate names the key by x5t#S256 or x5t, and ends with it") {
  ServerFixture server;
  ClientSigner signer{server, server.web};
  signer.row().x5t = "sha-1";
  signer.row().x5t_s256 = "sha-256";
  signer.row().expires_at = server.clock.now() + std::chrono::hours{1};
  server.put(signer.row());
  const auto named_by = [&](const char* name, const char* value) {
    return server.token(ClientSigner::with_assertion(
        kAppRequest,
        test::sign_compact(signer.key(), {{"alg", "ES256"}, {name, value}}, signer.claims())));
  };
  CHECK(named_by("x5t#S256", "sha-256").ok());
  CHECK(named_by("x5t", "sha-1").ok());
  check_refused(named_by("x5t#S256", "sha-1"), 700027);
  server.clock.advance(std::chrono::hours{1});
  check_refused(named_by("x5t#S256", "sha-256"), 7000222);
}

TEST_CASE(
    "what names a certificate may be sent again, as MSAL does, unless the issuer must be its aud") {
  ServerFixture server;
  ClientSigner signer{server, server.web};
  signer.row().x5t_s256 = "sha-256";
  server.put(signer.row());
  const auto assertion = [&] {
    return test::sign_compact(signer.key(), {{"alg", "ES256"}, {"x5t#S256", "sha-256"}},
                              signer.claims());
  };
  const auto ask = [&](const std::string& compact) {
    return server.token(ClientSigner::with_assertion(kAppRequest, compact));
  };
  const std::string repeated = assertion();
  CHECK(ask(repeated).ok());
  CHECK(ask(repeated).ok());
  server.clock.advance(std::chrono::seconds{90});
  check_refused(ask(repeated), 700024);

  server.change<App>(server.web,
                     [](App& app) { app.assertion_audience = AssertionAudience::issuer; });
  const std::string once = assertion();
  CHECK(ask(once).ok());
  check_refused(ask(once), 50013);
}

TEST_CASE("a public client has no key that could be right") {
  ServerFixture server;
  const ClientSigner signer{server, server.spa};
  check_refused(server.token(signer.as_client(kAppRequest)), 700025);
}

TEST_CASE(
    "people's tokens: a key redeems a code and refreshes, and is no part of what they rest on") {
  ServerFixture server;
  const ClientSigner signer{server, server.web};
  const auto ask = [&](Fields fields) {
    std::erase_if(fields, [](const auto& field) {
      return field.first == "client_id" || field.first == "client_secret";
    });
    return server.token(signer.as_client(std::move(fields)));
  };
  const std::string code = server.add_code(server.add_session(server.john).row);
  const TokenAnswer tokens = ask(server.code_fields(code));
  REQUIRE(tokens.ok());
  CHECK(test::claim(tokens.access(), "azpacr") == "2");
  CHECK(ask(server.refresh_fields(tokens.refresh())).ok());
  remove_key(server, signer.key_id());
  CHECK(ServerFixture::is_active(server.introspect(tokens.access())));
}

TEST_CASE(
    "5.1 rule 17, 5.4: discovery offers private_key_jwt with its algorithms, and only those") {
  ServerFixture server;
  const auto metadata =
      parse_json_object(
          server.send(server.get(server.path("/v2.0/.well-known/openid-configuration"))).body)
          .value();
  const auto strings = [&](const std::string& member) {
    std::set<std::string> found;
    for (const auto& one : metadata.at(member).as_array()) found.emplace(one.as_string());
    return found;
  };
  using Set = std::set<std::string>;
  const Set proofs{"client_secret_basic", "client_secret_post", "private_key_jwt"};
  Set with_none = proofs;
  with_none.insert("none");
  CHECK(strings("token_endpoint_auth_methods_supported") == with_none);
  CHECK(strings("revocation_endpoint_auth_methods_supported") == with_none);
  CHECK(strings("introspection_endpoint_auth_methods_supported") == proofs);
  for (const char* const endpoint : {"token", "revocation", "introspection"}) {
    CHECK(strings(std::string{endpoint} + "_endpoint_auth_signing_alg_values_supported") ==
          Set{"ES256", "PS256", "RS256"});
  }
}

}  // namespace
}  // namespace curfew
