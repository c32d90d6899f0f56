// Requests that are sent ahead (RFC 9126), from the push to the code.
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "api/limits/push_meter.hpp"
#include "api/ops/housekeeping.hpp"
#include "base/limits.hpp"
#include "tests/support/client_signer.hpp"
#include "tests/support/sign_in_site.hpp"

namespace curfew {
namespace {

using test::contains;
using test::Fields;
using test::ServerFixture;
using test::TestBrowser;
using test::TokenAnswer;

struct Site : ServerFixture {
  [[nodiscard]] Fields request(const Fields& more = {}) const {
    Fields fields{{"response_type", "code"},
                  {"redirect_uri", callback},
                  {"scope", "openid offline_access api://files/Files.Read"},
                  {"state", "abc"},
                  {"code_challenge", code_challenge_of(verifier)},
                  {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : more) {
      std::erase_if(fields, [&](const auto& field) { return field.first == name; });
      fields.emplace_back(name, value);
    }
    return fields;
  }
  TokenAnswer push(const Fields& fields) {
    return taken_apart(send(post(path("/oauth2/v2.0/par"), fields)));
  }
  std::string pushed() {
    const TokenAnswer answer = push(as_web(request()));
    CAPTURE(answer.http.body);
    REQUIRE(answer.status == 201);
    return answer.text("request_uri");
  }
  [[nodiscard]] std::string target(const std::string& request_uri, const Fields& more = {}) const {
    Fields fields{{"client_id", web.str()}, {"request_uri", request_uri}};
    for (const auto& field : more) fields.push_back(field);
    return path("/oauth2/v2.0/authorize?") + test::form_text(fields);
  }
  TestBrowser signed_in() { return browser_of(add_session(john)); }
  // Types the password into the page.
  HttpResponse sign_in(TestBrowser& at, const HttpResponse& page) {
    return at.post(path("/login"), {{"continuation", test::input_value(page.body, "continuation")},
                                    {"username", upn},
                                    {"password", password}});
  }
};

std::string code_in(const HttpResponse& response) {
  return response.status == 303 ? test::field(test::answer_in(response), "code") : "";
}
bool asks_who(const HttpResponse& page) { return contains(page.body, "name=\"password\""); }
void check_page(const HttpResponse& page, const char* words) {
  CAPTURE(page.body);
  CHECK(page.status == 400);
  CHECK(test::header_of(page, "Location").empty());
  CHECK(contains(page.body, words));
}
void check_refused(const TokenAnswer& answer, int status, const char* error) {
  CAPTURE(answer.http.body);
  CHECK(answer.status == status);
  CHECK(answer.error() == error);
}

TEST_CASE("5.6: a push is answered 201 with an address for 90 seconds, not to be cached") {
  Site site;
  const TokenAnswer answer = site.push(site.as_web(site.request()));
  CHECK(answer.status == 201);
  CHECK(answer.text("request_uri").starts_with("urn:ietf:params:oauth:request_uri:"));
  CHECK(answer.body.at("expires_in").as_int64() == 90);
  CHECK(test::header_of(answer.http, "Cache-Control") == "no-store");
  CHECK(answer.text("request_uri") != site.pushed());
}

TEST_CASE("5.6: the address stands for the request, and the code is bound to what was pushed") {
  Site site;
  TestBrowser browser = site.signed_in();
  const std::string code = code_in(browser.get(site.target(site.pushed())));
  REQUIRE_FALSE(code.empty());
  const TokenAnswer tokens = site.redeem(code);
  REQUIRE(tokens.ok());
  CHECK(test::claim(tokens.access(), "aud") == "api://files");
}

TEST_CASE("5.6: at the authorization endpoint only client_id and request_uri count") {
  Site site;
  TestBrowser browser = site.signed_in();
  const HttpResponse answer = browser.get(site.target(
      site.pushed(),
      {{"redirect_uri", "https://evil.test/"}, {"state", "other"}, {"prompt", "none"}}));
  CHECK(test::header_of(answer, "Location").starts_with(site.callback + "?"));
  CHECK(test::field(test::answer_in(answer), "state") == "abc");
}

TEST_CASE("5.6: what the client proved itself with is not kept") {
  Site site;
  REQUIRE(site.push(site.as_web(site.request())).status == 201);
  const test::ClientSigner signer{site, site.web};
  REQUIRE(site.push(signer.as_client(site.request())).status == 201);
  for (const PushedRequest& row : site.all<PushedRequest>()) {
    CHECK_FALSE(contains(row.request, site.web_secret));
    CHECK_FALSE(contains(row.request, "assertion"));
    CHECK(contains(row.request, "client_id=" + site.web.str()));
  }
}

TEST_CASE("5.6: an address is one client's") {
  Site site;
  TestBrowser browser = site.signed_in();
  const std::string request_uri = site.pushed();
  check_page(
      browser.get(site.path("/oauth2/v2.0/authorize?") +
                  test::form_text({{"client_id", site.spa.str()}, {"request_uri", request_uri}})),
      "another application");
  check_page(browser.get(site.path("/oauth2/v2.0/authorize?") +
                         test::form_text({{"request_uri", request_uri}})),
             "another application");
  CHECK_FALSE(code_in(browser.get(site.target(request_uri))).empty());
}

TEST_CASE("5.6: a page may be loaded again before the sign-in, and the request becomes one code") {
  Site site;
  const std::string request_uri = site.pushed();
  TestBrowser browser = site.browser();
  CHECK(asks_who(browser.get(site.target(request_uri))));
  const HttpResponse page = browser.get(site.target(request_uri));
  REQUIRE(asks_who(page));
  CHECK_FALSE(code_in(site.sign_in(browser, page)).empty());
  check_page(browser.get(site.target(request_uri)), "used before");
  // The same form once more.
  const HttpResponse again = site.sign_in(browser, page);
  CHECK(code_in(again).empty());
  CHECK(site.all<AuthorizationCode>().size() == 1);
}

TEST_CASE("5.6: requests at once with one address get one code") {
  Site site;
  const std::string cookie = site.add_session(site.john).cookie;
  for (int round = 0; round < 20; ++round) {
    const std::string target = site.target(site.pushed());
    std::vector<std::future<HttpResponse>> answers;
    for (int i = 0; i < 4; ++i) {
      answers.push_back(site.begin(site.get(target, {{"Cookie", cookie}})));
    }
    int codes = 0;
    for (auto& answer : answers) codes += int{!code_in(answer.get()).empty()};
    CHECK(codes == 1);
  }
}

TEST_CASE(
    "5.6: an address that is too old begins nothing; a sign-in that it began goes on a while") {
  Site site;
  TestBrowser browser = site.browser();
  const std::string request_uri = site.pushed();
  const HttpResponse page = browser.get(site.target(request_uri));
  const HttpResponse other = browser.get(site.target(site.pushed()));
  site.clock.advance(std::chrono::seconds{90});
  check_page(browser.get(site.target(request_uri)), "too old");
  CHECK_FALSE(code_in(site.sign_in(browser, page)).empty());
  site.clock.advance(std::chrono::minutes{14});
  const HttpResponse late = site.sign_in(browser, other);
  CHECK(code_in(late).empty());
  CHECK(test::field(test::answer_in(late), "error") == "invalid_request_uri");
}

TEST_CASE("5.6: rows are removed once they could not become a code any more") {
  Site site;
  static_cast<void>(site.pushed());
  const auto prune = [&] {
    site.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(prune_some(tx, site.tenant, {}, {}, site.clock.now()));
      return Done{};
    });
    return site.all<PushedRequest>().size();
  };
  site.clock.advance(limits::kPushedSignInTimeMax);
  CHECK(prune() == 1);
  site.clock.advance(std::chrono::milliseconds{1});
  CHECK(prune() == 0);
}

TEST_CASE("5.6: a pushed request cannot name another one") {
  Site site;
  check_refused(site.push(site.as_web(site.request({{"request_uri", site.pushed()}}))), 400,
                "invalid_request");
}

TEST_CASE("5.6: other verbs are answered 405") {
  Site site;
  HttpRequest request = site.get(site.path("/oauth2/v2.0/par"));
  CHECK(site.send(request).status == 405);
  request.method = HttpMethod::put;
  CHECK(site.send(request).status == 405);
}

TEST_CASE("5.6: a request that is too long is answered 413") {
  Site site;
  const TokenAnswer answer = site.push(
      site.as_web(site.request({{"padding", std::string(limits::kPushedRequestBytesMax, 'x')}})));
  check_refused(answer, 413, "invalid_request");
  CHECK(site.all<PushedRequest>().empty());
}

TEST_CASE("5.6: more in a minute than the limit are answered 429, and nobody else is") {
  Site site;
  const Fields fields = [&] {
    Fields made = site.request({{"redirect_uri", site.spa_origin + "/"}});
    made.emplace_back("client_id", site.spa.str());
    return made;
  }();
  for (std::size_t i = 0; i < kUnprovedPushesPerMinute; ++i) {
    REQUIRE(site.push(fields).status == 201);
  }
  check_refused(site.push(fields), 429, "temporarily_unavailable");
  CHECK(site.push(site.as_web(site.request())).status == 201);
  site.clock.advance(std::chrono::minutes{1});
  CHECK(site.push(fields).status == 201);
}

TEST_CASE("5.6: the client must prove itself, and be enabled") {
  Site site;
  Fields fields = site.request();
  fields.emplace_back("client_id", site.web.str());
  check_refused(site.push(fields), 401, "invalid_client");
  fields.emplace_back("client_secret", "wrong");
  check_refused(site.push(fields), 401, "invalid_client");
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = site.web;
  site.take_away(removal);
  check_refused(site.push(site.as_web(site.request())), 400, "unauthorized_client");
  CHECK(site.all<PushedRequest>().empty());
}

TEST_CASE("5.6: an assertion counts once here, too") {
  Site site;
  const test::ClientSigner signer{site, site.web};
  const Fields fields = signer.as_client(site.request());
  CHECK(site.push(fields).status == 201);
  check_refused(site.push(fields), 401, "invalid_client");
}

TEST_CASE("RFC 9126 2.1: what the authorization endpoint would refuse is refused at the push") {
  Site site;
  const auto pushed_with = [&](const std::string& name, const std::string& value) {
    return site.push(site.as_web(site.request({{name, value}})));
  };
  check_refused(pushed_with("redirect_uri", "https://evil.test/"), 400, "invalid_request");
  check_refused(pushed_with("response_type", "token"), 400, "unsupported_response_type");
  check_refused(pushed_with("code_challenge", ""), 400, "invalid_request");
  check_refused(pushed_with("code_challenge_method", "plain"), 400, "invalid_request");
  check_refused(pushed_with("scope", "api://files/Nothing"), 400, "invalid_scope");
  check_refused(pushed_with("scope", "api://nothing/x"), 400, "invalid_target");
  check_refused(pushed_with("request", "a.b.c"), 400, "request_not_supported");
  CHECK(site.all<PushedRequest>().empty());
}

TEST_CASE("a client that must push gets no code without, and one with") {
  Site site;
  site.change<App>(site.web, [](App& app) { app.require_pushed_requests = true; });
  TestBrowser browser = site.signed_in();
  Fields fields = site.request();
  fields.emplace_back("client_id", site.web.str());
  const HttpResponse refused =
      browser.get(site.path("/oauth2/v2.0/authorize?") + test::form_text(fields));
  CHECK(code_in(refused).empty());
  CHECK(test::field(test::answer_in(refused), "error") == "invalid_request");
  CHECK_FALSE(code_in(browser.get(site.target(site.pushed()))).empty());
}

TEST_CASE("references to anything but a pushed request are refused") {
  Site site;
  TestBrowser browser = site.signed_in();
  for (const char* const reference :
       {"https://app.contoso.test/request.jwt", "urn:ietf:params:oauth:request_uri:",
        "urn:ietf:params:oauth:request_uri:a b", "urn:other"}) {
    check_page(browser.get(site.target(reference)), "pushed to this server");
  }
  check_page(browser.get(site.target("urn:ietf:params:oauth:request_uri:" + std::string(43, 'A'))),
             "not known");
  check_page(browser.get(site.target(site.pushed(), {{"request_uri", "urn:x"}})), "more than once");
}

TEST_CASE("what the client had is taken away during the sign-in: its request becomes no code") {
  for (const RemovalKind kind :
       {RemovalKind::disable_app, RemovalKind::remove_app_secret, RemovalKind::reauth_tenant}) {
    CAPTURE(to_string(kind));
    Site site;
    TestBrowser browser = site.browser();
    const HttpResponse page = browser.get(site.target(site.pushed()));
    REQUIRE(asks_who(page));
    Removal removal;
    removal.kind = kind;
    removal.app_id = site.web;
    removal.object_id = site.web_secret_id;
    site.take_away(removal);
    if (kind == RemovalKind::disable_app) {
      site.give_back(RestoralKind::enable_app, site.web.str());
    }
    const HttpResponse answer = site.sign_in(browser, page);
    CHECK(code_in(answer).empty());
    CHECK(test::field(test::answer_in(answer), "error") == "invalid_request_uri");
    CHECK(site.all<AuthorizationCode>().empty());
  }
}

TEST_CASE("5.4: discovery names the endpoint, and that not everybody must use it") {
  Site site;
  const auto metadata =
      parse_json_object(
          site.send(site.get(site.path("/v2.0/.well-known/openid-configuration"))).body)
          .value();
  CHECK(metadata.at("pushed_authorization_request_endpoint").as_string() ==
        (site.base_url + site.path("/oauth2/v2.0/par")).c_str());
  CHECK_FALSE(metadata.at("require_pushed_authorization_requests").as_bool());
}

}  // namespace
}  // namespace curfew
