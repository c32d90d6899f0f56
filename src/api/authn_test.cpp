#include "api/authn.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/support/server_fixture.hpp"

namespace curfew {
namespace {

using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

using Outcome = std::variant<Caller, HttpResponse>;

Outcome ask(ServerFixture& server, const std::string& authorization,
            const HttpPeer& peer = {Transport::tls, "192.0.2.7", 1, std::nullopt}) {
  HttpRequest request = server.get("/curfew/v1/users");
  request.peer = peer;
  if (!authorization.empty()) request.headers.add("Authorization", authorization);
  return authenticate(*server.context, {std::move(request), {}, "request-1"}, kAdminApiResource);
}
int status_of(const Outcome& outcome) {
  const auto* refusal = std::get_if<HttpResponse>(&outcome);
  return refusal == nullptr ? 200 : refusal->status;
}
std::string challenge_of(const Outcome& outcome) {
  return header_of(std::get<HttpResponse>(outcome), "WWW-Authenticate");
}

void give_role(ServerFixture& server, Role role) {
  const RoleId id{std::string{definition_of(role).template_id}};
  server.put(RoleAssignment{server.tenant, server.john.str(), id, server.clock.now()});
}

TokenAnswer admin_token(ServerFixture& server, const std::string& claims = "") {
  give_role(server, Role::guest_inviter);
  ServerFixture::CodeOptions options;
  options.resource = std::string{kAdminApiResource};
  options.scopes = {"offline_access", "api://curfew/manage"};
  options.claims = claims;
  return server.redeem(server.add_code(server.add_session(server.john).row, options));
}

TEST_CASE("a person's token brings the roles that the person holds now, not those at issue") {
  ServerFixture server;
  const std::string token = "Bearer " + admin_token(server).access();
  CHECK(std::get<Caller>(ask(server, token)).actor.roles == std::set<Role>{Role::guest_inviter});
  give_role(server, Role::user_administrator);
  const Outcome outcome = ask(server, token);
  const Caller& caller = std::get<Caller>(outcome);
  CHECK(caller.actor.kind == ActorKind::user);
  CHECK(caller.actor.id == server.john.str());
  CHECK(caller.actor.display_name == server.upn);
  CHECK(caller.actor.address == "192.0.2.7");
  CHECK(caller.actor.roles == std::set<Role>{Role::guest_inviter, Role::user_administrator});
  CHECK(caller.scopes == std::vector<std::string>{"manage"});
}

TEST_CASE("an application's token and an API key act as the service principal") {
  ServerFixture server;
  const Outcome by_token =
      ask(server, "Bearer " + server.app_token("api://curfew/.default").access());
  CHECK(std::get<Caller>(by_token).credential == CredentialKind::app_access_token);
  CHECK(std::get<Caller>(by_token).scopes == std::vector<std::string>{"manage"});
  const Outcome by_key =
      ask(server, "Bearer " + server.add_api_key(server.web, {"api://curfew/manage"}));
  CHECK(std::get<Caller>(by_key).credential == CredentialKind::api_key);
  CHECK(std::get<Caller>(by_key).actor.id == server.web.str());
  CHECK(status_of(ask(server, "Bearer " + server.add_api_key(server.web,
                                                             {"api://files/Files.Read"}))) == 403);
}

TEST_CASE("the local socket is root for uid 0 and the server's own user, and for nobody else") {
  ServerFixture server;
  const auto local = [&](std::optional<uid_t> uid) {
    return ask(server, "", {Transport::unix_socket, "", 0, uid});
  };
  for (const uid_t uid : {uid_t{0}, ::geteuid()}) {
    const Outcome outcome = local(uid);
    CHECK(std::get<Caller>(outcome).actor.kind == ActorKind::local_root);
    CHECK(std::get<Caller>(outcome).actor.roles.contains(Role::global_administrator));
  }
  CHECK(status_of(local(::geteuid() + 1000)) == 401);
  CHECK(status_of(local(std::nullopt)) == 401);
  // A loopback address proves nothing: a reverse proxy makes everybody look like that.
  CHECK(status_of(ask(server, "", {Transport::plain_loopback, "127.0.0.1", 1, uid_t{0}})) == 401);
}

TEST_CASE(
    "RFC 6750 3.1: without a credential the challenge has no error; a bad one is invalid_token") {
  ServerFixture server;
  CHECK(status_of(ask(server, "")) == 401);
  CHECK_FALSE(test::contains(challenge_of(ask(server, "")), "error"));
  for (const std::string& bad : {std::string{"Bearer x"}, std::string{"Bearer a.b.c"},
                                 "Bearer " + server.signed_in().access()}) {
    const Outcome outcome = ask(server, bad);
    CHECK(status_of(outcome) == 401);
    CHECK(test::contains(challenge_of(outcome), "error=\"invalid_token\""));
  }
  CHECK(status_of(ask(server, "Basic dTpw")) == 401);
}

TEST_CASE("clients.md 3: a client that handles challenges gets one, as MSAL reads it") {
  ServerFixture server;
  const std::string plain = "Bearer " + admin_token(server).access();
  const std::string capable =
      "Bearer " + admin_token(server, R"({"access_token":{"xms_cc":{"values":["CP1"]}}})").access();
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(test::contains(challenge_of(ask(server, plain)), "error=\"invalid_token\""));

  const std::string challenge = challenge_of(ask(server, capable));
  CHECK(challenge.starts_with("Bearer "));
  CHECK(test::contains(challenge, "error=\"insufficient_claims\""));
  const std::size_t at = challenge.find("claims=\"");
  REQUIRE(at != std::string::npos);
  const std::string encoded = challenge.substr(at + 8, challenge.find('"', at + 8) - at - 8);
  const auto claims = base64_decode(encoded);
  REQUIRE(claims);
  CHECK(test::contains(*claims, "\"nbf\""));
  CHECK(test::contains(*claims, to_string(server.head())));
  // Expiry is no revocation: the client renews by itself.
  server.clock.advance(std::chrono::hours{30});
  CHECK(status_of(ask(server, capable)) == 401);
}

TEST_CASE("a token that was accepted a moment ago is refused the moment its access is taken away") {
  ServerFixture server;
  const std::string token = "Bearer " + admin_token(server).access();
  for (int i = 0; i < 3; ++i) CHECK(status_of(ask(server, token)) == 200);
  server.take_away(RemovalKind::disable_user);
  CHECK(status_of(ask(server, token)) == 401);
}

TEST_CASE("a token expires although its signature is remembered") {
  ServerFixture server;
  const std::string token = "Bearer " + admin_token(server).access();
  CHECK(status_of(ask(server, token)) == 200);
  server.clock.advance(std::chrono::hours{1});
  CHECK(status_of(ask(server, token)) == 401);
}

TEST_CASE("an API key dies with its owner, its application and by itself") {
  for (const RemovalKind kind :
       {RemovalKind::disable_user, RemovalKind::disable_app, RemovalKind::remove_api_key}) {
    ServerFixture server;
    const std::string key =
        "Bearer " + server.add_api_key(server.web, {"api://curfew/manage"}, server.john);
    CHECK(status_of(ask(server, key)) == 200);
    Removal removal;
    removal.kind = kind;
    removal.user_id = server.john;
    removal.app_id = server.web;
    removal.object_id = server.all<ApiKey>().front().id;
    server.take_away(removal);
    CHECK(status_of(ask(server, key)) == 401);
  }
}

}  // namespace
}  // namespace curfew
