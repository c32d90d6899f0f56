// What keeps an application that registered itself a stranger: nobody is led to it unasked, nothing
// given to what it was is good for what it became, and it does not loosen what others tightened.
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "access/client_policy.hpp"
#include "store/schema_clients.hpp"
#include "tests/support/device_flow.hpp"
#include "tests/support/registry.hpp"

namespace curfew {
namespace {

namespace bj = boost::json;
using namespace test::registry;
using namespace std::chrono_literals;
using test::answer_in;
using test::contains;
using test::field;
using test::Fields;
using test::header_of;
using test::input_value;
using test::ServerFixture;
using test::TokenAnswer;

// --- RFC 9700 4.11.2

TEST_CASE("RFC 9700 4.11.2: a registered application's error is shown before anybody goes there") {
  Registry registry;
  const std::string client = registry.registered().text("client_id");
  test::TestBrowser nobody = registry.server.browser();
  test::TestBrowser john = registry.signed_in_browser();
  const std::vector<Fields> tricks{{{"scope", "api://nowhere/x"}},
                                   {{"prompt", "none"}},
                                   {{"response_type", "token"}},
                                   {{"code_challenge", ""}},
                                   {{"request", "x"}}};
  for (const Fields& trick : tricks) {
    for (test::TestBrowser* browser : {&nobody, &john}) {
      const HttpResponse page = browser->get(registry.target(client, trick));
      CAPTURE(page.body);
      CHECK(page.status == 400);
      CHECK(header_of(page, "location").empty());
      CHECK(header_of(page, "refresh").empty());
      CHECK(contains(page.body, "registered itself"));
      CHECK(contains(page.body, "href=\"" + kCallback));
      CHECK_FALSE(contains(page.body, "<script"));
    }
  }
  // By a click, with the answer that the application expects.
  const HttpResponse posted =
      nobody.get(registry.target(client, {{"prompt", "none"}, {"response_mode", "form_post"}}));
  CHECK(contains(posted.body, "action=\"" + kCallback + "\""));
  CHECK(input_value(posted.body, "error") == "login_required");
  CHECK(input_value(posted.body, "state") == "s");
  CHECK_FALSE(contains(posted.body, "<script"));
}

TEST_CASE("who agreed to a registered application is led back to it at once") {
  Registry registry;
  const std::string client = registry.registered().text("client_id");
  test::TestBrowser john = registry.signed_in_browser();
  static_cast<void>(registry.accept(john, john.get(registry.target(client))));
  CHECK(john.get(registry.target(client, {{"prompt", "none"}})).status == 303);
  const HttpResponse silent = john.get(
      registry.target(client, {{"prompt", "none"}, {"scope", "openid api://files/Files.Write"}}));
  CHECK(field(answer_in(silent), "error") == "consent_required");
}

TEST_CASE("an application that an administrator registered is answered at once, as before") {
  Registry registry;
  test::TestBrowser nobody = registry.server.browser();
  const HttpResponse silent = nobody.get(registry.target(
      registry.server.web.str(), {{"prompt", "none"}, {"redirect_uri", registry.server.callback}}));
  CHECK(field(answer_in(silent), "error") == "login_required");
}

TEST_CASE("a person who is refused at the sign-in form is not led to a stranger") {
  Registry registry;
  const std::string client = registry.registered().text("client_id");
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.user_id = registry.server.john;
  removal.role_id = Registry::role_id(Role::global_administrator);
  registry.server.take_away(removal);
  test::TestBrowser browser = registry.server.browser();
  const HttpResponse form =
      browser.get(registry.target(client, {{"scope", "api://curfew/manage"}}));
  REQUIRE(form.status == 200);
  const HttpResponse page = browser.post(registry.server.path("/login"),
                                         {{"continuation", input_value(form.body, "continuation")},
                                          {"username", registry.server.upn},
                                          {"password", registry.server.password}});
  CAPTURE(page.body);
  CHECK(page.status == 400);
  CHECK(header_of(page, "location").empty());
  CHECK(contains(page.body, "registered itself"));
}

TEST_CASE("signing out leads nobody to a stranger but by a click") {
  Registry registry;
  bj::object metadata = portal();
  metadata["post_logout_redirect_uris"] = bj::array{"https://evil.test/out"};
  const std::string client = registry.registered(metadata).text("client_id");
  const std::string target =
      registry.server.path("/oauth2/v2.0/logout?") +
      test::form_text(
          {{"client_id", client}, {"post_logout_redirect_uri", "https://evil.test/out"}});
  test::TestBrowser nobody = registry.server.browser();
  const HttpResponse page = nobody.get(target);
  CHECK(page.status == 200);
  CHECK(header_of(page, "location").empty());
  CHECK(header_of(page, "refresh").empty());
  CHECK(contains(page.body, "href=\"https://evil.test/out\""));
}

TEST_CASE("the page of a device says that its application registered itself") {
  Registry registry;
  bj::object metadata = portal();
  metadata["grant_types"] =
      bj::array{"authorization_code", "urn:ietf:params:oauth:grant-type:device_code"};
  const std::string token = registry.new_token(
      {{"uses", 1},
       {"grantTypes",
        bj::array{"authorization_code", "urn:ietf:params:oauth:grant-type:device_code"}}});
  const TokenAnswer made = registry.register_with(token, metadata);
  CAPTURE(made.http.body);
  REQUIRE(made.status == 201);
  registry.server.clock.advance(1s);
  test::DeviceFlow flow{registry.server};
  const TokenAnswer begun = flow.begin_as({{"client_id", made.text("client_id")},
                                           {"client_secret", made.text("client_secret")},
                                           {"scope", "openid"}});
  REQUIRE(begun.status == 200);
  test::TestBrowser john = registry.signed_in_browser();
  CHECK(contains(flow.type(john, begun.text("user_code")).body, "registered itself"));
}

// --- what was given to what it was

TEST_CASE("what a person agreed to before a change is not what they agree to after it") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const std::string client = made.text("client_id");
  const Fields files{{"scope", "openid api://files/Files.Read"}};
  test::TestBrowser john = registry.signed_in_browser();
  REQUIRE(registry.accept(john, john.get(registry.target(client, files))).status == 303);
  registry.server.clock.advance(1s);
  const std::string elsewhere = "https://elsewhere.test/callback";
  REQUIRE(registry.manage(HttpMethod::put, made, registry.replacement(made, elsewhere)).status ==
          200);
  registry.server.clock.advance(1s);
  const Fields there{{"redirect_uri", elsewhere}};
  REQUIRE(registry.accept(john, john.get(registry.target(client, there))).status == 303);
  CHECK(Registry::asks(john.get(registry.target(
      client, {{"redirect_uri", elsewhere}, {"scope", "openid api://files/Files.Read"}}))));
}

TEST_CASE("a click on a page from before a change agrees to nothing") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const std::string client = made.text("client_id");
  test::TestBrowser john = registry.signed_in_browser();
  const HttpResponse page = john.get(registry.target(client));
  REQUIRE(Registry::asks(page));
  registry.server.clock.advance(1s);
  bj::object renamed = registry.replacement(made);
  renamed["client_name"] = "Contoso Payroll";
  REQUIRE(registry.manage(HttpMethod::put, made, renamed).status == 200);
  const HttpResponse answer = registry.accept(john, page);
  CHECK(Registry::asks(answer));
  CHECK(contains(answer.body, "Contoso Payroll"));
}

// --- what it may not

TEST_CASE("a made up registration access token costs a reading, and no place at the writer") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const std::size_t writes = registry.store->writes;
  const std::string at = registry.path + "/" + made.text("client_id");
  CHECK(registry.send(HttpMethod::delete_, at, "junk").status == 401);
  CHECK(registry.send(HttpMethod::put, at, "junk", "{}").status == 401);
  CHECK(registry.store->writes == writes);
}

TEST_CASE("a replacement does not take back what was tightened") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  registry.server.change<App>(AppId{made.text("client_id")}, [](App& app) {
    app.dpop_bound_access_tokens = true;
    app.require_pushed_requests = true;
  });
  REQUIRE(registry.manage(HttpMethod::put, made, registry.replacement(made)).status == 200);
  CHECK(registry.app_of(made).dpop_bound_access_tokens);
  CHECK(registry.app_of(made).require_pushed_requests);
}

TEST_CASE("replacing itself again and again is refused for the rest of a minute") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    const int status = registry.manage(HttpMethod::put, made, registry.replacement(made)).status;
    refused += status == 429 ? 1 : 0;
  }
  CHECK(refused > 0);
  CHECK(registry.manage(HttpMethod::get, made).status == 200);
  registry.server.clock.advance(61s);
  CHECK(registry.manage(HttpMethod::put, made, registry.replacement(made)).status == 200);
}

TEST_CASE("by itself a stranger gets tokens for the resources alone that it registered") {
  Registry registry;
  bj::object metadata = portal();
  metadata["grant_types"] = bj::array{"client_credentials"};
  metadata["scope"] = "openid";
  metadata.erase("redirect_uris");
  const TokenAnswer made = registry.register_with(
      registry.new_token({{"uses", 1}, {"grantTypes", bj::array{"client_credentials"}}}), metadata);
  CAPTURE(made.http.body);
  REQUIRE(made.status == 201);
  const TokenAnswer own = registry.server.token({{"grant_type", "client_credentials"},
                                                 {"scope", "api://files/.default"},
                                                 {"client_id", made.text("client_id")},
                                                 {"client_secret", made.text("client_secret")}});
  CHECK(own.error() == "invalid_scope");
}

TEST_CASE("a name without a resource is Graph's, and no other resource's") {
  Registry registry;
  bj::object metadata = portal();
  metadata["scope"] = "openid User.Read";
  const std::string client = registry.registered(metadata).text("client_id");
  registry.server.change<App>(registry.server.files,
                              [](App& app) { app.exposed_scopes.emplace_back("User.Read"); });
  test::TestBrowser john = registry.signed_in_browser();
  const HttpResponse refused = john.get(
      registry.target(client, {{"scope", "openid User.Read"}, {"resource", "api://files"}}));
  CHECK(refused.status == 400);
  CHECK(contains(refused.body, "more than the scope that it registered"));
}

}  // namespace
}  // namespace curfew
