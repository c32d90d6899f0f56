#include "api/rollback_watch.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "api/sign_in/continuation.hpp"
#include "protocol/oauth/pkce.hpp"
#include "store/schema_rollback.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/server_fixture.hpp"

// A credential of ours that is ahead of the journal: the journal was rolled back.

namespace curfew {
namespace {

using test::Fields;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

// Everything that was posted to the I/O threads has run: the memory store writes at once. Twice,
// because what a handler posts to its own thread is queued when the handler ends.
void settle(ServerFixture& server) {
  for (std::size_t i = 0; i < 2 * server.runtime->thread_count(); ++i) {
    std::promise<void> reached;
    server.runtime->executor(i / 2).post([&reached] { reached.set_value(); });
    reached.get_future().get();
  }
}

bool is_raised(ServerFixture& server) {
  settle(server);
  return server.live->rollback().is_raised();
}

Position after_head(ServerFixture& server, std::uint64_t by = 1) {
  return {server.head().generation, server.head().sequence + by};
}

// The same token as it would be if the journal had been further: signed with our own key.
std::string moved_ahead(ServerFixture& server, const std::string& token, Position as_of) {
  AccessTokenClaims claims = server.keys->verify_access_token(token).value()->claims;
  claims.stamps.as_of = as_of;
  return server.keys->sign(TokenAlg::es256, "at+jwt", to_json(claims)).value();
}

HttpResponse userinfo(ServerFixture& server, const std::string& token) {
  return server.send(
      server.get(server.path("/oidc/userinfo"), {{"Authorization", "Bearer " + token}}));
}

// John's token for userinfo, of a history that this journal does not have.
std::string token_ahead(ServerFixture& server, std::uint64_t by = 1) {
  ServerFixture::CodeOptions options;
  options.resource = "";
  options.scopes = {"openid"};
  const TokenAnswer good =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  REQUIRE(userinfo(server, good.access()).status == 200);
  return moved_ahead(server, good.access(), after_head(server, by));
}

TEST_CASE("a signed stamp at the head is accepted, one above it refused, and nothing is issued") {
  ServerFixture server;
  const TokenAnswer tokens = server.signed_in();
  const std::string ahead = token_ahead(server);
  CHECK(!is_raised(server));

  CHECK(userinfo(server, ahead).status == 401);
  REQUIRE(is_raised(server));
  CHECK(server.live->rollback().proof()->head == server.head());
  CHECK(server.live->rollback().proof()->stamp == after_head(server));

  const TokenAnswer refused = server.refresh(tokens.refresh());
  CHECK(refused.status == 503);
  CHECK(refused.error() == "temporarily_unavailable");
  CHECK(header_of(refused.http, "Retry-After").empty());
  CHECK(header_of(refused.http, "Cache-Control") == "no-store");
  CHECK(server.app_token().status == 503);
  CHECK(!ServerFixture::is_active(server.introspect(tokens.access())));
  CHECK(userinfo(server, ahead).status == 503);

  const HttpResponse ready = server.send(server.get("/readyz"));
  CHECK(ready.status == 503);
  CHECK(ready.body.find("rolled back") != std::string::npos);
  CHECK(ready.body.find("curfewd fence") != std::string::npos);
  CHECK(server.send(server.get("/healthz")).status == 200);
}

TEST_CASE("an expired or revoked token proves a rollback as well, at introspection too") {
  for (const bool expired : {true, false}) {
    ServerFixture server;
    const std::string ahead =
        moved_ahead(server, server.signed_in().access(), after_head(server, 40));
    if (expired) {
      server.clock.advance(std::chrono::hours{48});
    } else {
      server.take_away(RemovalKind::revoke_sessions);
    }
    CHECK(!ServerFixture::is_active(server.introspect(ahead)));
    CHECK(is_raised(server));
  }
}

TEST_CASE("positions that nobody signed are ignored") {
  ServerFixture server;
  const TokenAnswer tokens = server.signed_in();
  const std::string ahead = token_ahead(server);
  // The signature of another token, none, and a damaged one.
  const std::string body = ahead.substr(0, ahead.rfind('.'));
  const std::string other = tokens.access().substr(tokens.access().rfind('.'));
  for (const std::string& forged :
       {body + other, body + ".", body + ahead.substr(ahead.rfind('.')) + "A"}) {
    CHECK(userinfo(server, forged).status == 401);
    CHECK(!ServerFixture::is_active(server.introspect(forged)));
  }
  // Signed with one of our keys, but not as this issuer: not ours.
  AccessTokenClaims claims = server.keys->verify_access_token(ahead).value()->claims;
  claims.iss = "https://elsewhere.test";
  CHECK(userinfo(server, server.keys->sign(TokenAlg::es256, "at+jwt", to_json(claims)).value())
            .status == 401);
  CHECK(!is_raised(server));
  CHECK(server.refresh(tokens.refresh()).ok());
}

TEST_CASE("a journal that has got there when it is looked at again is no alarm") {
  ServerFixture server;
  // The suspicion comes while the entry is being published: the store knows it already.
  server.live->rollback().suspect({server.head(), "user/john"});
  CHECK(!is_raised(server));
  CHECK(server.all<RollbackProof>().empty());
  // And the next one is looked at again.
  server.live->rollback().suspect({after_head(server), "user/john"});
  CHECK(is_raised(server));
}

TEST_CASE("the proof is stored and audited, and keeps its head while access is taken away") {
  ServerFixture server;
  const std::string ahead = token_ahead(server, 3);
  CHECK(userinfo(server, ahead).status == 401);
  REQUIRE(is_raised(server));
  const Position then = server.head();

  Removal removal;
  removal.kind = RemovalKind::revoke_sessions;
  removal.user_id = server.john;
  for (int i = 0; i < 5; ++i) server.take_away(removal);
  CHECK(server.head().sequence > then.sequence + 3);  // past the stamp

  REQUIRE(server.all<RollbackProof>().size() == 1);
  const RollbackProof stored = server.all<RollbackProof>().front();
  CHECK(stored.head == then);
  CHECK(stored.credential.find("user/" + server.john.str()) != std::string::npos);
  bool audited = false;
  for (const AuditEntry& entry : server.all<AuditEntry>()) {
    audited = audited || entry.action == "tenant.rolled_back";
  }
  CHECK(audited);
  CHECK(load_live_journal(*server.store, server.tenant).value()->rollback().is_raised());
}

TEST_CASE("a stored row and a sealed form that are ahead raise the alarm too") {
  {
    ServerFixture server;
    test::SeededSession session = server.add_session(server.john);
    session.row.auth_as_of = after_head(server);
    server.put(session.row);
    CHECK(server.redeem(server.add_code(session.row)).status == 400);
    CHECK(is_raised(server));
  }
  {
    ServerFixture server;
    const TokenAnswer tokens = server.signed_in();
    Grant grant = server.all<Grant>().front();
    grant.auth_as_of = after_head(server);
    server.put(grant);
    CHECK(server.refresh(tokens.refresh()).error() == "invalid_grant");
    CHECK(is_raised(server));
  }
  {
    ServerFixture server;
    Continuation form;
    form.step = ContinuationStep::change_password;
    form.as_of = server.head();
    CHECK(open_continuation(*server.context, seal_continuation(*server.context, form)));
    form.as_of = after_head(server);
    CHECK(!open_continuation(*server.context, seal_continuation(*server.context, form)));
    CHECK(is_raised(server));
  }
}

// What is refused, by name: everything else takes away, shows, or decides for itself.
TEST_CASE("while it stands, what gives is refused and what takes away is served") {
  const std::set<std::string_view> giving{"token",
                                          "par",
                                          "userinfo",
                                          "sign_in",
                                          "change_password",
                                          "proceed",
                                          "account_devices",
                                          "devicecode",
                                          "device",
                                          "device_short",
                                          "password_reset",
                                          "password_reset_new",
                                          "add_user",
                                          "add_user_role",
                                          "add_group",
                                          "add_member",
                                          "add_app",
                                          "add_app_role",
                                          "add_app_secret",
                                          "add_assignment",
                                          "add_device",
                                          "add_api_key",
                                          "add_client_keys",
                                          "restore_revocation",
                                          "register",
                                          "registration",
                                          "add_registration_token",
                                          "add_gate",
                                          "add_gate_code",
                                          "end_lost_block",
                                          "end_lost_blocks",
                                          "gate_enrolment",
                                          "add_stream",
                                          "change_stream",
                                          "add_source",
                                          "renew_source_token",
                                          "ssf_stream",
                                          "ssf_status",
                                          "ssf_add_subject",
                                          "ssf_remove_subject",
                                          "ssf_verification",
                                          "ssf_poll"};
  std::set<std::string_view> refusing;
  for (const EndpointSpec& spec : all_endpoints()) {
    if (spec.when_rolled_back == WhenRolledBack::refuses) refusing.insert(spec.name);
  }
  CHECK(refusing == giving);
}

TEST_CASE("an authorization request is answered at the client, with the error made for it") {
  ServerFixture server;
  CHECK(userinfo(server, token_ahead(server)).status == 401);
  REQUIRE(is_raised(server));
  const std::string query = test::form_text({{"client_id", server.web.str()},
                                             {"response_type", "code"},
                                             {"redirect_uri", server.callback},
                                             {"scope", "openid"},
                                             {"state", "s"},
                                             {"code_challenge", code_challenge_of(server.verifier)},
                                             {"code_challenge_method", "S256"}});
  const HttpResponse response =
      server.send(server.get(server.path("/oauth2/v2.0/authorize?" + query)));
  const std::string location = header_of(response, "Location");
  CHECK(location.starts_with(server.callback));
  CHECK_MESSAGE(location.find("error=temporarily_unavailable") != std::string::npos, location);

  const HttpResponse form = server.send(server.post(server.path("/login"), {{"username", "x"}}));
  CHECK(form.status == 503);
  CHECK(header_of(form, "Content-Type").starts_with("text/html"));
}

}  // namespace
}  // namespace curfew
