#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/sign_in/authorize_checks.hpp"
#include "api/sign_in/authorize_decision.hpp"
#include "api/sign_in/sealed_fields.hpp"
#include "crypto/digest.hpp"
#include "tests/support/sign_in_site.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

bool is_page(const HttpResponse& response) {
  return header_of(response, "location").empty() && contains(response.body, "<main>");
}
std::string error_at_client(const HttpResponse& response) {
  return field(answer_in(response), "error");
}

TEST_CASE("a request without a session shows the sign-in form and sends the person nowhere") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target({{"login_hint", kUpn}}));
  CHECK(page.status == 200);
  CHECK(shows_sign_in(page));
  CHECK(contains(page.body, "Payroll"));
  CHECK(input_value(page.body, "username") == kUpn);
}

TEST_CASE("signing in leads back to the client with code, state and iss") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse response = sign_in(browser);
  CHECK(response.status == 303);
  CHECK(header_of(response, "location").starts_with(kCallback + "?"));
  const Form answer = answer_in(response);
  CHECK(!field(answer, "code").empty());
  CHECK(field(answer, "state") == "abc");
  CHECK(field(answer, "iss") == site.context->issuer());
}

TEST_CASE("an interactive sign-in writes two rows: the session and the code") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  CHECK(site.all<Session>().size() == 1);
  CHECK(site.all<AuthorizationCode>().size() == 1);
  CHECK(site.all<Grant>().empty());
  CHECK(site.all<JournalEntry>().size() == 1);  // the tenant's first
}

TEST_CASE("the authorization request may come by POST") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.post_from("cross-site", kAuthorize, authorize_fields());
  CHECK(shows_sign_in(page));
  CHECK(submit_password(browser, page).status == 303);
}

TEST_CASE("5.1 rule 1: a redirect URI that is not registered letter for letter is refused") {
  SignInSite site;
  TestBrowser browser = site.browser();
  for (const std::string& given :
       {kCallback + "/", kCallback + "?x=1", std::string{"https://app.contoso.test/Callback"},
        std::string{"https://app.contoso.test.evil.test/callback"},
        std::string{"https://evil.test/callback"}, std::string{"http://app.contoso.test/callback"},
        std::string{"https://app.contoso.test:444/callback"}}) {
    const HttpResponse response = browser.get(authorize_target({{"redirect_uri", given}}));
    CHECK(response.status == 400);
    CHECK(is_page(response));
  }
}

TEST_CASE(
    "5.1 rule 1: a loopback redirect URI matches with any port, and nothing else of it does") {
  SignInSite site;
  site.change_app(kClient, [](App& app) { app.redirect_uris = {"http://localhost/cb"}; });
  TestBrowser browser = site.browser();
  CHECK(shows_sign_in(browser.get(authorize_target({{"redirect_uri", "http://localhost:1/cb"}}))));
  CHECK(is_page(browser.get(authorize_target({{"redirect_uri", "http://localhost:1/other"}}))));
  CHECK(browser.get(authorize_target({{"redirect_uri", "http://localhost:1/other"}})).status ==
        400);
}

TEST_CASE("5.1 rule 2: http to another host is refused even if it got into the registration") {
  SignInSite site;
  site.change_app(kClient, [](App& app) { app.redirect_uris = {"http://app.contoso.test/cb"}; });
  TestBrowser browser = site.browser();
  const HttpResponse response =
      browser.get(authorize_target({{"redirect_uri", "http://app.contoso.test/cb"}}));
  CHECK(response.status == 400);
  CHECK(is_page(response));
}

TEST_CASE("5.1 rule 3: no error is redirected before client and redirect URI are verified") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const Fields cases[] = {{{"client_id", "99999999-0000-4000-8000-000000000000"}},
                          {{"client_id", ""}},
                          {{"redirect_uri", "https://evil.test/"}, {"prompt", "none"}},
                          {{"redirect_uri", "https://evil.test/"}, {"scope", "bad\"scope"}},
                          {{"redirect_uri", "javascript:alert(1)"}}};
  for (const Fields& fields : cases) {
    const HttpResponse response = browser.get(authorize_target(fields));
    CHECK(response.status == 400);
    CHECK(is_page(response));
  }
  const HttpResponse twice =
      browser.get(authorize_target() + "&redirect_uri=https%3A%2F%2Fevil.test%2F");
  CHECK(twice.status == 400);
  CHECK(is_page(twice));
}

TEST_CASE("a disabled application's redirect URI is not believed any more") {
  SignInSite site;
  site.change_app(kClient, [](App& app) { app.account_enabled = false; });
  TestBrowser browser = site.browser();
  const HttpResponse response = browser.get(authorize_target({{"prompt", "none"}}));
  CHECK(response.status == 400);
  CHECK(is_page(response));
  CHECK(contains(response.body, "AADSTS7000112"));
}

TEST_CASE("errors of a verified request go to the client, with state and iss") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const std::pair<Fields, std::string> cases[] = {
      {{{"response_type", "token"}, {"response_mode", "query"}}, "unsupported_response_type"},
      {{{"response_type", ""}}, "invalid_request"},
      {{{"scope", "api://unknown/Read"}}, "invalid_target"},
      {{{"scope", "api://files/Files.Delete"}}, "invalid_scope"},
      {{{"scope", "Files.Read"}}, "invalid_scope"},
      {{{"prompt", "none login"}}, "invalid_request"},
      {{{"max_age", "soon"}}, "invalid_request"},
      {{{"id_token_hint", "eyJhbGciOiJub25lIn0.e30."}}, "invalid_request"},
      {{{"claims", "{\"access_token\":{\"acrs\":{\"essential\":true,\"value\":\"c1\"}}}"}},
       "unmet_authentication_requirements"}};
  for (const auto& [fields, error] : cases) {
    const HttpResponse response = browser.get(authorize_target(fields));
    CAPTURE(error);
    CHECK(response.status == 303);
    CHECK(error_at_client(response) == error);
    CHECK(field(answer_in(response), "state") == "abc");
    CHECK(field(answer_in(response), "iss") == site.context->issuer());
  }
}

TEST_CASE("5.1 rule 4: a client that must use PKCE gets no sign-in without it") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const Fields without{{"code_challenge", ""}, {"code_challenge_method", ""}};
  CHECK(error_at_client(browser.get(authorize_target(without))) == "invalid_request");
  site.change_app(kClient, [](App& app) { app.require_pkce = false; });
  CHECK(shows_sign_in(browser.get(authorize_target(without))));
  site.change_app(kClient, [](App& app) { app.client_type = ClientType::public_client; });
  CHECK(error_at_client(browser.get(authorize_target(without))) == "invalid_request");
}

TEST_CASE("5.1 rule 4: plain challenges are refused") {
  SignInSite site;
  TestBrowser browser = site.browser();
  for (const std::string& method : {"plain", ""}) {
    const HttpResponse response =
        browser.get(authorize_target({{"code_challenge_method", method}}));
    CHECK(error_at_client(response) == "invalid_request");
  }
}

TEST_CASE("5.1 rule 5: a code lives a minute and is bound to all that it was asked with") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const std::string claims = "{\"access_token\":{\"xms_cc\":{\"values\":[\"CP1\"]}}}";
  const HttpResponse response = sign_in(browser, {{"claims", claims}});
  const auto codes = site.all<AuthorizationCode>();
  REQUIRE(codes.size() == 1);
  const AuthorizationCode& code = codes.front();
  const Session session = site.all<Session>().front();
  CHECK(code.hash == sha256_base64url(field(answer_in(response), "code")));
  CHECK(code.app_id.str() == kClient);
  CHECK(code.redirect_uri == kCallback);
  CHECK(code.code_challenge == code_challenge_of(kVerifier));
  CHECK(code.nonce == "n-1");
  CHECK(code.session_id == session.id);
  CHECK(code.auth_as_of == session.auth_as_of);
  CHECK(code.claims == claims);
  CHECK(code.expires_at == site.clock.now() + 60s);
  CHECK(!code.used_at);
}

TEST_CASE("5.1 rule 6: no response type makes the authorization endpoint give a token") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const std::size_t codes = site.all<AuthorizationCode>().size();
  for (const std::string type : {"token", "id_token", "id_token token", "code token",
                                 "code id_token", "code id_token token", "none"}) {
    for (const std::string mode : {"query", "fragment", "form_post", ""}) {
      CAPTURE(type);
      CAPTURE(mode);
      const HttpResponse refused =
          browser.get(authorize_target({{"response_type", type}, {"response_mode", mode}}));
      const std::string all = header_of(refused, "location") + refused.body;
      CHECK(contains(all, "unsupported_response_type"));
      CHECK(!contains(all, "access_token"));
      CHECK(!contains(all, "id_token="));
      CHECK(!contains(all, "code="));
    }
  }
  CHECK(site.all<AuthorizationCode>().size() == codes);
  CHECK(site.all<Grant>().empty());
}

TEST_CASE("5.1 rule 9 and 5.5: iss is in every answer, in all response modes") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const std::string iss = site.context->issuer();
  CHECK(field(answer_in(browser.get(authorize_target({{"response_mode", "query"}}))), "iss") ==
        iss);
  CHECK(field(answer_in(browser.get(authorize_target({{"response_mode", "fragment"}})), '#'),
              "iss") == iss);
  const HttpResponse posted = browser.get(authorize_target({{"response_mode", "form_post"}}));
  CHECK(input_value(posted.body, "iss") == iss);
  CHECK(!input_value(posted.body, "code").empty());
  const HttpResponse refused =
      browser.get(authorize_target({{"response_mode", "form_post"}, {"scope", "x"}}));
  CHECK(input_value(refused.body, "error") == "invalid_scope");
  CHECK(input_value(refused.body, "iss") == iss);
}

TEST_CASE("5.1 rule 10: the redirect after the form is a 303, so that no password travels on") {
  SignInSite site;
  TestBrowser browser = site.browser();
  CHECK(sign_in(browser).status == 303);
  CHECK(browser.get(authorize_target({{"prompt", "none"}})).status == 303);
  TestBrowser stranger = site.browser();
  CHECK(stranger.get(authorize_target({{"prompt", "none"}})).status == 303);
}

TEST_CASE("5.1 rule 12: the authorization endpoint has no CORS headers, whoever asks") {
  SignInSite site;
  site.change_app(kClient, [](App& app) { app.spa_origins = {"https://app.contoso.test"}; });
  HttpRequest request;
  request.target = authorize_target({{"prompt", "none"}});
  request.headers.add("Origin", "https://app.contoso.test");
  CHECK(header_of(site.send(request), "access-control-allow-origin").empty());
  request.method = HttpMethod::options;
  const HttpResponse preflight = site.send(request);
  CHECK(preflight.status == 405);
  CHECK(header_of(preflight, "access-control-allow-origin").empty());
}

TEST_CASE("5.1 rule 13: every page forbids framing; redirects do not carry the header") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse form = browser.get(authorize_target());
  const HttpResponse error = browser.get(authorize_target({{"client_id", "nobody"}}));
  const HttpResponse account = browser.get(kAccount);
  const HttpResponse logout = browser.get(kLogout);
  for (const HttpResponse* page : {&form, &error, &account, &logout}) {
    CHECK(contains(header_of(*page, "content-security-policy"), "frame-ancestors 'none'"));
    CHECK(contains(header_of(*page, "content-security-policy"), "default-src 'none'"));
    CHECK(header_of(*page, "x-frame-options") == "DENY");
    CHECK(!contains(page->body, "<script"));
  }
  const HttpResponse silent = browser.get(authorize_target({{"prompt", "none"}}));
  CHECK(header_of(silent, "x-frame-options").empty());
}

// The answers of form_post have the only script there is, by its hash: it submits their form.
TEST_CASE("5.1 rule 15: no page posts a message to a window, and none can be made to") {
  SignInSite site;
  TestBrowser browser = site.browser();
  std::vector<HttpResponse> pages;
  pages.push_back(browser.get(authorize_target()));
  pages.push_back(browser.get(authorize_target({{"client_id", "nobody"}})));
  pages.push_back(submit_password(browser, pages.front(), "wrong"));
  pages.push_back(sign_in(browser, {{"scope", "api://files/Files.Read"}}));  // asks for consent
  pages.push_back(browser.get(kAccount));
  pages.push_back(browser.get(kLogout));
  for (const HttpResponse& page : pages) {
    CAPTURE(page.body);
    CHECK(is_page(page));
    CHECK(contains(header_of(page, "content-security-policy"), "default-src 'none'"));
    CHECK(!contains(header_of(page, "content-security-policy"), "script-src"));
    for (const char* const word : {"postMessage", "<script", "javascript:", " onload"}) {
      CHECK(!contains(page.body, word));
    }
  }
  for (const Fields& fields : {Fields{}, Fields{{"scope", "x"}}}) {
    Fields posted = fields;
    posted.emplace_back("response_mode", "form_post");
    const HttpResponse page = browser.get(authorize_target(posted));
    const std::size_t begin = page.body.find("<script>");
    REQUIRE(begin != std::string::npos);
    CHECK(page.body.find("<script", begin + 1) == std::string::npos);
    CHECK(contains(page.body, "document.forms[0].submit()"));
    CHECK(!contains(page.body, "postMessage"));
    const std::string policy = header_of(page, "content-security-policy");
    CHECK(contains(policy, "default-src 'none'"));
    CHECK(contains(policy, "script-src 'sha256-"));
    CHECK(!contains(policy, "unsafe"));
  }
  // The response mode that is made of it is not offered.
  const HttpResponse refused = browser.get(authorize_target({{"response_mode", "web_message"}}));
  CHECK(!contains(header_of(refused, "location") + refused.body, "code="));
  CHECK(contains(header_of(refused, "location") + refused.body, "AADSTS70007"));
}

TEST_CASE("5.1 rule 16: pages and answers are not stored and give no referrer away") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse form = browser.get(authorize_target());
  const HttpResponse answer = submit_password(browser, form);
  const HttpResponse posted = browser.get(authorize_target({{"response_mode", "form_post"}}));
  for (const HttpResponse* response : {&form, &answer, &posted}) {
    CHECK(header_of(*response, "cache-control") == "no-store");
    CHECK(header_of(*response, "referrer-policy") == "no-referrer");
  }
}

TEST_CASE("prompt=none without a session is login_required; with one it is silent") {
  SignInSite site;
  TestBrowser browser = site.browser();
  CHECK(error_at_client(browser.get(authorize_target({{"prompt", "none"}}))) == "login_required");
  sign_in(browser);
  const HttpResponse silent = browser.get(authorize_target({{"prompt", "none"}}));
  CHECK(!field(answer_in(silent), "code").empty());
}

TEST_CASE("prompt=login asks again and then goes on, once") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const HttpResponse page = browser.get(authorize_target({{"prompt", "login"}}));
  CHECK(shows_sign_in(page));
  CHECK(input_value(page.body, "username") == kUpn);
  CHECK(!field(answer_in(submit_password(browser, page)), "code").empty());
  CHECK(shows_sign_in(browser.get(authorize_target({{"prompt", "login"}}))));
}

TEST_CASE("max_age asks again when the sign-in is older than that") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  site.clock.advance(10s);
  CHECK(browser.get(authorize_target({{"max_age", "10"}})).status == 303);
  CHECK(shows_sign_in(browser.get(authorize_target({{"max_age", "9"}}))));
  CHECK(error_at_client(browser.get(authorize_target({{"max_age", "9"}, {"prompt", "none"}}))) ==
        "login_required");
  const HttpResponse again = sign_in(browser, {{"max_age", "0"}});
  CHECK(!field(answer_in(again), "code").empty());
}

TEST_CASE("prompt=select_account offers who is signed in, and another account") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const HttpResponse page = browser.get(authorize_target({{"prompt", "select_account"}}));
  CHECK(contains(page.body, "Continue as " + kUpn));
  const std::string continuation = input_value(page.body, "continuation");
  const HttpResponse on =
      browser.post(kLogin + "/continue", {{"continuation", continuation}, {"action", "accept"}});
  CHECK(!field(answer_in(on), "code").empty());
  const HttpResponse other =
      browser.post(kLogin + "/continue", {{"continuation", continuation}, {"action", "other"}});
  CHECK(shows_sign_in(other));
  CHECK(input_value(other.body, "username").empty());
}

TEST_CASE("a hint at somebody else is never answered silently with who happens to be signed in") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const Fields silent{{"prompt", "none"}, {"login_hint", "jane@contoso.com"}};
  CHECK(error_at_client(browser.get(authorize_target(silent))) == "login_required");
  CHECK(shows_sign_in(browser.get(authorize_target({{"login_hint", "jane@contoso.com"}}))));
  CHECK(browser.get(authorize_target({{"login_hint", "JohnDoe@contoso.com"}})).status == 303);
}

TEST_CASE("a required subject is the only one who gets an answer") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const auto claims = [](const std::string& sub) {
    return "{\"id_token\":{\"sub\":{\"value\":\"" + sub + "\"}}}";
  };
  CHECK(!field(answer_in(sign_in(browser, {{"claims", claims(kUser)}})), "code").empty());
  const HttpResponse other = sign_in(browser, {{"claims", claims("somebody-else")}});
  CHECK(error_at_client(other) == "login_required");
}

TEST_CASE("permissions that nobody agreed to are asked for in words, once") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const Fields files{{"scope", "openid offline_access api://files/Files.Read"}};
  const HttpResponse page = sign_in(browser, files);
  CHECK(page.status == 200);
  CHECK(contains(page.body, "Read your files"));
  CHECK(contains(page.body, "while you are not using it"));
  CHECK(contains(page.body, "app.contoso.test"));
  CHECK(site.all<AuthorizationCode>().empty());

  Fields silent = files;
  silent.emplace_back("prompt", "none");
  CHECK(error_at_client(browser.get(authorize_target(silent))) == "consent_required");

  const HttpResponse agreed = browser.post(
      kLogin + "/continue",
      {{"continuation", input_value(page.body, "continuation")}, {"action", "accept"}});
  CHECK(!field(answer_in(agreed), "code").empty());
  REQUIRE(site.all<Consent>().size() == 1);
  CHECK(site.all<Consent>().front().scopes == std::vector<std::string>{"api://files/Files.Read"});
  CHECK(!field(answer_in(browser.get(authorize_target(silent))), "code").empty());
  const Fields more{{"scope", "api://files/Files.Write"}, {"prompt", "none"}};
  CHECK(error_at_client(browser.get(authorize_target(more))) == "consent_required");
}

TEST_CASE("nobody is asked to let an application manage the tenant: an administrator permits it") {
  SignInSite site;
  const RoleId reader{std::string{definition_of(Role::global_reader).template_id}};
  site.put(RoleAssignment{site.tenant, kUser, reader, site.clock.now()});
  TestBrowser browser = site.browser();
  for (const char* const scope : {"openid api://curfew/manage", "api://curfew/.default"}) {
    CAPTURE(std::string{scope});
    const bool is_signed_in = !site.all<Session>().empty();
    const Fields asking{{"scope", scope}};
    const HttpResponse refused =
        is_signed_in ? browser.get(authorize_target(asking)) : sign_in(browser, asking);
    CHECK(error_at_client(refused) == "access_denied");
    CHECK(contains(field(answer_in(refused), "error_description"), "AADSTS90094"));
  }
  CHECK(site.all<Consent>().empty());
  CHECK(site.all<AuthorizationCode>().empty());
  site.change_app(kClient, [](App& app) { app.admin_consented_scopes = {"api://curfew/manage"}; });
  CHECK(browser.get(authorize_target({{"scope", "api://curfew/manage"}})).status == 303);
  CHECK(site.all<AuthorizationCode>().size() == 1);
}

TEST_CASE("declining is access_denied at the client, and nothing is stored") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = sign_in(browser, {{"scope", "api://files/Files.Read"}});
  const HttpResponse denied =
      browser.post(kLogin + "/continue",
                   {{"continuation", input_value(page.body, "continuation")}, {"action", "deny"}});
  CHECK(error_at_client(denied) == "access_denied");
  CHECK(site.all<Consent>().empty());
  CHECK(site.all<AuthorizationCode>().empty());
}

TEST_CASE("an agreement covers what the page showed and nothing that came later") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = sign_in(browser, {{"scope", "api://files/.default"}});
  CHECK(contains(page.body, "Change your files"));
  site.change_app(kFiles, [](App& app) { app.exposed_scopes.emplace_back("Files.Erase"); });
  const HttpResponse again = browser.post(
      kLogin + "/continue",
      {{"continuation", input_value(page.body, "continuation")}, {"action", "accept"}});
  CHECK(contains(again.body, "Files.Erase"));
  CHECK(site.all<Consent>().empty());
}

TEST_CASE("what the administrator agreed to is not asked for, unless the client wants it so") {
  SignInSite site;
  site.change_app(kClient,
                  [](App& app) { app.admin_consented_scopes = {"api://files/Files.Read"}; });
  TestBrowser browser = site.browser();
  CHECK(sign_in(browser, {{"scope", "api://files/Files.Read"}}).status == 303);
  CHECK(browser.get(authorize_target({{"scope", "openid api://files/.default"}})).status == 303);
  const HttpResponse asked = browser.get(authorize_target({{"prompt", "consent"}}));
  CHECK(contains(asked.body, "asks for your permission"));
  const HttpResponse agreed = browser.post(
      kLogin + "/continue",
      {{"continuation", input_value(asked.body, "continuation")}, {"action", "accept"}});
  CHECK(!field(answer_in(agreed), "code").empty());
}

TEST_CASE("a person who is not assigned is sent back with access_denied") {
  SignInSite site;
  site.change_app(kClient, [](App& app) { app.assignment_required = true; });
  TestBrowser browser = site.browser();
  const HttpResponse response = sign_in(browser);
  CHECK(error_at_client(response) == "access_denied");
  CHECK(contains(field(answer_in(response), "error_description"), "AADSTS50105"));
  CHECK(site.all<Session>().empty());
}

TEST_CASE("a session from before an assignment was taken away does not reach the client again") {
  SignInSite site;
  site.write([](WriteTx& tx) {
    return add(tx,
               AppAssignment{TenantId{kTenant}, AppId{kClient}, PrincipalKind::user, kUser, {}});
  });
  TestBrowser browser = site.browser();
  sign_in(browser);
  Removal removal;
  removal.kind = RemovalKind::remove_assignment;
  removal.user_id = UserId{kUser};
  removal.app_id = AppId{kClient};
  site.take_away(removal);
  CHECK(error_at_client(browser.get(authorize_target({{"prompt", "none"}}))) == "login_required");
  CHECK(shows_sign_in(browser.get(authorize_target())));
  CHECK(!field(answer_in(sign_in(browser)), "code").empty());
}

TEST_CASE("every way of taking the session away ends silent sign-in at once, for good") {
  const auto user = [](RemovalKind kind) {
    Removal removal;
    removal.kind = kind;
    removal.user_id = UserId{kUser};
    removal.password_hash = fast_hash("another password");
    return removal;
  };
  for (const RemovalKind kind : {RemovalKind::revoke_sessions, RemovalKind::disable_user,
                                 RemovalKind::reset_password, RemovalKind::reauth_tenant}) {
    CAPTURE(to_string(kind));
    SignInSite site;
    TestBrowser browser = site.browser();
    sign_in(browser);
    const std::string silent = authorize_target({{"prompt", "none"}});
    CHECK(!field(answer_in(browser.get(silent)), "code").empty());
    site.take_away(user(kind));
    CHECK(error_at_client(browser.get(silent)) == "login_required");
    CHECK(shows_sign_in(browser.get(kAccount)));
  }
}

TEST_CASE("client_info is given to a client that asks for it") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const Form answer = answer_in(sign_in(browser, {{"client_info", "1"}}));
  CHECK(base64url_decode(field(answer, "client_info")) ==
        "{\"uid\":\"" + kUser + "\",\"utid\":\"" + kTenant + "\"}");
}

TEST_CASE("a request too long to be carried by a form is refused on our page") {
  SignInSite site;
  TestBrowser browser = site.browser();
  Fields fields = authorize_fields();
  fields.emplace_back("padding", std::string(40'000, 'x'));
  const HttpResponse response = browser.post_from("cross-site", kAuthorize, fields);
  CHECK(response.status == 400);
  CHECK(is_page(response));
}

TEST_CASE("the checks of a request and of a session have names, each once") {
  std::vector<std::string_view> names = request_check_names();
  for (const std::string_view name : session_check_names()) names.push_back(name);
  const std::set<std::string_view> different(names.begin(), names.end());
  CHECK(different.size() == names.size());
  CHECK(names.size() == 30);
}

TEST_CASE("text from outside cannot become markup") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page =
      browser.get(authorize_target({{"login_hint", "\"><script>alert(1)</script>"}}));
  CHECK(!contains(page.body, "<script"));
  const HttpResponse error = browser.get(authorize_target({{"client_id", "<b>bold</b>"}}));
  CHECK(!contains(error.body, "<b>"));
}

}  // namespace
}  // namespace curfew
