#include <doctest/doctest.h>

#include "model/audit.hpp"
#include "model/sign_in.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/device_flow.hpp"

// Signing in on a device without a browser, by the rules of RFC 8628.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::claims_in;
using test::contains;
using test::DeviceFlow;
using test::Fields;
using test::header_of;
using test::input_value;
using test::SeededSession;
using test::ServerFixture;
using test::TestBrowser;
using test::TokenAnswer;

bool shows_sign_in(const HttpResponse& page) { return contains(page.body, "name=\"password\""); }

// A person who signed in on the laptop, and a device that has begun.
struct Scene {
  ServerFixture server;
  DeviceFlow flow{server};
  SeededSession session = server.add_session(server.john, server.laptop);
  TestBrowser browser = server.browser_of(session);
  TokenAnswer begun = flow.begin();
  std::string device_code = begun.text("device_code");
  std::string user_code = begun.text("user_code");
};

TEST_CASE("RFC 8628 3.2: the device gets two codes, an address, a lifetime and an interval") {
  Scene scene;
  REQUIRE(scene.begun.ok());
  CHECK(scene.device_code.size() >= 43);  // 256 bits
  CHECK(scene.user_code.size() == 9);
  CHECK(scene.begun.text("verification_uri") == "https://login.contoso.test/contoso.com/device");
  CHECK(scene.begun.text("verification_uri_complete") ==
        "https://login.contoso.test/contoso.com/device?user_code=" + scene.user_code);
  CHECK(scene.begun.body.at("expires_in").as_int64() == 900);
  CHECK(scene.begun.body.at("interval").as_int64() == 5);
  CHECK(contains(scene.begun.text("message"), scene.user_code));
  CHECK(header_of(scene.begun.http, "Cache-Control") == "no-store");
}

TEST_CASE("neither code is stored") {
  Scene scene;
  const DeviceCode row = scene.flow.row_of(scene.device_code);
  std::string letters = scene.user_code;
  letters.erase(4, 1);
  for (const std::string& text : {row.hash, row.user_code_mac, row.claims, row.resource}) {
    CHECK_FALSE(contains(text, scene.device_code));
    CHECK_FALSE(contains(text, letters));
  }
  CHECK(row.user_code_mac != sha256_base64url(scene.user_code));
}

TEST_CASE("RFC 8628 3.1: the client authenticates as at the token endpoint") {
  ServerFixture server;
  DeviceFlow flow{server};
  CHECK(flow.begin_as({{"client_id", server.web.str()}}).status == 401);
  CHECK(flow.begin_as({{"client_id", server.web.str()}, {"client_secret", "wrong"}}).error() ==
        "invalid_client");
  server.change<App>(server.spa, [](App& app) { app.allow_device_code = true; });
  CHECK(flow.begin_as({{"client_id", server.spa.str()}, {"scope", "openid"}}).ok());
}

TEST_CASE("an application that nobody allowed it to cannot begin a sign-in on a device") {
  ServerFixture server;
  DeviceFlow flow{server};
  server.change<App>(server.web, [](App& app) { app.allow_device_code = false; });
  const TokenAnswer refused = flow.begin();
  CHECK(refused.status == 400);
  CHECK(refused.error() == "unauthorized_client");
  server.change<App>(server.web, [](App& app) {
    app.allow_device_code = true;
    app.account_enabled = false;
  });
  CHECK(flow.begin().error() == "unauthorized_client");
  CHECK(server.all<DeviceCode>().empty());
}

TEST_CASE("RFC 8628 3.1: what is asked for must exist, and is told to the device") {
  ServerFixture server;
  DeviceFlow flow{server};
  CHECK(flow.begin("api://nowhere/x").error() == "invalid_target");
  CHECK(flow.begin("api://files/Files.Burn").error() == "invalid_scope");
  CHECK(flow.begin("api://files/Files.Read api://curfew/manage").error() == "invalid_target");
  CHECK(flow.begin("bare").error() == "invalid_scope");
  CHECK(server.all<DeviceCode>().empty());
}

TEST_CASE("RFC 8628 3.3: a person who is not signed in signs in first, and comes back") {
  Scene scene;
  TestBrowser stranger = scene.server.browser();
  const HttpResponse page = stranger.get("/contoso.com/device?user_code=" + scene.user_code);
  REQUIRE(shows_sign_in(page));
  const HttpResponse led = stranger.post(scene.server.path("/login"),
                                         {{"continuation", input_value(page.body, "continuation")},
                                          {"username", scene.server.upn},
                                          {"password", scene.server.password}});
  CHECK(led.status == 303);
  const std::string location = header_of(led, "Location");
  CHECK(location == scene.flow.page_path() + "?user_code=" + scene.user_code);
  CHECK(input_value(stranger.get(location).body, "user_code") == scene.user_code);
}

TEST_CASE("a one-time password is replaced on the way to the page for devices") {
  Scene scene;
  scene.server.change<User>(scene.server.john, [](User& u) { u.force_change_password = true; });
  TestBrowser stranger = scene.server.browser();
  const HttpResponse page = stranger.get("/contoso.com/device?user_code=" + scene.user_code);
  const HttpResponse change = stranger.post(
      scene.server.path("/login"), {{"continuation", input_value(page.body, "continuation")},
                                    {"username", scene.server.upn},
                                    {"password", scene.server.password}});
  const HttpResponse led =
      stranger.post(scene.server.path("/login/password"),
                    {{"continuation", input_value(change.body, "continuation")},
                     {"new_password", "quite another one 42"},
                     {"repeated_password", "quite another one 42"}});
  CHECK(header_of(led, "Location") == scene.flow.page_path() + "?user_code=" + scene.user_code);
}

TEST_CASE("RFC 8628 3.3.1: an address with the code in it fills in the field and nothing else") {
  Scene scene;
  const HttpResponse page =
      scene.browser.get(scene.flow.page_path() + "?user_code=" + scene.user_code);
  CHECK(page.status == 200);
  CHECK(input_value(page.body, "user_code") == scene.user_code);
  CHECK_FALSE(contains(page.body, "Payroll"));
  CHECK(scene.flow.row_of(scene.device_code).state == DeviceCodeState::pending);
}

TEST_CASE("RFC 8628 5.4: the page says who asks, from where and for what, and warns") {
  Scene scene;
  const HttpResponse page = scene.flow.type(scene.browser, scene.user_code);
  for (const std::string& part :
       {std::string{"Payroll"}, scene.user_code, std::string{"192.0.2.7"},
        std::string{"television/1.0"}, std::string{"Read your files"}, scene.server.upn,
        std::string{"on a device in front of you"}, std::string{"Keep this access"}}) {
    CHECK_MESSAGE(contains(page.body, part), part);
  }
  CHECK(header_of(page, "X-Frame-Options") == "DENY");
  CHECK(contains(header_of(page, "Content-Security-Policy"), "form-action 'self'"));
}

TEST_CASE("RFC 8628 6.1: the code may be typed in small letters and without the dash") {
  Scene scene;
  std::string typed = ascii_lower(scene.user_code);
  typed.erase(4, 1);
  CHECK(contains(scene.flow.type(scene.browser, typed).body, "Payroll"));
}

TEST_CASE("RFC 8628 5.4: nothing is approved without the person's own confirmation") {
  Scene scene;
  const std::string form = scene.flow.confirmation(scene.browser, scene.user_code);
  const HttpResponse page =
      scene.browser.post(scene.flow.page_path(), {{"continuation", form}, {"action", "approve"}});
  CHECK(contains(page.body, "did not confirm"));
  CHECK(scene.browser
            .post_from("cross-site", scene.flow.page_path(),
                       {{"continuation", form}, {"action", "approve"}, {"confirm", "1"}})
            .status == 400);
  CHECK(scene.flow.row_of(scene.device_code).state == DeviceCodeState::pending);
}

TEST_CASE("RFC 8628 3.4: an approved device gets tokens of the approving session") {
  Scene scene;
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  const TokenAnswer answer = scene.flow.poll(scene.device_code);
  REQUIRE(answer.ok());
  CHECK_FALSE(answer.refresh().empty());
  CHECK_FALSE(answer.text("id_token").empty());
  CHECK_FALSE(claims_in(answer.text("id_token")).contains("nonce"));
  const auto checked = check_access_token(*scene.server.context, answer.access());
  REQUIRE(checked);
  const AccessTokenClaims& claims = checked->claims();
  const Session& session = scene.session.row;
  CHECK(claims.oid == scene.server.john.str());
  CHECK(claims.sid == session.id);
  CHECK(claims.deviceid.empty());  // the laptop let it in, and is not where it runs
  CHECK(claims.inherited_keys == std::vector{to_string(key_of(scene.server.laptop))});
  CHECK(claims.authenticator_id == session.authenticator_id);
  CHECK(claims.stamps.auth_as_of == session.auth_as_of);
  CHECK(claims.scp == "Files.Read");
  const Grant grant = scene.server.row<Grant>(claims.grant_id);
  CHECK(grant.session_id == session.id);
  CHECK(grant.device_id == scene.server.laptop);
  CHECK(grant.authenticator_id == session.authenticator_id);
  CHECK(grant.auth_as_of == session.auth_as_of);
  CHECK(scene.server.refresh(answer.refresh()).ok());
}

TEST_CASE("RFC 8628 3.5: until somebody answers, it is authorization_pending") {
  Scene scene;
  for (int i = 0; i < 5; ++i) {
    const TokenAnswer answer = scene.flow.poll(scene.device_code);
    CHECK(answer.status == 400);
    CHECK(answer.error() == "authorization_pending");
    CHECK(answer.number() == 70016);
    scene.server.clock.advance(5s);
  }
}

TEST_CASE("RFC 8628 3.5: a device that asks too often is told to slow down, MSAL never") {
  Scene scene;
  CHECK(scene.flow.poll(scene.device_code).error() == "authorization_pending");
  scene.server.clock.advance(2s);
  CHECK(scene.flow.poll(scene.device_code).error() == "slow_down");
  scene.server.clock.advance(6s);
  CHECK(scene.flow.poll(scene.device_code).error() == "slow_down");  // ten seconds by now
  scene.server.clock.advance(1s);
  CHECK(scene.flow.poll_as_msal(scene.device_code).error() == "authorization_pending");
  // Who is in too great a hurry still gets the tokens.
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  CHECK(scene.flow.poll(scene.device_code).ok());
}

TEST_CASE("RFC 8628 3.5: a declined one is access_denied, in MSAL's words authorization_declined") {
  Scene scene;
  const std::string form = scene.flow.confirmation(scene.browser, scene.user_code);
  CHECK(contains(scene.flow.answer(scene.browser, form, "deny").body, "Nothing was given"));
  CHECK(scene.flow.poll(scene.device_code).error() == "access_denied");
  CHECK(scene.flow.poll_as_msal(scene.device_code).error() == "authorization_declined");
  // And stays declined.
  CHECK(scene.flow.answer(scene.browser, form).status == 400);
  CHECK(scene.flow.poll(scene.device_code).error() == "access_denied");
  CHECK(contains(scene.flow.type(scene.browser, scene.user_code).body, "not known or has expired"));
}

TEST_CASE("RFC 8628 3.5: after its time a code is expired_token, approved or not") {
  Scene scene;
  const std::string approved = scene.flow.approved(scene.session);
  const std::string form = scene.flow.confirmation(scene.browser, scene.user_code);
  scene.server.clock.advance(15min);
  CHECK(scene.flow.poll(scene.device_code).error() == "expired_token");
  CHECK(scene.flow.poll(approved).error() == "expired_token");
  CHECK(scene.flow.answer(scene.browser, form).status == 400);
  CHECK(scene.flow.row_of(scene.device_code).state == DeviceCodeState::pending);
  CHECK(contains(scene.flow.type(scene.browser, scene.user_code).body, "not known or has expired"));
}

TEST_CASE("RFC 8628 3.5: an unknown device code is invalid_grant, MSAL's bad_verification_code") {
  Scene scene;
  CHECK(scene.flow.poll("made-up").error() == "invalid_grant");
  CHECK(scene.flow.poll_as_msal("made-up").error() == "bad_verification_code");
  CHECK(scene.flow.poll(scene.user_code).error() == "invalid_grant");
}

TEST_CASE("RFC 8628 3.4: a device code is its own client's") {
  Scene scene;
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  const TokenAnswer foreign = scene.server.token({{"grant_type", std::string{test::kDeviceGrant}},
                                                  {"device_code", scene.device_code},
                                                  {"client_id", scene.server.files.str()},
                                                  {"client_secret", scene.server.files_secret}});
  CHECK(foreign.error() == "invalid_grant");
  CHECK(scene.flow.poll(scene.device_code).ok());
}

TEST_CASE("a device code is redeemed once, and its second use ends what the first one made") {
  Scene scene;
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  const TokenAnswer first = scene.flow.poll(scene.device_code);
  REQUIRE(first.ok());
  const TokenAnswer second = scene.flow.poll(scene.device_code);
  CHECK(second.error() == "invalid_grant");
  CHECK(second.suberror() == "bad_token");
  CHECK_FALSE(scene.server.refresh(first.refresh()).ok());
  CHECK_FALSE(ServerFixture::is_active(scene.server.introspect(first.access())));
}

TEST_CASE("one answer counts: a second person, or a second click, changes nothing") {
  Scene scene;
  const SeededSession other = scene.server.add_session(scene.server.john);
  TestBrowser second = scene.server.browser_of(other);
  const std::string late = scene.flow.confirmation(second, scene.user_code);
  const std::string form = scene.flow.confirmation(scene.browser, scene.user_code);
  REQUIRE(scene.flow.answer(scene.browser, form).status == 200);
  CHECK(scene.flow.answer(second, late).status == 400);
  CHECK(scene.flow.answer(second, late, "deny").status == 400);
  CHECK(scene.flow.row_of(scene.device_code).session_id == scene.session.row.id);
}

TEST_CASE("a form of one session is worth nothing in another one") {
  Scene scene;
  const std::string form = scene.flow.confirmation(scene.browser, scene.user_code);
  TestBrowser other = scene.server.browser_of(scene.server.add_session(scene.server.john));
  CHECK(scene.flow.answer(other, form).status == 400);
  CHECK(scene.flow.row_of(scene.device_code).state == DeviceCodeState::pending);
}

TEST_CASE("whoever was revoked while the page was open approves nothing") {
  Scene scene;
  const std::string form = scene.flow.confirmation(scene.browser, scene.user_code);
  scene.server.take_away(RemovalKind::revoke_sessions);
  CHECK(shows_sign_in(scene.flow.answer(scene.browser, form)));
  CHECK(scene.flow.row_of(scene.device_code).state == DeviceCodeState::pending);
}

TEST_CASE("what a managed device lets in is on no managed device, and ends with the one that did") {
  Scene scene;
  ServerFixture& server = scene.server;
  server.change<Device>(server.laptop,
                        [](Device& device) { device.properties = R"({"isManaged":true})"; });
  server.change<App>(server.files,
                     [](App& app) { app.session_controls = {"blockDownloads:unmanagedDevice"}; });
  const auto controls_in = [&server](const TokenAnswer& tokens) {
    const auto checked = check_access_token(*server.context, tokens.access());
    REQUIRE(checked);
    return checked->claims().session_controls;
  };
  const std::vector<std::string> blocked{"blockDownloads"};
  CHECK(controls_in(server.signed_in(server.laptop)).empty());
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  const TokenAnswer tokens = scene.flow.poll(scene.device_code);
  CHECK(controls_in(tokens) == blocked);
  const TokenAnswer renewed = server.refresh(tokens.refresh());
  CHECK(controls_in(renewed) == blocked);
  CHECK(ServerFixture::is_active(server.introspect(renewed.access())));
  Removal removal;
  removal.kind = RemovalKind::disable_device;
  removal.device_id = server.laptop;
  server.take_away(removal);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(renewed.access())));
  CHECK_FALSE(server.refresh(renewed.refresh()).ok());
}

TEST_CASE("whoever is revoked after approving gives the device nothing, for ever") {
  Scene scene;
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  scene.server.take_away(RemovalKind::disable_user);
  TokenAnswer dead = scene.flow.poll(scene.device_code);
  CHECK(dead.error() == "invalid_grant");
  CHECK(dead.suberror() == "bad_token");
  CHECK(dead.number() == 50057);
  scene.server.give_back(RestoralKind::enable_user, scene.server.john.str());
  dead = scene.flow.poll(scene.device_code);
  CHECK(dead.error() == "invalid_grant");
  CHECK(dead.number() == 50173);
  CHECK(scene.server.all<Grant>().empty());
}

TEST_CASE("taking the permission from the application closes what was approved before") {
  Scene scene;
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  scene.server.change<App>(scene.server.web, [](App& app) { app.allow_device_code = false; });
  CHECK(scene.flow.poll(scene.device_code).error() == "unauthorized_client");
}

TEST_CASE("what the person may not have is refused on the page, and logged") {
  Scene scene;
  scene.server.change<App>(scene.server.web, [](App& app) { app.assignment_required = true; });
  const HttpResponse page = scene.flow.type(scene.browser, scene.user_code);
  CHECK(page.status == 400);
  CHECK(contains(page.body, "AADSTS50105"));
  REQUIRE(scene.server.sign_in_log->flush().ok());
  CHECK(scene.server.all<SignIn>().front().error_code == 50105);
  CHECK(scene.flow.row_of(scene.device_code).state == DeviceCodeState::pending);
}

TEST_CASE("what the person agrees to on the page is remembered, and no more than was shown") {
  Scene scene;
  scene.server.change<App>(scene.server.web, [](App& app) { app.admin_consented_scopes.clear(); });
  const std::string form = scene.flow.confirmation(scene.browser, scene.user_code);
  REQUIRE(scene.flow.answer(scene.browser, form).status == 200);
  CHECK(scene.server.row<Consent>(scene.server.john, scene.server.web).scopes ==
        std::vector<std::string>{"api://files/Files.Read"});
  CHECK(scene.flow.poll(scene.device_code).ok());
}

TEST_CASE("what only an administrator can permit is not for a person to give a device") {
  ServerFixture server;
  DeviceFlow flow{server};
  server.change<App>(server.web, [](App& app) { app.admin_consented_scopes.clear(); });
  server.put(
      RoleAssignment{server.tenant, server.john.str(),
                     RoleId{std::string{definition_of(Role::global_administrator).template_id}},
                     server.clock.now()});
  TestBrowser browser = server.browser_of(server.add_session(server.john));
  const TokenAnswer begun = flow.begin("api://curfew/manage");
  REQUIRE(begun.ok());
  CHECK(contains(flow.type(browser, begun.text("user_code")).body, "AADSTS90094"));
}

TEST_CASE("RFC 8628 5.1: whoever guesses user codes is held back, whatever they are") {
  Scene scene;
  for (int i = 0; i < 5; ++i) {
    CHECK(contains(scene.flow.type(scene.browser, "BBBB-BBBB").body, "not known"));
  }
  CHECK(contains(scene.flow.type(scene.browser, "BBBB-BBBC").body, "too many"));
  CHECK(contains(scene.flow.type(scene.browser, scene.user_code).body, "too many"));
  scene.server.clock.advance(15min);
  scene.server.clock.advance(1min);
  const TokenAnswer fresh = scene.flow.begin();
  CHECK(contains(scene.flow.type(scene.browser, fresh.text("user_code")).body, "Payroll"));
}

TEST_CASE("one address cannot fill the table with sign-ins that nobody will answer") {
  ServerFixture server;
  DeviceFlow flow{server};
  int begun = 0;
  TokenAnswer last = flow.begin();
  for (; last.ok() && begun < 100; last = flow.begin()) ++begun;
  CHECK(begun == 30);
  CHECK(last.status == 400);  // no 429, which MSAL would take for everybody's
  CHECK(last.error() == "slow_down");
  CHECK(header_of(last.http, "Retry-After").empty());
}

TEST_CASE("an approval is audited and in the sign-in log, a denial is audited") {
  Scene scene;
  REQUIRE(scene.flow.approve(scene.browser, scene.user_code).status == 200);
  const std::string second = scene.flow.begin().text("user_code");
  scene.flow.answer(scene.browser, scene.flow.confirmation(scene.browser, second), "deny");
  std::vector<std::string> actions;
  for (const AuditEntry& entry : scene.server.all<AuditEntry>()) actions.push_back(entry.action);
  CHECK(actions == std::vector<std::string>{"device_code.approve", "device_code.deny"});
  REQUIRE(scene.server.sign_in_log->flush().ok());
  const auto lines = scene.server.all<SignIn>();
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().client_app_used == "Device code");
  CHECK(lines.front().app_id == scene.server.web);
  CHECK(lines.front().session_id == scene.session.row.id);
  CHECK(lines.front().error_code == 0);
}

TEST_CASE("continuous evaluation that the device's request asks for is in its token") {
  ServerFixture server;
  DeviceFlow flow{server};
  const SeededSession session = server.add_session(server.john);
  const TokenAnswer begun = flow.begin_as(
      server.as_web({{"scope", "api://files/Files.Read"},
                     {"claims", R"({"access_token":{"xms_cc":{"values":["cp1"]}}})"}}));
  REQUIRE(begun.ok());
  TestBrowser browser = server.browser_of(session);
  REQUIRE(flow.approve(browser, begun.text("user_code")).status == 200);
  const TokenAnswer answer = flow.poll(begun.text("device_code"));
  REQUIRE(answer.ok());
  CHECK(claims_in(answer.access()).contains("xms_cc"));
  CHECK(answer.refresh().empty());
}

}  // namespace
}  // namespace curfew
