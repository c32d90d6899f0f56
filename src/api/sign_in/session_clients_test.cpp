// Who is signed in where, and who is told that a session ended: OIDC Back-Channel Logout 1.0 as the
// endpoints lead to it. The calls themselves are connectors/backchannel_logout's.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "api/ops/housekeeping.hpp"
#include "model/role.hpp"
#include "protocol/oidc/id_token.hpp"
#include "store/schema_logout.hpp"
#include "tests/support/admin_office.hpp"
#include "tests/support/sign_in_site.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

template <typename Row>
std::set<std::string> pairs_of(const std::vector<Row>& rows) {
  std::set<std::string> all;
  for (const Row& row : rows) all.insert(row.session_id.str() + ">" + row.app_id.str());
  return all;
}

void give_address(ServerFixture& server, const AppId& app) {
  server.change<App>(
      app, [](App& row) { row.backchannel_logout_uri = "https://app.contoso.test/backchannel"; });
}

struct LetIn : ServerFixture {
  LetIn() { give_address(*this, web); }
  std::string pair() const { return session.row.id.str() + ">" + web.str(); }
  SeededSession session = add_session(john);
};

TEST_CASE_FIXTURE(LetIn, "who gets an ID token is known by the session, once, and stays so") {
  const TokenAnswer first = redeem(add_code(session.row));
  REQUIRE(first.ok());
  CHECK(claim(first.text("id_token"), "sid") == session.row.id.str());
  REQUIRE(redeem(add_code(session.row)).ok());
  const auto clients = all<SessionClient>();
  REQUIRE(pairs_of(clients) == std::set<std::string>{pair()});
  CHECK(clients.front().user_id == john);
  CHECK(clients.front().auth_as_of == session.row.auth_as_of);
}

TEST_CASE_FIXTURE(LetIn, "a client that got no ID token knows no session to end") {
  CodeOptions options;
  options.scopes = {"offline_access", "api://files/Files.Read"};
  REQUIRE(redeem(add_code(session.row, options)).ok());
  CHECK(all<SessionClient>().empty());
}

TEST_CASE_FIXTURE(LetIn, "the clients of a session go with it, and no sooner") {
  REQUIRE(redeem(add_code(session.row)).ok());
  const auto prune = [&] {
    PruneCursor cursor;
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(prune_some(tx, tenant, PrunePolicy{}, cursor, clock.now()));
      return Done{};
    });
  };
  change<Grant>(all<Grant>().front().id, [&](Grant& grant) {
    grant.expires_at = grant.access_ends_by = clock.now() + 24h * 60;
  });
  clock.advance(24h * 50);
  prune();
  CHECK(all<SessionClient>().size() == 1);
  change<App>(web, [](App& app) { app.own_session_lifetime_seconds = 0; });
  clock.advance(24h * 60);
  prune();
  prune();
  CHECK(all<Session>().empty());
  CHECK(all<SessionClient>().empty());
}

struct AtTheBrowser {
  AtTheBrowser() {
    give_address(site, site.web);
    REQUIRE(sign_in(browser).status == 303);
    session = site.all<Session>().back();
    site.put(SessionClient{site.tenant, session.id, site.web, site.john, session.auth_as_of,
                           site.clock.now()});
  }
  void put_grant() {
    Grant grant;
    grant.tenant_id = site.tenant;
    grant.id = GrantId{"g"};
    grant.app_id = site.web;
    grant.user_id = site.john;
    grant.session_id = session.id;
    site.put(grant);
  }
  // In another moment than the one before.
  void sign_in_again() {
    site.clock.advance(1s);
    REQUIRE(sign_in(browser, {{"prompt", "login"}}).status == 303);
  }
  void sign_in_jane() {
    User other = site.row<User>(site.john);
    other.id = UserId{"22222222-2222-4222-8222-222222222299"};
    other.user_principal_name = "jane@contoso.com";
    other.mail.reset();
    site.put(other);
    site.clock.advance(1s);
    const HttpResponse form = browser.get(authorize_target({{"prompt", "login"}}));
    REQUIRE(submit_password(browser, form, kPassword, "jane@contoso.com").status == 303);
  }
  std::string hint() { return hint_of(session); }
  // Of the session that the browser has by now.
  std::string hint_of_now() {
    for (const Session& one : site.all<Session>()) {
      if (!one.ended_at && one.created_at == site.clock.now()) return hint_of(one);
    }
    return "";
  }
  std::string hint_of(const Session& of) {
    IdTokenClaims claims;
    claims.iss = site.context->issuer();
    claims.sub = kUser;
    claims.aud = kClient;
    claims.sid = of.id.str();
    claims.iat = to_unix_seconds(site.clock.now());
    claims.exp = claims.iat + 3600;
    return site.keys->sign(TokenAlg::rs256, "JWT", to_json(claims)).value();
  }
  std::set<std::string> told() { return pairs_of(site.all<LogoutNotice>()); }
  std::set<std::string> its_client() { return {session.id.str() + ">" + kClient}; }

  SignInSite site;
  TestBrowser browser = site.browser();
  Session session;
};

TEST_CASE_FIXTURE(AtTheBrowser, "2.: signing out tells the clients of the session") {
  const HttpResponse page = browser.get(kLogout + "?" + form_text({{"id_token_hint", hint()}}));
  CHECK(page.status == 200);
  CHECK(told() == its_client());
}

TEST_CASE_FIXTURE(AtTheBrowser,
                  "front-channel: a client that is told by the server is opened in no frame") {
  site.change_app(kClient,
                  [](App& app) { app.frontchannel_logout_uri = "https://app.contoso.test/out"; });
  put_grant();
  const std::string query = "?" + form_text({{"id_token_hint", hint()}});
  SUBCASE("with an address of its own") {
    const HttpResponse page = browser.get(kLogout + query);
    CHECK_FALSE(contains(page.body, "<iframe"));
    CHECK_FALSE(contains(header_of(page, "content-security-policy"), "frame-src"));
    CHECK(contains(page.body, "are told to sign you out"));
  }
  SUBCASE("with the browser's alone") {
    site.change_app(kClient, [](App& app) { app.backchannel_logout_uri.reset(); });
    CHECK(contains(browser.get(kLogout + query).body, "<iframe"));
    CHECK(told().empty());
  }
}

TEST_CASE_FIXTURE(AtTheBrowser,
                  "a new sign-in of the same person tells nobody, and one of somebody else does") {
  SUBCASE("the same") {
    sign_in_again();
    CHECK(site.row<Session>(session.id).ended_at);
    CHECK(told().empty());
  }
  SUBCASE("the same, and then somebody else") {
    sign_in_again();
    sign_in_jane();
    CHECK(told() == its_client());
  }
  SUBCASE("somebody else") {
    sign_in_jane();
    CHECK(told() == its_client());
  }
}

TEST_CASE_FIXTURE(AtTheBrowser,
                  "signing out tells the clients of the sessions before it in this browser alone") {
  const auto elsewhere = site.add_session(site.john);
  site.put(SessionClient{site.tenant, elsewhere.row.id, site.web, site.john,
                         elsewhere.row.auth_as_of, site.clock.now()});
  sign_in_again();
  sign_in_again();
  CHECK(told().empty());
  REQUIRE(browser.get(kLogout + "?" + form_text({{"id_token_hint", hint_of_now()}})).status == 200);
  CHECK(told() == its_client());
}

TEST_CASE_FIXTURE(AtTheBrowser,
                  "front-channel: what was opened before a new sign-in is opened by its own sid") {
  site.change_app(kClient, [](App& app) {
    app.backchannel_logout_uri.reset();
    app.frontchannel_logout_uri = "https://app.contoso.test/out";
    app.frontchannel_logout_session_required = true;
  });
  put_grant();
  sign_in_again();
  const HttpResponse page =
      browser.get(kLogout + "?" + form_text({{"id_token_hint", hint_of_now()}}));
  CHECK(contains(page.body, "<iframe"));
  CHECK(contains(page.body, "sid=" + session.id.str()));
}

TEST_CASE("an administrator who ends a session, or all of them, has the clients told") {
  Office office;
  ServerFixture& server = office.server;
  give_address(server, server.web);
  const std::string bearer = office.token_of_john(Role::global_administrator);
  const UserId jane = office.add_user("jane@contoso.com");
  const Session one = server.add_session(jane).row;
  const Session two = server.add_session(jane).row;
  for (const Session& session : {one, two}) {
    server.put(SessionClient{server.tenant, session.id, server.web, jane, session.auth_as_of,
                             server.clock.now()});
  }
  const std::string sessions = "/users/" + jane.str() + "/sessions";
  REQUIRE(office.call(bearer, HttpMethod::delete_, sessions + "/" + one.id.str()).status == 200);
  CHECK(pairs_of(server.all<LogoutNotice>()) ==
        std::set<std::string>{one.id.str() + ">" + server.web.str()});
  REQUIRE(office.call(bearer, HttpMethod::delete_, sessions).status == 200);
  CHECK(server.all<LogoutNotice>().size() == 2);
}

}  // namespace
}  // namespace curfew
