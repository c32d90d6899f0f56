#include <doctest/doctest.h>

#include <string>

#include "api/sign_in/account_state.hpp"
#include "api/sign_in/browser_cookies.hpp"
#include "tests/support/sign_in_site.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

std::string token_of(const HttpResponse& page) { return input_value(page.body, "continuation"); }

TEST_CASE("the account page asks to sign in first, and is reached by doing so") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(kAccount);
  CHECK(shows_sign_in(page));
  const HttpResponse on = submit_password(browser, page);
  CHECK(on.status == 303);
  CHECK(header_of(on, "location") == kAccount);
  CHECK(site.all<AuthorizationCode>().empty());
}

TEST_CASE("sessions are listed with device and place, this one marked") {
  SignInSite site;
  TestBrowser here = site.browser();
  TestBrowser there = site.browser();
  there.address = "198.51.100.20";
  there.user_agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1";
  sign_in(there);
  site.clock.advance(2h);
  sign_in(here);
  const HttpResponse page = here.get(kAccount);
  CHECK(contains(page.body, "Firefox on Linux"));
  CHECK(contains(page.body, "Safari on iPhone"));
  CHECK(contains(page.body, "198.51.100.20"));
  CHECK(contains(page.body, "2 hours ago"));
  CHECK(contains(page.body, "UTC"));
  const std::size_t mark = page.body.find("This browser</span>");
  CHECK(mark != std::string::npos);
  CHECK(page.body.find("This browser</span>", mark + 1) == std::string::npos);
}

TEST_CASE("of several sessions one is ended, and the others go on") {
  SignInSite site;
  TestBrowser here = site.browser();
  TestBrowser there = site.browser();
  TestBrowser third = site.browser();
  sign_in(there);
  const SessionId ended = site.all<Session>().front().id;
  sign_in(here);
  sign_in(third);
  const HttpResponse done =
      here.post(kAccount + "/sessions", {{"continuation", token_of(here.get(kAccount))},
                                         {"action", "end"},
                                         {"session", ended.str()}});
  CHECK(done.status == 303);
  CHECK(contains(here.get(header_of(done, "location")).body, "The session was ended."));
  CHECK(shows_sign_in(there.get(kAccount)));
  CHECK(!shows_sign_in(third.get(kAccount)));
  CHECK(!shows_sign_in(here.get(kAccount)));
}

TEST_CASE("all other sessions are ended, and this one stays") {
  SignInSite site;
  TestBrowser here = site.browser();
  TestBrowser there = site.browser();
  sign_in(there);
  sign_in(here);
  here.post(kAccount + "/sessions",
            {{"continuation", token_of(here.get(kAccount))}, {"action", "end_others"}});
  CHECK(shows_sign_in(there.get(kAccount)));
  CHECK(!shows_sign_in(here.get(kAccount)));
}

TEST_CASE("what has ended is not ended again, in the journal or the audit") {
  SignInSite site;
  TestBrowser here = site.browser();
  TestBrowser there = site.browser();
  sign_in(there);
  const SessionId ended = site.all<Session>().front().id;
  sign_in(here);
  const Fields one{
      {"continuation", token_of(here.get(kAccount))}, {"action", "end"}, {"session", ended.str()}};
  const Fields others{{"continuation", token_of(here.get(kAccount))}, {"action", "end_others"}};
  const auto entries = [&site] { return site.all<JournalEntry>().size(); };
  const std::size_t before = entries();
  here.post(kAccount + "/sessions", one);
  CHECK(entries() == before + 1);
  const std::uint64_t head = site.head().sequence;
  for (const Fields& form : {one, others, one}) {
    const HttpResponse again = here.post(kAccount + "/sessions", form);
    CHECK(again.status == 303);
    CHECK(header_of(again, "location").starts_with(kAccount));
  }
  CHECK(entries() == before + 1);
  CHECK(site.head().sequence == head);
  const auto records = read_value<std::vector<AuditRecord>>(*site.store, [&](ReadTx& tx) {
                         return site.audit.read(tx, {});
                       }).value();
  CHECK(records.size() == 1);
  CHECK(shows_sign_in(there.get(kAccount)));
}

TEST_CASE("two requests to end one session, both begun before it ends, are one entry") {
  SignInSite site;
  TestBrowser here = site.browser();
  TestBrowser there = site.browser();
  sign_in(there);
  const SessionId id = site.all<Session>().front().id;
  sign_in(here);
  HttpRequest request;
  const std::string name{kSessionCookie};
  request.headers.add("Cookie", name + "=" + here.cookies.at(name));
  Browser browser;
  browser.cookies = read_cookies(*site.context, request);
  browser.now = site.clock.now();
  const std::size_t before = site.all<JournalEntry>().size();
  for (int i = 0; i < 2; ++i) {
    site.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(end_sessions(tx, *site.context, browser, {id}));
      return Done{};
    });
  }
  CHECK(site.all<JournalEntry>().size() == before + 1);
}

TEST_CASE("nobody ends somebody else's session, or learns whether there is such a one") {
  SignInSite site;
  site.write([](WriteTx& tx) {
    User jane;
    jane.tenant_id = TenantId{kTenant};
    jane.id = UserId{"jane"};
    jane.user_principal_name = "jane@contoso.com";
    jane.password_hash = fast_hash(kPassword);
    jane.password_id = "janes-password";
    return add(tx, jane);
  });
  TestBrowser john = site.browser();
  sign_in(john);
  const std::string johns = site.all<Session>().front().id.str();
  TestBrowser jane = site.browser();
  submit_password(jane, jane.get(kAccount), kPassword, "jane@contoso.com");
  const std::string token = token_of(jane.get(kAccount));
  const auto try_to_end = [&](const std::string& id) {
    return jane.post(kAccount + "/sessions",
                     {{"continuation", token}, {"action", "end"}, {"session", id}});
  };
  const HttpResponse existing = try_to_end(johns);
  const HttpResponse missing = try_to_end("no-such-session");
  CHECK(existing.status == missing.status);
  CHECK(header_of(existing, "location") == header_of(missing, "location"));
  CHECK(!shows_sign_in(john.get(kAccount)));
}

TEST_CASE("a form of the account page is worth nothing in another session") {
  SignInSite site;
  TestBrowser attacker = site.browser();
  sign_in(attacker);
  const std::string token = token_of(attacker.get(kAccount));
  TestBrowser victim = site.browser();
  sign_in(victim);
  CHECK(victim.post(kAccount + "/sessions", {{"continuation", token}, {"action", "end_others"}})
            .status == 400);
  CHECK(victim.post(kAccount + "/sessions", {{"action", "end_others"}}).status == 400);
  CHECK(victim
            .post_from("cross-site", kAccount + "/sessions",
                       {{"continuation", token_of(victim.get(kAccount))}, {"action", "end_others"}})
            .status == 400);
  CHECK(!shows_sign_in(attacker.get(kAccount)));
}

struct RegisteredBrowser {
  RegisteredBrowser() {
    sign_in(browser);
    done = browser.post(kAccount + "/devices", {{"continuation", token_of(browser.get(kAccount))},
                                                {"action", "register"}});
  }
  void disable() {
    Removal removal;
    removal.kind = RemovalKind::disable_device;
    removal.device_id = site.all<Device>().front().id;
    site.take_away(removal);
  }
  SignInSite site;
  TestBrowser browser = site.browser();
  HttpResponse done;
};

TEST_CASE_FIXTURE(RegisteredBrowser, "a browser is registered as a device of who is signed in") {
  CHECK(done.status == 303);
  REQUIRE(site.all<Device>().size() == 1);
  const Device device = site.all<Device>().front();
  CHECK(device.display_name == "Firefox on Linux");
  CHECK(device.registered_owner == UserId{kUser});
  CHECK(device.secret_hash.has_value());
  CHECK(!contains(browser.cookies[std::string{kDeviceCookie}], *device.secret_hash));
  CHECK(site.all<Session>().front().device_id == device.id);
  CHECK(contains(browser.get(kAccount).body, "Registered device"));
}

TEST_CASE_FIXTURE(RegisteredBrowser, "disabling the device ends its sessions and their renewal") {
  disable();
  CHECK(shows_sign_in(browser.get(kAccount)));
  CHECK(field(answer_in(browser.get(authorize_target({{"prompt", "none"}}))), "error") ==
        "login_required");
}

TEST_CASE("an access token from before the device was registered is renewed, and ends with it") {
  SignInSite site;
  TestBrowser browser = site.browser();
  site.change_app(kClient,
                  [](App& app) { app.admin_consented_scopes = {"api://files/Files.Read"}; });
  const Fields asking{{"scope", "openid offline_access api://files/Files.Read"}};
  const TokenAnswer early = site.redeem(field(answer_in(sign_in(browser, asking)), "code"));
  REQUIRE(early.ok());
  CHECK(site.is_active(site.introspect(early.access())));

  browser.post(kAccount + "/devices",
               {{"continuation", token_of(browser.get(kAccount))}, {"action", "register"}});
  REQUIRE(site.all<Device>().size() == 1);
  CHECK_FALSE(site.is_active(site.introspect(early.access())));
  CHECK(site.is_active(site.introspect_own(early.refresh())));
  CHECK(!field(answer_in(browser.get(authorize_target({{"prompt", "none"}}))), "code").empty());
  const TokenAnswer renewed = site.refresh(early.refresh());
  REQUIRE(renewed.ok());
  CHECK(site.is_active(site.introspect(renewed.access())));

  Removal removal;
  removal.kind = RemovalKind::disable_device;
  removal.device_id = site.all<Device>().front().id;
  site.take_away(removal);
  CHECK_FALSE(site.is_active(site.introspect(early.access())));
  CHECK_FALSE(site.is_active(site.introspect(renewed.access())));
  CHECK_FALSE(site.refresh(renewed.refresh()).ok());
}

TEST_CASE_FIXTURE(RegisteredBrowser, "a disabled device does not sign in again") {
  disable();
  const HttpResponse refused = sign_in(browser);
  CHECK(refused.status == 400);
  CHECK(contains(refused.body, "AADSTS135011"));
}

TEST_CASE_FIXTURE(RegisteredBrowser, "a new sign-in in a registered browser names the device") {
  browser.cookies.erase(std::string{kSessionCookie});
  sign_in(browser);
  for (const Session& session : site.all<Session>()) CHECK(session.device_id.has_value());
}

TEST_CASE_FIXTURE(RegisteredBrowser, "a device's id without its secret is no device") {
  TestBrowser thief = site.browser();
  thief.cookies[std::string{kDeviceCookie}] = site.all<Device>().front().id.str() + ".guess";
  sign_in(thief);
  int bound = 0;
  for (const Session& session : site.all<Session>()) bound += session.device_id ? 1 : 0;
  CHECK(bound == 1);
}

TEST_CASE_FIXTURE(RegisteredBrowser, "a session does not leave its device for another one") {
  browser.cookies.erase(std::string{kDeviceCookie});
  const HttpResponse again =
      browser.post(kAccount + "/devices",
                   {{"continuation", token_of(browser.get(kAccount))}, {"action", "register"}});
  CHECK(again.status == 400);
  CHECK(site.all<Device>().size() == 1);
  disable();
  CHECK(shows_sign_in(browser.get(kAccount)));
}

TEST_CASE("a session with more grants than one transaction should rewrite gets no device") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const Session session = site.all<Session>().front();
  const Status filled = site.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    for (std::size_t i = 0; i <= kBoundGrantsMax; ++i) {
      Grant grant;
      grant.tenant_id = session.tenant_id;
      grant.id = GrantId{std::to_string(i)};
      grant.app_id = AppId{"app"};
      grant.user_id = session.user_id;
      grant.session_id = session.id;
      CURFEW_TRY_STATUS(add(tx, grant));
    }
    return Done{};
  });
  REQUIRE(filled.ok());
  CHECK(browser
            .post(kAccount + "/devices",
                  {{"continuation", token_of(browser.get(kAccount))}, {"action", "register"}})
            .status == 400);
  CHECK(site.all<Device>().empty());
}

TEST_CASE("what a person ends is audited under their own name") {
  SignInSite site;
  TestBrowser here = site.browser();
  TestBrowser there = site.browser();
  sign_in(there);
  sign_in(here);
  here.post(kAccount + "/sessions",
            {{"continuation", token_of(here.get(kAccount))}, {"action", "end_others"}});
  const auto records = read_value<std::vector<AuditRecord>>(*site.store, [&](ReadTx& tx) {
                         return site.audit.read(tx, {});
                       }).value();
  REQUIRE(records.size() == 1);
  CHECK(records.front().entry.action == "session.end");
  CHECK(records.front().actor_name == kUpn);
}

TEST_CASE("the stylesheet is served, and pages refer to it") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse css = browser.get("/assets/curfew.css");
  CHECK(css.status == 200);
  CHECK(header_of(css, "content-type").starts_with("text/css"));
  CHECK(contains(browser.get(kAccount).body, "href=\"/assets/curfew.css\""));
}

}  // namespace
}  // namespace curfew
