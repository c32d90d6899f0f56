#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/support/sign_in_site.hpp"

// The administrator's API gives a person tokens only while the person holds a directory role.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

RoleId id_of(Role role) { return RoleId{std::string{definition_of(role).template_id}}; }

// A client that may manage, as the CLI may.
class AdminSite : public SignInSite {
 public:
  AdminSite() {
    change_app(kClient, [](App& app) {
      app.admin_consented_scopes = {"api://curfew/manage", "api://files/Files.Read"};
    });
  }
  void give_role(Role role) { give_role(john.str(), id_of(role)); }
  void give_role(const std::string& principal, const RoleId& role) {
    put(RoleAssignment{tenant, principal, role, clock.now()});
  }
  void remove_role(Role role) {
    Removal removal;
    removal.kind = RemovalKind::remove_role;
    removal.user_id = john;
    removal.role_id = id_of(role);
    take_away(removal);
  }
  // The whole way from the form to the client's answer.
  Form asked_for(const std::string& scope) {
    TestBrowser browser = this->browser();
    return answer_in(sign_in(browser, {{"scope", "openid offline_access " + scope}}));
  }
  TokenAnswer managed() { return redeem(field(asked_for("api://curfew/manage"), "code")); }
  int users_listed_with(const std::string& token) {
    return send(get("/curfew/v1/users", {{"Authorization", "Bearer " + token}})).status;
  }
};

void check_refused_for_the_role(const TokenAnswer& answer) {
  CHECK(answer.status == 400);
  CHECK(answer.error() == "invalid_grant");
  CHECK(answer.suberror() == "bad_token");
  CHECK(answer.number() == 50105);
  CHECK(contains(answer.text("error_description"), "holds no directory role"));
  CHECK(answer.access().empty());
}

TEST_CASE("a person without a directory role is sent back from the administrator's API") {
  AdminSite site;
  for (const char* const scope : {"api://curfew/manage", "api://curfew/.default",
                                  "c0f3e000-0000-4000-8000-000000000002/manage"}) {
    CAPTURE(scope);
    const Form answer = site.asked_for(scope);
    CHECK(field(answer, "error") == "access_denied");
    CHECK(contains(field(answer, "error_description"), "AADSTS50105"));
    CHECK(contains(field(answer, "error_description"), "holds no directory role"));
    CHECK(field(answer, "code").empty());
  }
  CHECK(site.all<Session>().empty());
  CHECK(site.all<AuthorizationCode>().empty());
  // It is the API that asks for a role, not the client.
  CHECK(!field(site.asked_for("api://files/Files.Read"), "code").empty());
  CHECK(!field(site.asked_for("profile"), "code").empty());
}

TEST_CASE("a session of who holds no role leads silently to other resources alone") {
  AdminSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const auto silent = [&](const std::string& scope) {
    return answer_in(browser.get(authorize_target({{"prompt", "none"}, {"scope", scope}})));
  };
  CHECK(field(silent("api://curfew/manage"), "error") == "access_denied");
  CHECK(!field(silent("api://files/Files.Read"), "code").empty());
  site.give_role(Role::global_reader);
  CHECK(!field(silent("api://curfew/manage"), "code").empty());
}

TEST_CASE("a code from before the last role was removed gives nothing") {
  AdminSite site;
  site.give_role(Role::user_administrator);
  const std::string code = field(site.asked_for("api://curfew/manage"), "code");
  REQUIRE(!code.empty());
  site.remove_role(Role::user_administrator);
  check_refused_for_the_role(site.redeem(code));
}

TEST_CASE("removing the last role ends the access token and the refresh, until it is given back") {
  AdminSite site;
  site.give_role(Role::user_administrator);
  const TokenAnswer first = site.managed();
  REQUIRE(first.ok());
  CHECK(claim(first.access(), "aud") == "api://curfew");
  CHECK(claim(first.access(), "scp") == "manage");
  CHECK(site.users_listed_with(first.access()) == 200);

  site.remove_role(Role::user_administrator);
  CHECK(site.users_listed_with(first.access()) == 401);
  check_refused_for_the_role(site.refresh(first.refresh()));
  CHECK_FALSE(ServerFixture::is_active(site.introspect_own(first.refresh())));
  CHECK(field(site.asked_for("api://curfew/manage"), "error") == "access_denied");

  site.clock.advance(1min);
  site.give_role(Role::user_administrator);
  const TokenAnswer again = site.managed();
  REQUIRE(again.ok());
  CHECK(site.users_listed_with(again.access()) == 200);
}

TEST_CASE("who keeps another role renews silently after one was removed") {
  AdminSite site;
  site.give_role(Role::user_administrator);
  site.give_role(Role::global_reader);
  const TokenAnswer first = site.managed();
  site.remove_role(Role::user_administrator);
  CHECK(site.users_listed_with(first.access()) == 401);
  const TokenAnswer second = site.refresh(first.refresh());
  REQUIRE(second.ok());
  CHECK(site.users_listed_with(second.access()) == 200);
}

TEST_CASE("a role that the table does not know, or another person's, opens nothing") {
  AdminSite site;
  site.give_role(kUser, RoleId{"12345678-0000-4000-8000-000000000000"});
  site.give_role("22222222-2222-4222-8222-222222222223", id_of(Role::global_administrator));
  CHECK(field(site.asked_for("api://curfew/manage"), "error") == "access_denied");
}

TEST_CASE("an application by itself is judged by the administrator's API, with its own roles") {
  AdminSite site;
  const TokenAnswer without = site.app_token("api://curfew/.default");
  REQUIRE(without.ok());
  CHECK(site.users_listed_with(without.access()) == 403);
  const std::string key = site.add_api_key(site.web, {"api://curfew/manage"});
  CHECK(site.users_listed_with(key) == 403);
  site.give_role(site.web.str(), id_of(Role::global_reader));
  CHECK(site.users_listed_with(without.access()) == 200);
  CHECK(site.users_listed_with(key) == 200);
}

}  // namespace
}  // namespace curfew
