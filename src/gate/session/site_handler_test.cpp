#include "gate/session/site_handler.hpp"

#include <unistd.h>

#include "gate/session/session_limits.hpp"
#include "gate/session/test_site.hpp"

namespace curfew {

using namespace testing;
using namespace std::chrono_literals;

namespace {

bool has_session(const TestBrowser& browser) {
  return browser.cookies.contains(std::string{kSessionCookie});
}

// Refused at the callback, with a page and without a session.
void check_refused(ServedSite& served, int status, const std::string& what) {
  TestBrowser browser{served};
  const HttpResponse page = browser.sign_in();
  CHECK_MESSAGE(page.status == status, what);
  CHECK_MESSAGE(!has_session(browser), what);
  CHECK(page.body.find("role=\"alert\"") != std::string::npos);
  CHECK(browser.may_see("/page") == 401);
}

}  // namespace

TEST_CASE("a person signs in, is back at the page they wanted, and is let in by the cookie") {
  ServedSite served;
  TestBrowser browser{served};
  CHECK(browser.may_see("/page?a=b") == 401);
  const HttpResponse begun = browser.open("/.curfew/sign-in?return_to=%2Fpage%3Fa%3Db");
  CHECK(begun.status == 303);
  const std::string location = header_of(begun, "Location");
  CHECK(location.starts_with(test_provider().authorization_endpoint + "?"));
  const Form query = query_of(location);
  CHECK(query.single("response_type") == "code");
  CHECK(query.single("client_id") == "app-1");
  CHECK(query.single("redirect_uri") == kSiteOrigin + "/.curfew/callback");
  CHECK(query.single("code_challenge_method") == "S256");
  CHECK(query.single("scope") == "openid profile api://files/.default");
  // A node that is behind the gate's replica waits.
  CHECK(std::string{query.single("claims").value()}.find(R"("as_of":{"value":"3.1"})") !=
        std::string::npos);

  served.endpoint.nonce = query.single("nonce").value();
  const HttpResponse back = browser.come_back(query);
  CHECK(back.status == 303);
  CHECK(header_of(back, "Location") == kSiteOrigin + "/page?a=b");
  REQUIRE(has_session(browser));
  CHECK(browser.cookies.size() == 1);  // the sign-in's own is gone
  const Form& redeemed = served.endpoint.asked.at(0);
  CHECK(redeemed.single("grant_type") == "authorization_code");
  CHECK(redeemed.single("code") == "the-code");
  CHECK(code_challenge_of(redeemed.single("code_verifier").value()) ==
        query.single("code_challenge"));
  CHECK(redeemed.single("client_assertion"));

  const HttpResponse let_in = browser.send(browser.question("/page?a=b"));
  CHECK(let_in.status == 200);
  CHECK(let_in.body.empty());
  CHECK(header_of(let_in, "X-Curfew-Subject") == "user-1");
  CHECK(header_of(let_in, "X-Curfew-Object-Id") == "user-1");
  CHECK(header_of(let_in, "X-Curfew-Client-Id") == "app-1");
  CHECK(header_of(let_in, "X-Curfew-Scopes") == "Files.Read Files.Write");
  CHECK(header_of(let_in, "X-Curfew-Session") == "session-1");
  CHECK(header_of(let_in, "X-Curfew-Tenant") == "tenant-1");
  // Also those that are empty: they take the place of what a client sent.
  CHECK(let_in.headers.has("X-Curfew-Roles"));
}

TEST_CASE("a revoked person's cookie is refused at the next request, and nobody else's") {
  ServedSite served;
  TestBrowser johns{served};
  TestBrowser alices{served};
  johns.sign_in();
  served.endpoint.access.sub = served.endpoint.access.oid = "user-2";
  served.endpoint.access.sid = SessionId{"session-2"};
  served.endpoint.access.jti = "token-2";
  served.endpoint.id_claims["sub"] = "user-2";
  alices.sign_in();
  CHECK(johns.may_see("/page") == 200);
  CHECK(alices.may_see("/page") == 200);
  served.at.apply(Effect::reauth, {KeyKind::user, "user-1"});
  CHECK(johns.may_see("/page") == 401);
  CHECK(alices.may_see("/page") == 200);
  served.at.apply(Effect::block, {KeyKind::session, "session-2"}, kGateNow, true);
  CHECK(alices.may_see("/page") == 401);
}

TEST_CASE("a navigation is led to the sign-in page, and what has a body never is") {
  ServedSite served;
  served.endpoint.access.continuous_evaluation = true;
  TestBrowser browser{served};
  browser.sign_in();
  served.at.apply(Effect::reevaluate, {KeyKind::user, "user-1"});

  const std::string page = kSiteOrigin + "/.curfew/sign-in?return_to=%2Fpage%3Fa%3Db";
  const HttpResponse plain = browser.send(browser.question("/page?a=b"));
  CHECK(plain.status == 401);
  CHECK(header_of(plain, "X-Curfew-Sign-In") == page);
  HttpRequest question = browser.question("/page?a=b");
  question.target += "&mode=browser";
  const HttpResponse redirected = browser.send(question);
  CHECK(redirected.status == 302);
  CHECK(header_of(redirected, "Location") == page);
  CHECK(redirected.body.empty());

  HttpRequest fetched = browser.question("/page?a=b", false);
  fetched.target += "&mode=browser";
  HttpRequest posted = browser.question("/page?a=b");
  posted.target += "&mode=browser";
  posted.headers.set("X-Forwarded-Method", "POST");
  for (const HttpRequest& request : {fetched, posted}) {
    const HttpResponse refused = browser.send(request);
    CHECK(refused.status == 401);
    CHECK(refused.body.empty());
    CHECK_FALSE(refused.headers.has("Location"));
    CHECK_FALSE(refused.headers.has("X-Curfew-Sign-In"));
    CHECK(header_of(refused, "WWW-Authenticate").find("insufficient_claims") != std::string::npos);
  }
}

TEST_CASE("a renewal asks for a token that is not older than what ended the one before") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  served.at.apply(Effect::reevaluate, {KeyKind::user, "user-1"});
  const Form query = browser.begin();
  CHECK(std::string{query.single("claims").value()}.find(R"("as_of":{"value":"3.2"})") !=
        std::string::npos);
  served.endpoint.access.stamps.as_of = at(2);
  served.endpoint.access.jti = "token-2";
  CHECK(browser.come_back(query).status == 303);
  CHECK(browser.may_see("/page") == 200);
}

TEST_CASE("a second tab whose session was renewed meanwhile goes straight to its page") {
  ServedSite served;
  TestBrowser browser{served};
  const Form first = browser.begin("/one");
  const Form second = browser.begin("/two");
  served.endpoint.nonce = first.single("nonce").value();
  CHECK(header_of(browser.come_back(first), "Location") == kSiteOrigin + "/one");
  CHECK(header_of(browser.open("/.curfew/sign-in?return_to=/three"), "Location") ==
        kSiteOrigin + "/three");
  served.endpoint.nonce = second.single("nonce").value();
  CHECK(header_of(browser.come_back(second), "Location") == kSiteOrigin + "/two");
}

TEST_CASE("a link cannot send a browser to another site after signing in") {
  ServedSite served;
  for (const char* const text : {"https%3A%2F%2Fevil.test", "%2F%2Fevil.test", "%2F%5Cevil.test",
                                 "%2F%09%2Fevil.test", "@evil.test", "%2Fa%0D%0AX%3A+y", ""}) {
    TestBrowser browser{served};
    CHECK_MESSAGE(header_of(browser.sign_in(text), "Location") == kSiteOrigin + "/", text);
  }
}

TEST_CASE("login CSRF: an answer of a sign-in that another browser began signs nobody in") {
  ServedSite served;
  TestBrowser attacker{served};
  const Form began = attacker.begin();
  TestBrowser victim{served};
  CHECK(victim.come_back(began).status == 400);
  CHECK_FALSE(has_session(victim));
  // Also with a sign-in of their own under way.
  static_cast<void>(victim.begin());
  CHECK(victim.come_back(began).status == 400);
  CHECK_FALSE(has_session(victim));
  CHECK(served.endpoint.asked.empty());
}

TEST_CASE("session fixation: a cookie from before the sign-in is replaced, never taken up") {
  ServedSite served;
  TestBrowser browser{served};
  browser.cookies[std::string{kSessionCookie}] = "planted";
  CHECK(browser.may_see("/page") == 401);
  browser.sign_in();
  CHECK(browser.cookies.at(std::string{kSessionCookie}) != "planted");
  CHECK(browser.may_see("/page") == 200);
}

TEST_CASE("a sign-in cannot be completed twice, nor after ten minutes") {
  ServedSite served;
  TestBrowser browser{served};
  const Form began = browser.begin();
  CHECK(browser.come_back(began).status == 303);
  CHECK(browser.come_back(began).status == 400);
  const Form late = [&] {
    browser.cookies.clear();
    return browser.begin();
  }();
  served.at.time.now += 11min;
  CHECK(browser.come_back(late).status == 400);
}

TEST_CASE(
    "mix-up: an answer that names another issuer, or none, is refused before the code is sent") {
  ServedSite served;
  for (const char* const issuer :
       {"", "&iss=https%3A%2F%2Fevil.test",
        "&iss=", "&iss=https%3A%2F%2Fid.contoso.com&iss=https%3A%2F%2Fevil.test"}) {
    TestBrowser browser{served};
    const Form began = browser.begin();
    const std::string state{began.single("state").value()};
    CHECK(browser.open("/.curfew/callback?code=c&state=" + state + issuer).status == 400);
    CHECK_FALSE(has_session(browser));
  }
  CHECK(served.endpoint.asked.empty());
}

TEST_CASE("code injection: the tokens of another sign-in do not fit this one's nonce") {
  ServedSite served;
  TestBrowser browser{served};
  const Form began = browser.begin();
  served.endpoint.nonce = "of-the-sign-in-that-the-code-was-stolen-from";
  CHECK(browser.come_back(began).status == 403);
  CHECK_FALSE(has_session(browser));
}

TEST_CASE("tokens that are not both for this person and this client sign nobody in") {
  const auto refused = [](const std::string& what, int status, auto change) {
    ServedSite served;
    change(served);
    check_refused(served, status, what);
  };
  refused("of two people", 403, [](ServedSite& s) { s.endpoint.access.sub = "user-2"; });
  refused("another client's", 403,
          [](ServedSite& s) { s.endpoint.access.client_id = AppId{"app-2"}; });
  refused("for another audience", 403,
          [](ServedSite& s) { s.endpoint.access.aud = "api://other"; });
  refused("at_hash", 403, [](ServedSite& s) { s.endpoint.id_claims["at_hash"] = "AAAA"; });
  refused("an access token as ID token", 403, [](ServedSite& s) { s.endpoint.id_typ = "at+jwt"; });
  refused("refused by the server", 403, [](ServedSite& s) { s.endpoint.status = 400; });
  refused("not reached", 503, [](ServedSite& s) {
    s.endpoint.error = Error::transient(ErrorCode::unavailable, "no answer");
  });
}

TEST_CASE("no loop: a new token that the replica refuses is an error page at the callback") {
  ServedSite served;
  served.at.apply(Effect::block, {KeyKind::user, "user-1"}, kGateNow, true);
  check_refused(served, 503, "dead on arrival");
}

TEST_CASE("a session that no browser would keep is an error page, not a loop") {
  ServedSite served;
  served.endpoint.access.roles.assign(400, "Some.Role");
  TestBrowser browser{served};
  const HttpResponse page = browser.sign_in();
  CHECK(page.status == 502);
  CHECK_FALSE(has_session(browser));
}

TEST_CASE("what the server refuses is said without its words, and the sign-in is over") {
  ServedSite served;
  TestBrowser browser{served};
  const HttpResponse page = browser.come_back(browser.begin(), "&error=%3Cscript%3E");
  CHECK(page.status == 403);
  CHECK(page.body.find("script") == std::string::npos);
  CHECK(browser.cookies.empty());
}

TEST_CASE("without a lease nobody is let in, and nobody is sent anywhere") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  served.at.time.since_boot += 200h;
  const HttpResponse refused = browser.send(browser.question("/page"));
  CHECK(refused.status == 503);
  CHECK(refused.body.empty());
  CHECK(refused.headers.has("Retry-After"));
  CHECK_FALSE(refused.headers.has("Location"));
}

TEST_CASE("a bearer token is judged as it is, and nothing falls back to the cookie") {
  ServedSite served;
  TestBrowser browser{served};
  HttpRequest bearer = browser.question("/page", false);
  bearer.headers.add("Authorization", "Bearer " + served.issuer.token(good_claims()));
  CHECK(browser.send(bearer).status == 200);
  browser.sign_in();
  HttpRequest dead = browser.question("/page", false);
  dead.headers.add("Authorization", "Bearer dead");
  CHECK(browser.send(dead).status == 401);
  HttpRequest repeated = bearer;
  repeated.headers.add("Authorization", "Bearer dead");
  CHECK(browser.send(repeated).status == 400);
  // What the application itself asks for is none of ours.
  HttpRequest basic = browser.question("/page", false);
  basic.headers.add("Authorization", "Basic dXNlcjpwYXNz");
  CHECK(browser.send(basic).status == 200);
}

TEST_CASE("who lacks a permission gets 403, and is not sent round in circles") {
  SiteSettings settings = test_settings();
  settings.required_scopes = {"Files.Delete"};
  ServedSite served{{test_site(settings)}};
  TestBrowser browser{served};
  CHECK(browser.sign_in().status == 303);
  const HttpResponse refused = browser.send(browser.question("/page"));
  CHECK(refused.status == 403);
  CHECK_FALSE(refused.headers.has("X-Curfew-Sign-In"));
}

TEST_CASE("a session that is under control is refused where nobody could hold it back") {
  ServedSite served;
  TestBrowser browser{served};
  AccessTokenClaims claims = good_claims();
  for (const char* const control : {"monitorOnly", "blockDownloads", "blockPrinting"}) {
    CAPTURE(control);
    claims.session_controls = {control};
    HttpRequest request = browser.question("/page");
    request.headers.add("Authorization", "Bearer " + served.issuer.token(claims));
    const HttpResponse refused = browser.send(request);
    CHECK(refused.status == 403);
    CHECK(header_of(refused, "X-Curfew-Session-Control") == control);
    CHECK_FALSE(refused.headers.has("X-Curfew-Subject"));
    CHECK_FALSE(refused.headers.has("X-Curfew-Sign-In"));
  }
}

TEST_CASE("a session of one site lets nobody in at another") {
  SiteSettings other = test_settings();
  other.name = "other";
  other.url = "https://other.contoso.com";
  ServedSite served{{test_site(), test_site(other)}};
  TestBrowser browser{served};
  browser.sign_in();
  browser.host = "other.contoso.com";
  browser.site = "other";
  CHECK(browser.may_see("/page") == 401);
  browser.host = "unknown.contoso.com";
  CHECK(browser.may_see("/page") == 403);
}

TEST_CASE("a client that sends another site's host is judged by no other site's rules") {
  SiteSettings lax = test_settings();
  lax.name = "lax";
  lax.url = "https://lax.contoso.com";
  SiteSettings strict = test_settings();
  strict.required_scopes = {"Files.Delete"};
  ServedSite served{{test_site(strict), test_site(lax)}};
  TestBrowser client{served};
  const std::string token = "Bearer " + served.issuer.token(good_claims());
  const auto asked = [&](const std::string& target, const std::string& host, bool is_envoy) {
    HttpRequest request = is_envoy ? client.request(target) : client.question("/page", false);
    request.target = target;
    request.headers.set("Host", host);
    if (!is_envoy) request.headers.set("X-Forwarded-Host", host);
    request.headers.add("Authorization", token);
    return client.send(request);
  };
  const std::string to_strict = "/.curfew/auth?site=files";
  const std::string of_envoy = "/.curfew/site/files/auth/page?a=b";
  CHECK(asked(to_strict, kSiteHost, false).status == 403);  // a scope is missing
  CHECK(asked("/.curfew/auth?site=lax", "lax.contoso.com", false).status == 200);
  CHECK(asked("/.curfew/site/lax/auth/page", "lax.contoso.com", true).status == 200);
  CHECK(asked(to_strict, "lax.contoso.com", false).status == 403);
  CHECK(asked(of_envoy, "lax.contoso.com", true).status == 403);
  // What a client writes into its path does not get in front of what the operator wrote.
  CHECK(asked(of_envoy + "/../../../lax/auth/page", "lax.contoso.com", true).status == 403);
  CHECK(asked("/.curfew/site/files/auth/.curfew/site/lax/auth/", "lax.contoso.com", true).status ==
        403);
}

TEST_CASE("a question that names no site is refused, and says what to configure") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  const auto problem_of = [&](const std::string& target) {
    HttpRequest request = browser.question("/page");
    request.target = target;
    const HttpResponse refused = served.ask(request);
    CHECK(refused.status == 400);
    CHECK(refused.body.empty());
    return header_of(refused, "X-Curfew-Problem");
  };
  const std::string in_query = "write ?site=NAME behind /.curfew/auth";
  CHECK(problem_of("/.curfew/auth").ends_with(in_query));
  CHECK(problem_of("/.curfew/auth?mode=browser").ends_with(in_query));
  const std::string in_path = "/.curfew/site/NAME/auth as Envoy's path_prefix";
  // As Envoy was configured before: whatever stands behind it is the client's.
  for (const char* const target : {"/.curfew/auth/page?a=b", "/.curfew/auth/?site=files",
                                   "/.curfew/auth/../site/files/auth/page", "/.curfew/site/",
                                   "/.curfew/site//auth/page", "/.curfew/site/files/page"}) {
    CAPTURE(target);
    CHECK(problem_of(target).find(in_path) != std::string::npos);
  }
}

TEST_CASE("web servers are answered only where it was said that requests go on without us") {
  ServedSite served;
  TestBrowser browser{served};
  CHECK(browser.open("/.curfew/signed-out").status == 200);
  CHECK_FALSE(served.table.has_uncut_requests());
  CHECK(browser.may_see("/page") == 401);
  CHECK(served.table.has_uncut_requests());
  ServedSite pages_only{{test_site()}, false};
  TestBrowser other{pages_only};
  other.sign_in();
  CHECK(has_session(other));
  CHECK(other.may_see("/page") == 403);
  CHECK(other.open("/.curfew/site/files/auth/page").status == 403);
  CHECK_FALSE(pages_only.table.has_uncut_requests());
  // Without the table nobody could be told: nobody is let in.
  ServedSite untold;
  TestBrowser third{untold};
  third.sign_in();
  REQUIRE(::unlink(reader_table_path(untold.at.replica.path()).c_str()) == 0);
  CHECK(third.may_see("/page") == 503);
}

TEST_CASE("the first question of a web server waits until the gate's server knows of it") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  // As a gate makes it that has just started: nobody is told of anything.
  const std::string path = reader_table_path(served.at.replica.path());
  REQUIRE(::unlink(path.c_str()) == 0);
  ReaderTable table = ReaderTable::open(path, std::nullopt).value();
  const HttpResponse refused = browser.send(browser.question("/page"));
  CHECK(refused.status == 503);
  CHECK(header_of(refused, "Retry-After") == "2");
  CHECK(table.has_uncut_requests());
  HttpRequest bearer = browser.question("/page", false);
  bearer.headers.add("Authorization", "Bearer " + served.issuer.token(good_claims()));
  CHECK(browser.send(bearer).status == 503);
  // Who is not let in anyhow is led to the sign-in page.
  CHECK(TestBrowser{served}.may_see("/page") == 401);
  // The gate tells its server while the question waits.
  const Timer telling = call_after(served.runtime, served.runtime.executor(0), 50ms,
                                   [&] { table.note_uncut_requests_told(); });
  CHECK(browser.may_see("/page") == 200);
}

TEST_CASE("who comes another way than through the server in front is asked nothing") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  for (const char* const path :
       {"/.curfew/auth", "/.curfew/sign-in", "/.curfew/backchannel-logout"}) {
    HttpRequest request = browser.question("/page");
    request.target = path;
    request.peer.transport = Transport::tls;
    CHECK(served.ask(request).status == 403);
  }
  CHECK(browser.open("/other").status == 404);
  CHECK(browser.open("/.curfew/other").status == 404);
}

TEST_CASE("signing out is posted by a page of the site itself") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  const HttpResponse page = browser.open("/.curfew/sign-out");
  CHECK(page.status == 200);
  CHECK(page.body.find("<form method=\"post\" action=\"/.curfew/sign-out\">") != std::string::npos);
  CHECK(header_of(page, "Content-Security-Policy").find("default-src 'none'") != std::string::npos);

  const auto post = [&](const char* name, const std::string& value) {
    HttpRequest request = browser.request("/.curfew/sign-out", HttpMethod::post);
    if (name != nullptr) request.headers.add(name, value);
    return request;
  };
  CHECK(browser.send(post(nullptr, "")).status == 403);
  CHECK(browser.send(post("Origin", "https://evil.test")).status == 403);
  CHECK(browser.send(post("Origin", "null")).status == 403);
  CHECK(browser.send(post("Sec-Fetch-Site", "same-site")).status == 403);
  HttpRequest both = post("Origin", "https://evil.test");
  both.headers.add("Sec-Fetch-Site", "same-origin");
  CHECK(browser.send(both).status == 403);
  HttpRequest framed = post("Origin", "null");
  framed.headers.add("Sec-Fetch-Site", "cross-site");
  CHECK(browser.send(framed).status == 403);
  HttpRequest sibling = post("Origin", kSiteOrigin);
  sibling.headers.add("Sec-Fetch-Site", "same-site");
  CHECK(browser.send(sibling).status == 403);
  CHECK(browser.may_see("/page") == 200);

  // As browsers send it from a page without a referrer.
  HttpRequest by_hand = post("Origin", "null");
  by_hand.headers.add("Sec-Fetch-Site", "same-origin");
  const HttpResponse gone = browser.send(by_hand);
  CHECK(gone.status == 303);
  const Form query = query_of(header_of(gone, "Location"));
  CHECK(query.single("post_logout_redirect_uri") == kSiteOrigin + "/.curfew/signed-out");
  CHECK(query.single("id_token_hint"));
  CHECK(browser.may_see("/page") == 401);
  CHECK(browser.open("/.curfew/signed-out").status == 200);
  CHECK(browser.send(post("Sec-Fetch-Site", "same-origin")).status == 303);
  CHECK(browser.send(post("Origin", kSiteOrigin)).status == 303);
}

TEST_CASE("an option of the question that is misspelt or repeated is refused, not left out") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  for (const char* const query : {"sites=files", "mode=Browser", "site=", "from=elsewhere",
                                  "mode=api&mode=browser", "site=other"}) {
    CAPTURE(query);
    HttpRequest request = browser.question("/page");
    request.target += std::string{"&"} + query;
    CHECK(served.ask(request).status == 400);
  }
  HttpRequest known = browser.question("/page");
  known.target += "&mode=api";
  CHECK(served.ask(known).status == 200);
}

TEST_CASE("every answer about a request is without a body: one would cost a connection each time") {
  ServedSite served;
  TestBrowser browser{served};
  HttpRequest malformed = browser.question("/page");
  malformed.headers.add("X-Forwarded-Uri", "/other");
  HttpRequest strange = browser.question("/page");
  strange.target += "&%zz";
  for (const HttpRequest& request : {browser.question("/page"), malformed, strange}) {
    const HttpResponse answer = served.ask(request);
    CHECK(answer.status >= 400);
    CHECK(answer.body.empty());
    CHECK(header_of(answer, "Cache-Control") == "no-store");
  }
}

TEST_CASE("Envoy asks with the request itself behind the site's path") {
  ServedSite served;
  TestBrowser browser{served};
  browser.sign_in();
  CHECK(browser.open("/.curfew/site/files/auth/page?a=b").status == 200);
  CHECK(browser.open("/.curfew/site/other/auth/page?a=b").status == 403);
  CHECK(browser.open("/.curfew/site/files/authority").status == 400);
  browser.cookies.clear();
  HttpRequest request = browser.request("/.curfew/site/files/auth/page?a=b");
  request.headers.add("Accept", "text/html");
  const HttpResponse refused = browser.send(request);
  CHECK(refused.status == 401);
  CHECK(header_of(refused, "X-Curfew-Sign-In").ends_with("return_to=%2Fpage%3Fa%3Db"));
}

TEST_CASE("a token that is bound to a key counts with a proof for this very page of the site") {
  ServedSite served;
  TestBrowser browser{served};
  const TestSender sender;
  AccessTokenClaims claims = good_claims();
  claims.cnf_jkt = sender.jkt();
  const std::string token = served.issuer.token(claims);
  const auto asked = [&](const std::string& uri) {
    HttpRequest request = browser.question(uri, false);
    request.headers.add("Authorization", "DPoP " + token);
    request.headers.add("DPoP", sender.proof(sender.claims(token)));
    return request;
  };
  CHECK(browser.send(asked("/report?a=b")).status == 200);
  CHECK(browser.send(asked("/other")).status == 401);
  HttpRequest as_bearer = browser.question("/report", false);
  as_bearer.headers.add("Authorization", "Bearer " + token);
  CHECK(browser.send(as_bearer).status == 401);
}

TEST_CASE("what is no plain text in a token is none in a header") {
  ServedSite served;
  TestBrowser browser{served};
  AccessTokenClaims claims = good_claims();
  const auto answer = [&] {
    HttpRequest request = browser.question("/page", false);
    request.headers.add("Authorization", "Bearer " + served.issuer.token(claims));
    HttpResponse let_in = browser.send(request);
    REQUIRE(let_in.status == 200);
    return let_in;
  };
  claims.roles = {"a\r\nX-Curfew-Subject: admin", "\xC3\xA4", "%C3%A4", "Site Admin", "50%"};
  CHECK(header_of(answer(), "X-Curfew-Roles") ==
        "a%0D%0AX-Curfew-Subject:%20admin %C3%A4 %25C3%25A4 Site%20Admin 50%25");
  claims.scp = "Files.Read Files.Write caf\xC3\xA9 100%";
  CHECK(header_of(answer(), "X-Curfew-Scopes") == "Files.Read Files.Write caf%C3%A9 100%25");
  for (const auto& [name, shown] :
       {std::pair{"\xC3\xA4 ", "%C3%A4%20"}, {"%C3%A4", "%25C3%25A4"}}) {
    claims.sub = name;
    CHECK(header_of(answer(), "X-Curfew-Subject") == shown);
  }
}

}  // namespace curfew
