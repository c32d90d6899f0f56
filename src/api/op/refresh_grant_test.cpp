#include <doctest/doctest.h>

#include "api/op/refresh_token.hpp"
#include "tests/support/full_store.hpp"
#include "tests/support/server_fixture.hpp"

// grant_type=refresh_token at the token endpoint: rotation, reuse, grace, and what a revocation
// leaves of it.

namespace curfew {
namespace {

using std::chrono::seconds;
using test::claim;
using test::Fields;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

Fields with(Fields fields, const std::string& name, const std::string& value) {
  fields.emplace_back(name, value);
  return fields;
}

TEST_CASE("RFC 9700 4.14 / 5.16: a refresh gives new tokens and rotates, with one stored row") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer second = server.refresh(first.refresh());
  REQUIRE(second.ok());
  CHECK(second.refresh() != first.refresh());
  CHECK(second.access() != first.access());
  CHECK(claim(second.text("id_token"), "sub") == server.john.str());
  REQUIRE(server.all<Grant>().size() == 1);
  CHECK(server.all<Grant>().front().generation == 2);
}

TEST_CASE("RFC 9700 4.14 / 5.16: inside the grace time the predecessor gets the same successor") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer second = server.refresh(first.refresh());
  server.clock.advance(seconds{30});
  const TokenAnswer repeated = server.refresh(first.refresh());
  REQUIRE(repeated.ok());
  CHECK(repeated.refresh() == second.refresh());
  CHECK(server.all<Grant>().front().generation == 2);
  CHECK(server.metrics.value(Counter::refresh_answers_repeated) == 1);
  // The one branch goes on.
  CHECK(server.refresh(second.refresh()).ok());
}

TEST_CASE("RFC 9700 4.14 / 5.16: reuse outside the grace time ends the family") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer second = server.refresh(first.refresh());
  server.clock.advance(seconds{30} + Duration{1});

  const TokenAnswer reuse = server.refresh(first.refresh());
  CHECK(reuse.status == 400);
  CHECK(reuse.error() == "invalid_grant");
  CHECK(reuse.suberror() == "bad_token");
  CHECK(reuse.number() == 50173);
  CHECK(server.refresh(second.refresh()).error() == "invalid_grant");
  CHECK_FALSE(ServerFixture::is_active(server.introspect(first.access())));
  CHECK_FALSE(ServerFixture::is_active(server.introspect(second.access())));
  CHECK(server.metrics.value(Counter::refresh_reuse_detected) == 1);
  const auto records = read_value<std::vector<AuditRecord>>(
      *server.store, [&](ReadTx& tx) { return server.audit.read(tx, {}); });
  REQUIRE(records->size() == 1);
  CHECK(records->front().entry.action == "grant.refresh_token_reused");
}

TEST_CASE("RFC 9700 4.14 / 5.16: a clock that goes back gives no second grace time") {
  for (const seconds back : {seconds{31}, seconds{86'400}}) {
    ServerFixture server;
    server.clock.advance(seconds{200'000});
    const TokenAnswer first = server.signed_in();
    const TokenAnswer second = server.refresh(first.refresh());
    server.clock.advance(-back);
    CHECK_FALSE(ServerFixture::is_active(server.introspect_own(first.refresh())));
    CHECK(server.refresh(first.refresh()).error() == "invalid_grant");
    CHECK(server.refresh(second.refresh()).error() == "invalid_grant");
    CHECK(server.metrics.value(Counter::refresh_reuse_detected) == 1);
  }
  // A lost answer is still repeated where the clock was set right by a little.
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer second = server.refresh(first.refresh());
  server.clock.advance(-seconds{2});
  CHECK(server.refresh(first.refresh()).refresh() == second.refresh());
}

TEST_CASE("5.16: a token two generations back ends the family, grace time or not") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer second = server.refresh(first.refresh());
  const TokenAnswer third = server.refresh(second.refresh());
  REQUIRE(third.ok());
  CHECK(server.refresh(first.refresh()).error() == "invalid_grant");
  CHECK(server.refresh(third.refresh()).error() == "invalid_grant");
}

TEST_CASE("5.16: what was revoked has no grace time") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  REQUIRE(server.refresh(first.refresh()).ok());
  server.take_away(RemovalKind::revoke_sessions);
  const TokenAnswer repeated = server.refresh(first.refresh());
  CHECK(repeated.error() == "invalid_grant");
  CHECK(repeated.suberror() == "bad_token");
}

TEST_CASE("a token of the future, or a changed one, is not ours") {
  ServerFixture server;
  const TokenAnswer answer = server.signed_in();
  const std::string token = answer.refresh();
  const auto parts = split(token, '.');
  for (const std::string& forged :
       {"1." + std::string{parts[1]} + ".2." + std::string{parts[3]},
        "1." + std::string{parts[1]} + ".01." + std::string{parts[3]}, "2." + token.substr(2),
        token + "A", token.substr(0, token.size() - 1), std::string{"1..."}, std::string{"x"}}) {
    CHECK(server.refresh(forged).error() == "invalid_grant");
  }
  CHECK(server.refresh(token).ok());
}

TEST_CASE("a refresh token is good for its tenant and key only") {
  const Secret key{std::string(32, 'k')};
  const RefreshTokenName name{GrantId{"g"}, 7};
  const std::string token = make_refresh_token(key, TenantId{"t"}, name);
  const auto read = read_refresh_token(key, TenantId{"t"}, token);
  REQUIRE(read);
  CHECK(read->grant_id == name.grant_id);
  CHECK(read->generation == 7);
  CHECK_FALSE(read_refresh_token(key, TenantId{"u"}, token));
  CHECK_FALSE(read_refresh_token(Secret{std::string(32, 'x')}, TenantId{"t"}, token));
}

TEST_CASE("RFC 6749 6: a refresh token is bound to its client, which must prove itself again") {
  ServerFixture server;
  const TokenAnswer answer = server.signed_in();
  const Fields bare{{"grant_type", "refresh_token"}, {"refresh_token", answer.refresh()}};
  const TokenAnswer other = server.token(
      with(with(bare, "client_id", server.files.str()), "client_secret", server.files_secret));
  CHECK(other.error() == "invalid_grant");
  const TokenAnswer unproved = server.token(with(bare, "client_id", server.web.str()));
  CHECK(unproved.status == 401);
  CHECK(unproved.error() == "invalid_client");
  CHECK(header_of(unproved.http, "WWW-Authenticate").starts_with("Basic"));
  CHECK(server.refresh(answer.refresh()).ok());
}

TEST_CASE("a refresh never fails because it asks for OIDC scopes that were not granted") {
  ServerFixture server;
  ServerFixture::CodeOptions options;
  options.scopes = {"offline_access", "api://files/Files.Read"};
  const TokenAnswer first =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  const TokenAnswer answer =
      server.token(with(server.refresh_fields(first.refresh()), "scope",
                        "api://files/Files.Read openid profile offline_access"));
  REQUIRE(answer.ok());
  CHECK(answer.text("id_token").empty());
  CHECK(test::contains(answer.text("scope"), "openid"));
}

TEST_CASE("RFC 8707 2.2 / 5.12: a token request may narrow, never widen") {
  ServerFixture server;
  ServerFixture::CodeOptions options;
  options.scopes = {"openid", "offline_access", "api://files/Files.Read",
                    "api://files/Files.Write"};
  const TokenAnswer first =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  const auto ask = [&](const std::string& token, const std::string& name,
                       const std::string& value) {
    return server.token(with(server.refresh_fields(token), name, value));
  };
  const TokenAnswer narrow = ask(first.refresh(), "scope", "api://files/Files.Read");
  REQUIRE(narrow.ok());
  CHECK(claim(narrow.access(), "scp") == "Files.Read");
  // The grant itself was not narrowed.
  const TokenAnswer whole = server.refresh(narrow.refresh());
  CHECK(claim(whole.access(), "scp") == "Files.Read Files.Write");

  CHECK(ask(whole.refresh(), "scope", "api://files/Files.Delete").error() == "invalid_scope");
  CHECK(ask(whole.refresh(), "scope", "api://curfew/manage").error() == "invalid_target");
  CHECK(ask(whole.refresh(), "resource", "api://curfew").error() == "invalid_target");
  CHECK(ask(whole.refresh(), "resource", "api://files#x").error() == "invalid_target");
  CHECK(ask(whole.refresh(), "resource", "api://curfew").suberror() == "consent_required");
  // None of these used the token up.
  CHECK(ask(whole.refresh(), "resource", "api://files").ok());
}

TEST_CASE("a permission that was taken back is gone with the next token") {
  ServerFixture server;
  ServerFixture::CodeOptions options;
  options.scopes = {"offline_access", "api://files/Files.Read", "api://files/Files.Write"};
  const TokenAnswer first =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  server.change<App>(server.web,
                     [](App& app) { app.admin_consented_scopes = {"api://files/Files.Read"}; });
  const TokenAnswer second = server.refresh(first.refresh());
  CHECK(claim(second.access(), "scp") == "Files.Read");
  server.change<App>(server.web, [](App& app) { app.admin_consented_scopes.clear(); });
  const TokenAnswer third = server.refresh(second.refresh());
  CHECK(third.error() == "invalid_grant");
  CHECK(third.suberror() == "consent_required");
}

TEST_CASE("a refresh with only OIDC scopes gives a token for userinfo") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TokenAnswer answer =
      server.token(with(server.refresh_fields(first.refresh()), "scope", "openid profile"));
  REQUIRE(answer.ok());
  CHECK(claim(answer.access(), "aud") == server.context->userinfo_audience());
  CHECK(claim(answer.access(), "scp") == "openid profile");
}

TEST_CASE("5.1.7: an idle refresh token expires; each use moves the end") {
  ServerFixture server;
  TokenAnswer answer = server.signed_in();
  for (int i = 0; i < 3; ++i) {
    server.clock.advance(std::chrono::hours{24 * 89});
    answer = server.refresh(answer.refresh());
    REQUIRE(answer.ok());
  }
  server.clock.advance(std::chrono::hours{24 * 90});
  const TokenAnswer late = server.refresh(answer.refresh());
  CHECK(late.error() == "invalid_grant");
  CHECK(late.number() == 70008);
}

struct Case {
  const char* name;
  std::function<void(ServerFixture&)> end;
  std::int64_t number;
};

TEST_CASE("whatever a revocation ended is 400 invalid_grant, bad_token and the right number") {
  const auto removal = [](RemovalKind kind, auto fill) {
    return [kind, fill](ServerFixture& server) {
      Removal what;
      what.kind = kind;
      what.user_id = server.john;
      fill(server, what);
      server.take_away(what);
    };
  };
  const auto nothing = [](ServerFixture&, Removal&) {};
  const std::vector<Case> cases{
      {"revoke_sessions", removal(RemovalKind::revoke_sessions, nothing), 50173},
      {"disable_user", removal(RemovalKind::disable_user, nothing), 50057},
      {"reset_password",
       removal(RemovalKind::reset_password,
               [](ServerFixture&, Removal& what) {
                 what.password_hash = "$argon2id$v=19$m=64,t=1,p=1$x$y";
               }),
       50173},
      {"disable_device",
       removal(RemovalKind::disable_device,
               [](ServerFixture& server, Removal& what) { what.device_id = server.laptop; }),
       135011},
      {"disable_app",
       removal(RemovalKind::disable_app,
               [](ServerFixture& server, Removal& what) { what.app_id = server.web; }),
       7000112},
      {"remove_consent",
       removal(RemovalKind::remove_consent,
               [](ServerFixture& server, Removal& what) { what.app_id = server.web; }),
       50173},
      {"user deleted",
       [](ServerFixture& server) {
         server.take_away(RemovalKind::revoke_sessions);
         server.write([&](WriteTx& tx) -> Status {
           CURFEW_TRY_STATUS(remove<User>(tx, server.tenant, server.john));
           return Done{};
         });
       },
       50034},
      {"assignment required",
       [](ServerFixture& server) {
         server.change<App>(server.web, [](App& app) { app.assignment_required = true; });
       },
       50105},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    ServerFixture server;
    const auto session = server.add_session(server.john, server.laptop);
    const std::string code = server.add_code(session.row);
    const TokenAnswer first = server.redeem(server.add_code(session.row));
    REQUIRE(first.ok());
    one.end(server);
    for (const TokenAnswer& answer : {server.refresh(first.refresh()), server.redeem(code)}) {
      CHECK(answer.status == 400);
      CHECK(answer.error() == "invalid_grant");
      CHECK(answer.suberror() == "bad_token");
      CHECK(answer.number() == one.number);
      CHECK(header_of(answer.http, "Retry-After").empty());
    }
  }
}

TEST_CASE("an overloaded server says 503 without Retry-After, and the refresh token stays good") {
  test::FixtureOptions options;
  auto full_store = std::make_unique<test::FullStore>(make_memory_store());
  test::FullStore& store = *full_store;
  options.store = std::move(full_store);
  ServerFixture server{std::move(options)};
  const TokenAnswer first = server.signed_in();
  store.full = true;
  const TokenAnswer refused = server.refresh(first.refresh());
  store.full = false;
  CHECK(refused.status == 503);
  CHECK(refused.error() == "temporarily_unavailable");
  CHECK(header_of(refused.http, "Retry-After").empty());
  CHECK(server.refresh(first.refresh()).ok());
}

}  // namespace
}  // namespace curfew
