#include <doctest/doctest.h>

#include <string>

#include "model/built_in_app_ids.hpp"
#include "model/role.hpp"
#include "tests/support/sign_in_site.hpp"

// A client that proves nothing about itself asks for the tenant's administration: RFC 8252 8.6.

namespace curfew {
namespace {

using namespace curfew::test;

const std::string kPort = "http://127.0.0.1:5555/callback";

Fields cli(const Fields& more = {}) {
  Fields fields{{"client_id", std::string{kCliClientId}},
                {"redirect_uri", kPort},
                {"scope", "api://curfew/manage offline_access"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::string error_at_client(const HttpResponse& response) {
  return field(answer_in(response), "error");
}

HttpResponse answer(TestBrowser& browser, const HttpResponse& page, const std::string& action) {
  return browser.post(
      kLogin + "/continue",
      {{"continuation", input_value(page.body, "continuation")}, {"action", action}});
}

struct Signed {
  Signed() {
    const auto& role = definition_of(Role::global_administrator);
    site.put(RoleAssignment{site.tenant, kUser, RoleId{std::string{role.template_id}},
                            site.clock.now()});
    sign_in(browser);
  }
  SignInSite site;
  TestBrowser browser = site.browser();
};

TEST_CASE_FIXTURE(Signed, "no program on this computer gets the tenant's administration silently") {
  const HttpResponse silent = browser.get(authorize_target(cli({{"prompt", "none"}})));
  CHECK(error_at_client(silent) == "interaction_required");
  const HttpResponse all =
      browser.get(authorize_target(cli({{"scope", "api://curfew/.default"}, {"prompt", "none"}})));
  CHECK(error_at_client(all) == "interaction_required");
  CHECK(browser.get(authorize_target(cli())).status == 200);
  CHECK(site.all<AuthorizationCode>().size() == 1);  // the sign-in's own
}

TEST_CASE_FIXTURE(Signed, "the page says which program would manage what, and asks each time") {
  for (int i = 0; i < 2; ++i) {
    const HttpResponse page = browser.get(authorize_target(cli()));
    CHECK(page.status == 200);
    CHECK(contains(page.body, "127.0.0.1:5555"));
    CHECK(contains(page.body, "manage contoso.com"));
    CHECK(contains(page.body, "Curfew CLI"));
    const HttpResponse on = answer(browser, page, "accept");
    CHECK(on.status == 303);
    CHECK(header_of(on, "location").starts_with(kPort + "?"));
    CHECK(!field(answer_in(on), "code").empty());
  }
  CHECK(site.all<Consent>().empty());
  const HttpResponse page = browser.get(authorize_target(cli()));
  CHECK(error_at_client(answer(browser, page, "deny")) == "access_denied");
}

TEST_CASE_FIXTURE(Signed, "a fresh sign-in is asked as well") {
  const HttpResponse page = sign_in(browser, cli({{"prompt", "login"}}));
  CHECK(page.status == 200);
  CHECK(contains(page.body, "127.0.0.1:5555"));
}

TEST_CASE_FIXTURE(Signed, "a client that proves itself, or that a web site answers for, goes on") {
  site.change_app(kClient, [](App& app) { app.admin_consented_scopes = {"api://curfew/manage"}; });
  const Fields manage{{"scope", "api://curfew/manage"}, {"prompt", "none"}};
  CHECK(!field(answer_in(browser.get(authorize_target(manage))), "code").empty());
  site.change_app(kClient, [](App& app) { app.client_type = ClientType::public_client; });
  CHECK(!field(answer_in(browser.get(authorize_target(manage))), "code").empty());
  CHECK(!field(answer_in(browser.get(
                   authorize_target(cli({{"scope", "openid profile"}, {"prompt", "none"}})))),
               "code")
             .empty());
}

}  // namespace
}  // namespace curfew
