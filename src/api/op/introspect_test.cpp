#include <doctest/doctest.h>

#include "protocol/jose/jwt.hpp"
#include "protocol/oauth/introspection.hpp"
#include "tests/support/full_store.hpp"
#include "tests/support/server_fixture.hpp"

// RFC 7662 and RFC 7009, by their rules.

namespace curfew {
namespace {

using test::Fields;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

TEST_CASE("RFC 7662 2.2 / 5.10: a live token's answer has what resource servers need") {
  ServerFixture server;
  const TokenAnswer user = server.introspect(server.signed_in().access());
  const TokenAnswer app = server.introspect(server.app_token().access());
  for (const TokenAnswer& answer : {user, app}) {
    REQUIRE(ServerFixture::is_active(answer));
    for (const char* const name :
         {"sub", "client_id", "exp", "iat", "iss", "aud", "scope", "token_type"}) {
      CAPTURE(name);
      CHECK(answer.body.contains(name));
    }
    CHECK(header_of(answer.http, "Cache-Control") == "no-store");
  }
  CHECK(user.body.contains("sid"));
  CHECK(user.text("scope") == "Files.Read");
}

TEST_CASE("a resource is told what the session is under") {
  ServerFixture server;
  CHECK_FALSE(server.introspect(server.signed_in().access()).body.contains("xcf_ctl"));
  server.change<App>(server.files, [](App& app) { app.session_controls = {"blockDownloads"}; });
  const TokenAnswer answer = server.introspect(server.signed_in().access());
  CHECK(answer.body.at("xcf_ctl") == boost::json::array{"blockDownloads"});
}

TEST_CASE("RFC 7662 2.2: username is what the person is called now, and applications have none") {
  ServerFixture server;
  const TokenAnswer signed_in = server.signed_in();
  CHECK(server.introspect(signed_in.access()).text("username") == server.upn);
  CHECK_FALSE(server.introspect(server.app_token().access()).body.contains("username"));
}

TEST_CASE("RFC 7662 2.2 / 5.10: what is not active is {\"active\":false} and nothing else") {
  ServerFixture server;
  const std::string live = server.signed_in().access();
  std::string broken = live;
  broken[broken.size() / 2] = broken[broken.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& token :
       {broken, std::string{"x"}, random_token(), std::string{"a.b.c"}}) {
    const TokenAnswer answer = server.introspect(token);
    CHECK(answer.status == 200);
    CHECK(answer.http.body == R"({"active":false})");
  }
  server.clock.advance(std::chrono::hours{1});
  CHECK(server.introspect(live).http.body == R"({"active":false})");
}

TEST_CASE("RFC 7662 2.1 / 5.10: the caller must prove itself with a secret") {
  ServerFixture server;
  const std::string token = server.signed_in().access();
  const auto as = [&](const Fields& client) {
    Fields fields = client;
    fields.emplace_back("token", token);
    return ServerFixture::taken_apart(
        server.send(server.post(server.path("/oauth2/v2.0/introspect"), fields)));
  };
  CHECK(as({{"client_id", server.files.str()}, {"client_secret", "wrong"}}).status == 401);
  CHECK(as({{"client_id", server.files.str()}}).status == 401);
  CHECK(as({{"client_id", server.spa.str()}}).status == 401);
  CHECK(as({}).status == 400);
}

TEST_CASE("RFC 9701 / 5.10: who asks for a JWT gets the answer signed, and it is no token") {
  ServerFixture server;
  const std::string live = server.signed_in().access();
  const auto ask = [&](const std::string& token, const std::string& accept) {
    const Fields fields{{"token", token},
                        {"client_id", server.files.str()},
                        {"client_secret", server.files_secret}};
    return server.send(
        server.post(server.path("/oauth2/v2.0/introspect"), fields, {{"Accept", accept}}));
  };
  const std::string media_type{kIntrospectionJwtMediaType};
  for (const std::string& token : {live, std::string{"unknown"}}) {
    const HttpResponse answer = ask(token, "application/json;q=0.5, " + media_type + ";q=0.9");
    CHECK(answer.status == 200);
    CHECK(header_of(answer, "Content-Type") == media_type);
    CHECK(header_of(answer, "Cache-Control") == "no-store");
    JwtExpectation expected;
    expected.types = {std::string{kIntrospectionJwtTyp}};
    expected.issuers = {server.context->issuer()};
    expected.audiences = {server.files.str()};
    expected.now = server.clock.now();
    expected.exp_required = false;
    const auto jwt = verify_jwt(answer.body, *server.keys->verify_keys(), expected);
    REQUIRE(jwt.ok());
    CHECK_FALSE(jwt->claims.contains("sub"));
    CHECK_FALSE(jwt->claims.contains("exp"));
    CHECK(jwt->claims.at("token_introspection").at("active").as_bool() == (token == live));
    CHECK_FALSE(ServerFixture::is_active(server.introspect(answer.body)));
  }
  for (const std::string& accept :
       {std::string{"application/json"}, std::string{"*/*"}, media_type + ";q=0.0"}) {
    CHECK(header_of(ask(live, accept), "Content-Type") == "application/json");
  }
}

TEST_CASE("5.10: a caller learns only about its own tokens and those for it as a resource") {
  ServerFixture server;
  const std::string token = server.signed_in().access();
  CHECK(ServerFixture::is_active(server.introspect(token)));
  CHECK(ServerFixture::is_active(server.introspect_own(token)));
  // A stranger: a confidential client that is neither.
  App stranger = server.row<App>(server.web);
  stranger.id = AppId{new_guid()};
  stranger.may_introspect = true;
  stranger.identifier_uris = {"api://stranger"};
  server.put(stranger);
  server.put(AppSecret{server.tenant, stranger.id, "s", sha256_base64url("s"), "s", {}, {}});
  const auto answer = ServerFixture::taken_apart(server.send(
      server.post(server.path("/oauth2/v2.0/introspect"),
                  {{"token", token}, {"client_id", stranger.id.str()}, {"client_secret", "s"}})));
  CHECK(answer.http.body == R"({"active":false})");
  // The resource itself, once it may not introspect any more.
  server.change<App>(server.files, [](App& app) { app.may_introspect = false; });
  CHECK_FALSE(ServerFixture::is_active(server.introspect(token)));
}

TEST_CASE("5.10: an answer is of now: revoked between two questions") {
  ServerFixture server;
  const std::string token = server.signed_in().access();
  CHECK(ServerFixture::is_active(server.introspect(token)));
  server.take_away(RemovalKind::revoke_sessions);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(token)));
}

TEST_CASE("a role that was removed asks for a new evaluation, and a refresh gives a live token") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const RoleId role{std::string{definition_of(Role::helpdesk_administrator).template_id}};
  server.put(RoleAssignment{server.tenant, server.john.str(), role, server.clock.now()});
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.user_id = server.john;
  removal.role_id = role;
  server.take_away(removal);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(first.access())));
  const TokenAnswer second = server.refresh(first.refresh());
  REQUIRE(second.ok());
  CHECK(ServerFixture::is_active(server.introspect(second.access())));
}

TEST_CASE("a refresh token is introspected by its own client only, and judged like a refresh") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer answer = server.introspect_own(first.refresh());
  REQUIRE(ServerFixture::is_active(answer));
  CHECK(answer.text("token_type") == "refresh_token");
  CHECK(answer.text("sub") == server.john.str());
  CHECK_FALSE(ServerFixture::is_active(server.introspect(first.refresh())));

  const TokenAnswer second = server.refresh(first.refresh());
  CHECK(ServerFixture::is_active(server.introspect_own(first.refresh())));
  server.clock.advance(std::chrono::seconds{31});
  CHECK_FALSE(ServerFixture::is_active(server.introspect_own(first.refresh())));
  CHECK(ServerFixture::is_active(server.introspect_own(second.refresh())));
  // Asking is not using: the alarm stays quiet.
  CHECK(server.metrics.value(Counter::refresh_reuse_detected) == 0);
  server.change<App>(server.web, [](App& app) { app.assignment_required = true; });
  CHECK_FALSE(ServerFixture::is_active(server.introspect_own(second.refresh())));
}

TEST_CASE("an API key is introspected by the resource that its scopes name") {
  ServerFixture server;
  const std::string key =
      server.add_api_key(server.web, {"api://files/Files.Read", "api://curfew/manage"});
  const TokenAnswer answer = server.introspect(key);
  REQUIRE(ServerFixture::is_active(answer));
  CHECK(answer.text("scope") == "Files.Read");
  CHECK(answer.text("aud") == "api://files");
  CHECK(answer.text("client_id") == server.web.str());
  const std::string other = server.add_api_key(server.web, {"api://curfew/manage"});
  CHECK_FALSE(ServerFixture::is_active(server.introspect(other)));
  CHECK(ServerFixture::is_active(server.introspect_own(other)));
}

TokenAnswer revoke(ServerFixture& server, const std::string& token, const Fields& more = {}) {
  Fields fields = server.as_web({{"token", token}});
  for (const auto& field : more) fields.push_back(field);
  return ServerFixture::taken_apart(
      server.send(server.post(server.path("/oauth2/v2.0/revoke"), fields)));
}

TEST_CASE("RFC 7009 2.1 / 5.9: a revoked refresh token takes the grant's access tokens along") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer second = server.refresh(first.refresh());
  CHECK(revoke(server, second.refresh()).status == 200);
  CHECK(server.refresh(second.refresh()).error() == "invalid_grant");
  CHECK_FALSE(ServerFixture::is_active(server.introspect(first.access())));
  CHECK_FALSE(ServerFixture::is_active(server.introspect(second.access())));
  CHECK(server.metrics.value(Counter::tokens_revoked_by_client) == 1);
}

TEST_CASE("5.9: a revoked access token ends its grant at once") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  CHECK(revoke(server, first.access()).status == 200);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(first.access())));
  CHECK(server.refresh(first.refresh()).error() == "invalid_grant");
}

TEST_CASE("5.9: one grant of a session is ended, the others live on") {
  ServerFixture server;
  const auto session = server.add_session(server.john);
  const TokenAnswer one = server.redeem(server.add_code(session.row));
  const TokenAnswer other = server.redeem(server.add_code(session.row));
  REQUIRE(revoke(server, one.refresh()).status == 200);
  CHECK(server.refresh(one.refresh()).error() == "invalid_grant");
  CHECK(server.refresh(other.refresh()).ok());
}

TEST_CASE("5.9: a wrong hint changes nothing: the server looks everywhere") {
  ServerFixture server;
  for (const char* const hint : {"access_token", "refresh_token", "made_up"}) {
    const TokenAnswer tokens = server.signed_in();
    CHECK(revoke(server, tokens.refresh(), {{"token_type_hint", hint}}).status == 200);
    CHECK(server.refresh(tokens.refresh()).error() == "invalid_grant");
  }
}

TEST_CASE("RFC 7009 2.2 / 5.9: unknown, expired and already revoked tokens are answered with 200") {
  ServerFixture server;
  const TokenAnswer tokens = server.signed_in();
  CHECK(revoke(server, "made-up").status == 200);
  CHECK(revoke(server, tokens.refresh()).status == 200);
  const Position head = server.head();
  CHECK(revoke(server, tokens.refresh()).status == 200);
  CHECK(server.head() == head);
  const TokenAnswer again = server.signed_in();
  server.clock.advance(std::chrono::hours{2});
  CHECK(revoke(server, again.access()).status == 200);
  CHECK(server.refresh(again.refresh()).ok());
}

TEST_CASE("RFC 7009 2.2.1 / 5.9: 503 means that the token was not revoked; asking again does it") {
  test::FixtureOptions options;
  auto full_store = std::make_unique<test::FullStore>(make_memory_store());
  test::FullStore& store = *full_store;
  options.store = std::move(full_store);
  ServerFixture server{std::move(options)};
  const TokenAnswer tokens = server.signed_in();
  const Position head = server.head();
  store.full = true;
  for (const std::string& token : {tokens.refresh(), tokens.access()}) {
    const TokenAnswer refused = revoke(server, token);
    CHECK(refused.status == 503);
    CHECK(refused.error() == "temporarily_unavailable");
    CHECK(header_of(refused.http, "Retry-After").empty());
  }
  store.full = false;
  CHECK(server.head() == head);
  CHECK(server.metrics.value(Counter::tokens_revoked_by_client) == 0);
  CHECK(ServerFixture::is_active(server.introspect(tokens.access())));
  CHECK(ServerFixture::is_active(server.introspect_own(tokens.refresh())));
  CHECK(revoke(server, tokens.refresh()).status == 200);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(tokens.access())));
  CHECK_FALSE(ServerFixture::is_active(server.introspect_own(tokens.refresh())));
}

TEST_CASE("RFC 7009 2.1 / 5.9: a client cannot revoke another client's token") {
  ServerFixture server;
  const TokenAnswer tokens = server.signed_in();
  const auto as_files = [&](const std::string& token) {
    return ServerFixture::taken_apart(server.send(
        server.post(server.path("/oauth2/v2.0/revoke"), {{"token", token},
                                                         {"client_id", server.files.str()},
                                                         {"client_secret", server.files_secret}})));
  };
  CHECK(as_files(tokens.refresh()).status == 400);
  CHECK(as_files(tokens.access()).error() == "invalid_grant");
  CHECK(as_files(server.add_api_key(server.web, {"api://files/Files.Read"})).status == 400);
  CHECK(server.refresh(tokens.refresh()).ok());
}

TEST_CASE("RFC 7009 2.1 / 5.9: the client must prove itself; a public one needs only its id") {
  ServerFixture server;
  const TokenAnswer tokens = server.signed_in();
  const auto as = [&](const Fields& fields) {
    return server.send(server.post(server.path("/oauth2/v2.0/revoke"), fields)).status;
  };
  CHECK(as({{"token", tokens.refresh()}, {"client_id", server.web.str()}}) == 401);
  CHECK(as({{"token", "x"}, {"client_id", server.spa.str()}}) == 200);
  CHECK(as({{"client_id", server.spa.str()}}) == 400);
}

TEST_CASE("RFC 7009 2.2.1 / 5.9: an application's own access token is an unsupported token type") {
  ServerFixture server;
  const TokenAnswer answer = revoke(server, server.app_token().access());
  CHECK(answer.status == 400);
  CHECK(answer.error() == "unsupported_token_type");
}

TEST_CASE("an API key that its client revokes is gone") {
  ServerFixture server;
  const std::string key = server.add_api_key(server.web, {"api://files/Files.Read"});
  REQUIRE(ServerFixture::is_active(server.introspect(key)));
  CHECK(revoke(server, key).status == 200);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(key)));
  CHECK(server.all<ApiKey>().empty());
}

TEST_CASE("a superseded refresh token revokes its family too, without the alarm") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer second = server.refresh(first.refresh());
  CHECK(revoke(server, first.refresh()).status == 200);
  CHECK(server.refresh(second.refresh()).error() == "invalid_grant");
  CHECK(server.metrics.value(Counter::refresh_reuse_detected) == 0);
}

}  // namespace
}  // namespace curfew
