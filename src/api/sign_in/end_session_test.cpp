#include <doctest/doctest.h>

#include <string>

#include "api/sign_in/browser_cookies.hpp"
#include "protocol/html/page.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/oidc/access_token.hpp"
#include "protocol/oidc/id_token.hpp"
#include "tests/support/sign_in_site.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

const std::string kBye = "https://app.contoso.test/bye";

struct SignedIn {
  SignedIn() {
    sign_in(browser);
    session_id = site.all<Session>().back().id.str();
  }
  std::string hint(const std::string& issuer, const std::string& audience = kClient,
                   const std::string& sid = "", std::string_view typ = "JWT") {
    IdTokenClaims claims;
    claims.iss = issuer;
    claims.sub = kUser;
    claims.aud = audience;
    claims.sid = sid.empty() ? session_id : sid;
    claims.iat = to_unix_seconds(site.clock.now());
    claims.exp = claims.iat + 3600;
    return site.keys->sign(TokenAlg::rs256, typ, to_json(claims)).value();
  }
  std::string hint() { return hint(site.context->issuer()); }
  HttpResponse logout(const Fields& fields) {
    return browser.get(kLogout + "?" + form_text(fields));
  }
  HttpResponse confirm(const HttpResponse& page, const std::string& action = "sign_out") {
    return browser.post(
        kLogout, {{"continuation", input_value(page.body, "continuation")}, {"action", action}});
  }
  bool is_signed_in() { return !shows_sign_in(browser.get(kAccount)); }
  static bool asks(const HttpResponse& response) { return contains(response.body, "Sign out?"); }

  SignInSite site;
  TestBrowser browser = site.browser();
  std::string session_id;
};

TEST_CASE_FIXTURE(SignedIn,
                  "2.3: with a hint of the current session nobody is asked, and the "
                  "person goes where the client registered, with state") {
  const HttpResponse response =
      logout({{"id_token_hint", hint()}, {"post_logout_redirect_uri", kBye}, {"state", "s1"}});
  CHECK(response.status == 303);
  CHECK(header_of(response, "location") == kBye + "?state=s1");
  CHECK(!browser.cookies.contains(std::string{kSessionCookie}));
  CHECK(!is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn, "2.3: POST works as GET does") {
  const HttpResponse response = browser.post_from(
      "cross-site", kLogout, {{"id_token_hint", hint()}, {"post_logout_redirect_uri", kBye}});
  CHECK(header_of(response, "location") == kBye);
  CHECK(!is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn, "2.3: after signing out prompt=none fails") {
  logout({{"id_token_hint", hint()}});
  const HttpResponse silent = browser.get(authorize_target({{"prompt", "none"}}));
  CHECK(field(answer_in(silent), "error") == "login_required");
}

TEST_CASE_FIXTURE(SignedIn, "2.3: an expired hint is accepted") {
  const std::string old = hint();
  site.clock.advance(23h);
  CHECK(logout({{"id_token_hint", old}, {"post_logout_redirect_uri", kBye}}).status == 303);
}

TEST_CASE_FIXTURE(SignedIn, "2.3: without a hint the person is asked first") {
  const HttpResponse page = logout({});
  CHECK(asks(page));
  CHECK(is_signed_in());
  const HttpResponse stayed = confirm(page, "stay");
  CHECK(stayed.status == 303);
  CHECK(is_signed_in());
  CHECK(contains(confirm(page).body, "You are signed out"));
  CHECK(!is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn,
                  "2.3: without a hint a registered URI of the named client is followed, "
                  "once the person has agreed") {
  const HttpResponse page =
      logout({{"client_id", kClient}, {"post_logout_redirect_uri", kBye}, {"state", "only"}});
  CHECK(asks(page));
  CHECK(header_of(confirm(page), "location") == kBye + "?state=only");
}

TEST_CASE_FIXTURE(SignedIn, "2.3: a hint of another session, or another person, asks first") {
  const std::string other = hint(site.context->issuer(), kClient, "some-other-session");
  CHECK(asks(logout({{"id_token_hint", other}})));
  CHECK(is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn,
                  "2.3: a hint with alg none, a foreign key or another issuer never "
                  "redirects, and asks") {
  const std::string good = hint();
  const std::string payload = good.substr(good.find('.') + 1, good.rfind('.') - good.find('.') - 1);
  const std::string none = base64url_encode("{\"alg\":\"none\"}") + "." + payload + ".";
  std::string broken = good;
  const std::size_t at = broken.size() - 10;
  broken[at] = broken[at] == 'A' ? 'B' : 'A';
  const std::string foreign = hint("https://evil.test/v2.0");
  for (const std::string& bad : {none, broken, foreign, std::string{"garbage"}}) {
    const HttpResponse page = logout(
        {{"id_token_hint", bad}, {"post_logout_redirect_uri", kBye}, {"client_id", kClient}});
    CHECK(asks(page));
    CHECK(header_of(page, "location").empty());
  }
  const HttpResponse page = logout(
      {{"id_token_hint", broken}, {"post_logout_redirect_uri", kBye}, {"client_id", kClient}});
  const HttpResponse done = confirm(page);
  CHECK(header_of(done, "location").empty());
  CHECK(contains(done.body, "You are signed out"));
  CHECK(!is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn, "2.3: client_id must be the hint's") {
  const HttpResponse page = logout(
      {{"id_token_hint", hint()}, {"client_id", kFiles}, {"post_logout_redirect_uri", kBye}});
  CHECK(asks(page));
  CHECK(header_of(confirm(page), "location").empty());
}

TEST_CASE_FIXTURE(SignedIn, "2.3: a URI that is not registered letter for letter is not followed") {
  for (const std::string& uri :
       {kBye + "?x=1", kBye + "/", std::string{"https://evil.test/"}, kCallback}) {
    SignedIn again;
    const HttpResponse done =
        again.logout({{"id_token_hint", again.hint()}, {"post_logout_redirect_uri", uri}});
    CHECK(done.status == 200);
    CHECK(header_of(done, "location").empty());
    CHECK(contains(done.body, "not registered"));
    CHECK(!again.is_signed_in());
  }
}

TEST_CASE_FIXTURE(SignedIn,
                  "2.3: a URI alone is followed for a client with tokens of this session") {
  CHECK(header_of(confirm(logout({{"post_logout_redirect_uri", kBye}})), "location").empty());
  sign_in(browser);
  const Session session = [&] {
    for (const Session& one : site.all<Session>()) {
      if (!one.ended_at) return one;
    }
    return Session{};
  }();
  site.write([&](WriteTx& tx) {
    Grant grant;
    grant.tenant_id = TenantId{kTenant};
    grant.id = GrantId{"grant"};
    grant.app_id = AppId{kClient};
    grant.user_id = UserId{kUser};
    grant.session_id = session.id;
    return add(tx, grant);
  });
  const HttpResponse page = logout({{"post_logout_redirect_uri", kBye}});
  CHECK(asks(page));
  CHECK(header_of(confirm(page), "location") == kBye);
}

TEST_CASE_FIXTURE(SignedIn, "2.3: not being signed in is no error") {
  logout({{"id_token_hint", hint()}});
  CHECK(contains(logout({}).body, "You are signed out"));
  CHECK(header_of(logout({{"id_token_hint", hint()}, {"post_logout_redirect_uri", kBye}}),
                  "location") == kBye);
  CHECK(header_of(logout({{"post_logout_redirect_uri", kBye}}), "location") == kBye);
  CHECK(
      header_of(logout({{"post_logout_redirect_uri", "https://evil.test/"}}), "location").empty());
}

TEST_CASE_FIXTURE(SignedIn, "2.3: a malformed request is an error page and never a redirect") {
  const HttpResponse twice = browser.get(kLogout + "?state=1&state=2&id_token_hint=" + hint() +
                                         "&post_logout_redirect_uri=" + kBye);
  CHECK(twice.status == 400);
  CHECK(header_of(twice, "location").empty());
  CHECK(is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn, "an ID token in a stranger's hands ends nobody's session") {
  TestBrowser stranger = site.browser();
  stranger.get(kLogout + "?" + form_text({{"id_token_hint", hint()}}));
  CHECK(is_signed_in());
}

// It is of this session and signed by us; whoever was called with it is no client that signs out.
TEST_CASE_FIXTURE(SignedIn, "2.3: an access token is no hint, whatever its typ says") {
  AccessTokenClaims claims;
  claims.iss = site.context->issuer();
  claims.sub = claims.oid = kUser;
  claims.aud = kClient;
  claims.client_id = AppId{kClient};
  claims.sid = SessionId{session_id};
  claims.jti = "1";
  claims.iat = to_unix_seconds(site.clock.now());
  claims.exp = claims.iat + 3600;
  const std::string token = site.keys->sign(TokenAlg::rs256, "JWT", to_json(claims)).value();
  const HttpResponse response =
      logout({{"id_token_hint", token}, {"post_logout_redirect_uri", kBye}});
  CHECK(asks(response));
  CHECK(is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn, "RFC 8725 3.11: what we sign for another purpose is no hint") {
  for (const std::string_view typ : {"command+jwt", "logout+jwt", "secevent+jwt"}) {
    CAPTURE(typ);
    const std::string token = hint(site.context->issuer(), kClient, "", typ);
    CHECK(asks(logout({{"id_token_hint", token}, {"post_logout_redirect_uri", kBye}})));
    CHECK(is_signed_in());
  }
}

TEST_CASE_FIXTURE(SignedIn, "the confirmation of one session does not end another: logout CSRF") {
  TestBrowser attacker = site.browser();
  sign_in(attacker);
  const HttpResponse attackers = attacker.get(kLogout);
  CHECK(confirm(attackers).status == 400);
  CHECK(is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn, "the account page's button signs out without asking again") {
  const HttpResponse page = browser.get(kAccount);
  CHECK(contains(confirm(page).body, "You are signed out"));
  CHECK(!is_signed_in());
}

TEST_CASE_FIXTURE(SignedIn,
                  "signing out ends the session by its key, and so all that hangs on it") {
  logout({{"id_token_hint", hint()}});
  const auto entries = site.all<JournalEntry>();
  CHECK(entries.back().key() == key_of(SessionId{session_id}));
  CHECK(entries.back().effect == Effect::reauth);
}

// --- OIDC Front-Channel Logout 1.0

const std::string kOut = "https://app.contoso.test/out?x=1";

struct SignedInToApps : SignedIn {
  // The application has tokens of this session.
  void let_in(const std::string& client) {
    Grant grant;
    grant.tenant_id = site.tenant;
    grant.id = GrantId{"grant of " + client};
    grant.app_id = AppId{client};
    grant.user_id = site.john;
    grant.session_id = SessionId{session_id};
    grant.authenticator_id = "a";
    site.put(grant);
  }
  void tell_at(const std::string& uri, bool with_session) {
    site.change_app(kClient, [&](App& app) {
      app.frontchannel_logout_uri = uri;
      app.frontchannel_logout_session_required = with_session;
    });
  }
  static std::string policy(const HttpResponse& response) {
    return header_of(response, "content-security-policy");
  }
};

TEST_CASE_FIXTURE(SignedInToApps,
                  "front-channel 3.: every application with an address is opened in a frame, and "
                  "no other place can be") {
  let_in(kClient);
  let_in(kFiles);
  tell_at(kOut, false);
  const HttpResponse page = logout({{"id_token_hint", hint()}});
  CHECK(page.status == 200);
  CHECK(contains(page.body, "src=\"" + kOut + "\""));
  CHECK(contains(page.body, "sandbox=\"allow-same-origin allow-scripts\""));
  CHECK(policy(page).ends_with("; frame-src https://app.contoso.test"));
  CHECK(contains(policy(page), "default-src 'none'"));
  CHECK_FALSE(contains(page.body, "<script"));
  // Files has no address: it may keep the person in, and the page says so.
  CHECK(contains(page.body, "until their own session ends"));
  CHECK(contains(page.body, "<li>Files</li>"));
  CHECK(!is_signed_in());
}

TEST_CASE_FIXTURE(SignedInToApps, "front-channel 3.: iss and sid come both, or not at all") {
  let_in(kClient);
  tell_at(kOut, true);
  const HttpResponse page = logout({{"id_token_hint", hint()}});
  const std::string issuer = percent_encode(site.context->issuer());
  CHECK(contains(page.body,
                 escape_html(kOut + "&iss=" + issuer + "&sid=" + percent_encode(session_id))));
}

TEST_CASE_FIXTURE(SignedInToApps,
                  "front-channel 3.: the person is led on once the applications were told, by a "
                  "link too") {
  let_in(kClient);
  tell_at(kOut, false);
  const HttpResponse page =
      logout({{"id_token_hint", hint()}, {"post_logout_redirect_uri", kBye}, {"state", "s1"}});
  CHECK(page.status == 200);
  CHECK(header_of(page, "refresh") == "3; url=" + kBye + "?state=s1");
  CHECK(contains(page.body, "href=\"" + kBye + "?state=s1\""));
}

TEST_CASE_FIXTURE(SignedInToApps, "an application that was never signed in to is not opened") {
  tell_at(kOut, false);
  const HttpResponse page = logout({{"id_token_hint", hint()}});
  CHECK_FALSE(contains(page.body, "<iframe"));
  CHECK_FALSE(contains(policy(page), "frame-src"));
}

TEST_CASE_FIXTURE(SignedInToApps,
                  "an address of a disabled application, or at no redirect URI of its own, is "
                  "never opened") {
  let_in(kClient);
  tell_at("https://evil.test/out", false);
  CHECK_FALSE(contains(logout({{"id_token_hint", hint()}}).body, "<iframe"));

  SignedInToApps other;
  other.let_in(kClient);
  other.tell_at(kOut, false);
  other.site.change_app(kClient, [](App& app) { app.account_enabled = false; });
  CHECK_FALSE(contains(other.logout({{"id_token_hint", other.hint()}}).body, "<iframe"));
}

TEST_CASE_FIXTURE(SignedInToApps, "the question names the applications that are signed out of") {
  let_in(kFiles);
  const HttpResponse page = logout({});
  CHECK(asks(page));
  CHECK(contains(page.body, "You are also signed in to"));
  CHECK(contains(page.body, "<li>Files</li>"));
}

}  // namespace
}  // namespace curfew
