// What a new password ends: everything, when somebody else sets it or the person resets it; all but
// the session that it was changed in, when the person changes it with the old one.
#include <doctest/doctest.h>

#include <functional>

#include "api/password_reset/reset_code.hpp"
#include "store/schema_password_reset.hpp"
#include "tests/support/device_flow.hpp"
#include "tests/support/dpop_key.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::DeviceFlow;
using test::DpopKey;
using test::Fields;
using test::GraphOffice;
using test::GraphReply;
using test::SeededSession;
using test::ServerFixture;
using test::TestBrowser;
using test::TokenAnswer;

const std::string kWanted = "quite another pass phrase";

// Everything that John can have got before, each from a session of its own.
struct Before : GraphOffice {
  bool files_too = permit_files();
  DeviceFlow flow{server};
  DpopKey key{server};
  SeededSession own = server.add_session(server.john);
  SeededSession other = server.add_session(server.john, server.laptop);
  std::string code = server.add_code(other.row);
  TokenAnswer web = server.signed_in();
  TokenAnswer on_device = flow.poll(flow.approved(server.add_session(server.john)));
  TokenAnswer bound = spa_tokens();
  std::string waiting_device = flow.approved(server.add_session(server.john));
  std::string api_key =
      server.add_api_key(server.web, {std::string{kGraphResource} + "/User.Read.All"}, server.john);

  bool permit_files() {
    server.change<App>(server.web, [](App& app) {
      app.admin_consented_scopes.emplace_back("api://files/Files.Read");
    });
    return true;
  }
  TokenAnswer spa_tokens() {
    ServerFixture::CodeOptions options;
    options.client = server.spa;
    options.redirect_uri = server.spa_origin + "/";
    const std::string text = server.add_code(server.add_session(server.john).row, options);
    Fields headers = key.header();
    headers.emplace_back("Origin", server.spa_origin);
    return server.token({{"grant_type", "authorization_code"},
                         {"client_id", server.spa.str()},
                         {"code", text},
                         {"redirect_uri", server.spa_origin + "/"},
                         {"code_verifier", server.verifier}},
                        headers);
  }
  bool is_signed_in(const SeededSession& session) {
    TestBrowser browser = server.browser_of(session);
    const HttpResponse page = browser.get(server.path("/account"));
    return page.status == 200 && !test::contains(page.body, "name=\"password\"");
  }
  bool refreshes(const TokenAnswer& tokens) { return server.refresh(tokens.refresh()).ok(); }
  bool refreshes_bound() {
    Fields headers = key.header();
    headers.emplace_back("Origin", server.spa_origin);
    return server
        .token({{"grant_type", "refresh_token"},
                {"client_id", server.spa.str()},
                {"refresh_token", bound.refresh()}},
               headers)
        .ok();
  }
  void all_works() {
    REQUIRE(web.ok());
    REQUIRE(on_device.ok());
    REQUIRE(bound.ok());
    CHECK(is_signed_in(own));
    CHECK(is_signed_in(other));
    CHECK(ServerFixture::is_active(server.introspect(web.access())));
    CHECK(get(api_key, "/users").status == 200);
  }
  void all_is_over() {
    CHECK_FALSE(is_signed_in(other));
    CHECK_FALSE(refreshes(web));
    CHECK_FALSE(refreshes(on_device));
    CHECK_FALSE(refreshes_bound());
    CHECK_FALSE(ServerFixture::is_active(server.introspect(web.access())));
    CHECK_FALSE(ServerFixture::is_active(server.introspect(on_device.access())));
    CHECK_FALSE(server.redeem(code).ok());
    CHECK_FALSE(flow.poll(waiting_device).ok());
    CHECK(get(api_key, "/users").status == 401);
  }
};

// Of John, for Graph, in that session.
std::string token_in(Before& before, const SeededSession& session) {
  ServerFixture::CodeOptions wanted;
  wanted.resource = std::string{kGraphResource};
  wanted.scopes = {"offline_access", std::string{kGraphResource} + "/.default"};
  return before.server.redeem(before.server.add_code(session.row, wanted)).access();
}

TEST_CASE("what the tests of a new password look at works before it, all of it") {
  Before before;
  before.all_works();
  CHECK(before.refreshes(before.web));
  CHECK(before.refreshes(before.on_device));
  CHECK(before.refreshes_bound());
  CHECK(before.server.redeem(before.code).ok());
  CHECK(before.flow.poll(before.waiting_device).ok());
}

TEST_CASE("a reset by an administrator ends every session, grant, code and key of the person") {
  Before before;
  before.all_works();
  const UserId admin = before.add_person("admin@contoso.com");
  before.give_role(admin.str(), Role::privileged_authentication_administrator);
  const GraphReply reset =
      before.post(before.token_of(admin),
                  "/users/" + before.server.john.str() +
                      "/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword",
                  "{}");
  REQUIRE_MESSAGE(reset.status == 202, reset.http.body);
  before.all_is_over();
  CHECK_FALSE(before.is_signed_in(before.own));
}

TEST_CASE("a reset with a link in a mail ends all of it, as an administrator's does") {
  Before before;
  before.all_works();
  ServerFixture& server = before.server;
  server.context->password_reset.sends_mail = true;
  EmailMethod method;
  method.tenant_id = server.tenant;
  method.user_id = server.john;
  method.authenticator_id = new_guid();
  method.email_address = "john@example.com";
  server.put(method);
  std::string code;
  server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY(const auto made,
               make_reset_code(tx, *server.context, server.upn, server.clock.now()));
    if (made) code = made->code.reveal();
    return Done{};
  });
  const HttpResponse done = server.send(
      server.post(server.path("/password-reset/new"),
                  {{"code", code}, {"new_password", kWanted}, {"repeated_password", kWanted}}));
  REQUIRE(done.status == 200);
  before.all_is_over();
  CHECK_FALSE(before.is_signed_in(before.own));
}

TEST_CASE("a change by the person keeps the session it was made in, and ends everything else") {
  Before before;
  before.all_works();
  const std::string token = token_in(before, before.own);
  const GraphReply changed = before.post(token, "/me/changePassword",
                                         R"({"currentPassword":")" + before.server.password +
                                             R"(","newPassword":")" + kWanted + R"("})");
  REQUIRE_MESSAGE(changed.status == 204, changed.http.body);
  before.all_is_over();
  CHECK(before.get(token, "/me").status == 401);
  CHECK(before.is_signed_in(before.own));
  // It leads to new tokens, as any session does, and ends like any.
  const auto now = before.server.row<Session>(before.own.row.id);
  CHECK(before.server.redeem(before.server.add_code(now)).ok());
  before.server.take_away(RemovalKind::revoke_sessions);
  CHECK_FALSE(before.is_signed_in(before.own));
}

TEST_CASE("a session that ended meanwhile is not kept by a change of the password") {
  Before before;
  Removal end;
  end.kind = RemovalKind::end_session;
  end.session_id = before.own.row.id;
  before.server.take_away(end);
  Removal change;
  change.kind = RemovalKind::reset_password;
  change.user_id = before.server.john;
  change.password_hash = before.server.row<User>(before.server.john).password_hash.value();
  change.kept_session = before.own.row.id;
  before.server.take_away(change);
  CHECK_FALSE(before.is_signed_in(before.own));
}

// --- email methods

struct Methods : GraphOffice {
  UserId admin = add_person("admin@contoso.com");
  UserId person = add_person("person@contoso.com");
  std::string bearer = make_token(Role::authentication_administrator);
  std::string all = "/users/" + person.str() + "/authentication/emailMethods";
  std::string one = all + "/3ddfcfc8-9383-446f-83cc-3ab9be4be18f";

  std::string make_token(Role role) {
    give_role(admin.str(), role);
    return token_of(admin);
  }
  GraphReply set(const std::string& token, const std::string& path, const std::string& address) {
    return post(token, path, R"({"emailAddress":")" + address + R"("})");
  }
  std::vector<EmailMethod> rows() { return server.all<EmailMethod>(); }
};

TEST_CASE("an administrator sets, shows, changes and removes a person's email method") {
  Methods desk;
  CHECK(desk.get(desk.bearer, desk.all).value().empty());
  CHECK(desk.get(desk.bearer, desk.one).status == 404);
  CHECK(desk.patch(desk.bearer, desk.one, R"({"emailAddress":"a@b.example"})").status == 404);
  const GraphReply made = desk.set(desk.bearer, desk.all, "person@example.com");
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  CHECK(made.text("id") == "3ddfcfc8-9383-446f-83cc-3ab9be4be18f");
  CHECK(made.text("emailAddress") == "person@example.com");
  CHECK(test::contains(made.header("Location"), desk.one));
  CHECK(desk.set(desk.bearer, desk.all, "second@example.com").status == 409);
  CHECK(desk.get(desk.bearer, desk.all).values("emailAddress") == "person@example.com");
  CHECK(desk.get(desk.bearer, desk.one).text("emailAddress") == "person@example.com");
  CHECK(desk.get(desk.bearer, "/users/" + desk.person.str() + "/authentication/methods")
            .values("@odata.type") == "#microsoft.graph.emailAuthenticationMethod");
  const EmailMethod row = desk.rows().front();
  CHECK(row.created_by_kind == ActorKind::user);
  CHECK(row.created_by_id == desk.admin.str());
  CHECK(row.created_at == desk.server.clock.now());

  CHECK(desk.patch(desk.bearer, desk.one, R"({"emailAddress":"new@example.com"})").status == 204);
  REQUIRE(desk.rows().size() == 1);
  CHECK(desk.rows().front().email_address == "new@example.com");
  CHECK(desk.rows().front().authenticator_id != row.authenticator_id);
  CHECK(desk.remove(desk.bearer, desk.one).status == 204);
  CHECK(desk.rows().empty());
  CHECK(desk.remove(desk.bearer, desk.one).status == 404);
}

TEST_CASE("the address that was taken or replaced is told, by whom") {
  Methods desk;
  REQUIRE(desk.set(desk.bearer, desk.all, "old@example.com").status == 201);
  CHECK(desk.patch(desk.bearer, desk.one, R"({"emailAddress":"new@example.com"})").status == 204);
  CHECK(desk.remove(desk.bearer, desk.one).status == 204);
  std::set<std::string> told;
  for (const Letter& letter : desk.server.all<Letter>()) {
    CHECK(letter.kind == LetterKind::method_was_removed);
    CHECK(letter.made_by == "admin@contoso.com");
    told.insert(letter.address);
  }
  CHECK(told == std::set<std::string>{"old@example.com", "new@example.com"});
}

TEST_CASE("what is no address is refused, and so is what belongs to no email method") {
  Methods desk;
  for (const char* address : {"", "x", "a@b", "a b@example.com", "a@example.com>",
                              "a@example.com\\r\\nBcc: c@example.com"}) {
    CAPTURE(address);
    CHECK(desk.set(desk.bearer, desk.all, address).status == 400);
  }
  CHECK(desk.post(desk.bearer, desk.all, "{}").status == 400);
  CHECK(desk.post(desk.bearer, desk.all, R"({"emailAddress":"a@b.example","phone":"1"})").status ==
        400);
  CHECK(desk.rows().empty());
}

TEST_CASE("a helper who may reset a password may not set where a reset is sent") {
  for (const Role role : {Role::helpdesk_administrator, Role::password_administrator,
                          Role::user_administrator, Role::reports_reader}) {
    Methods desk;
    const UserId helper = desk.add_person("helper@contoso.com");
    desk.give_role(helper.str(), role);
    const std::string token = desk.token_of(helper);
    CHECK(desk.set(token, desk.all, "evil@example.com").status == 403);
    REQUIRE(desk.set(desk.bearer, desk.all, "person@example.com").status == 201);
    CHECK(desk.patch(token, desk.one, R"({"emailAddress":"evil@example.com"})").status == 403);
    CHECK(desk.remove(token, desk.one).status == 403);
    CHECK(desk.rows().front().email_address == "person@example.com");
  }
}

TEST_CASE("nobody sets where the reset of a higher administrator is sent, nor by an application") {
  Methods desk;
  CHECK(desk.set(desk.app_token(), desk.all, "app@example.com").status == 201);
  CHECK(desk.remove(desk.app_token(), desk.one).status == 204);
  desk.give_role(desk.person.str(), Role::helpdesk_administrator);
  CHECK(desk.set(desk.bearer, desk.all, "evil@example.com").status == 403);
  CHECK(desk.set(desk.app_token(), desk.all, "evil@example.com").status == 403);
  CHECK(desk.rows().empty());
}

TEST_CASE("a person changes their own email method a moment after signing in, and not later") {
  Methods desk;
  const std::string mine = "/me/authentication/emailMethods";
  const std::string token = desk.token_of(desk.person);
  CHECK(desk.set(token, mine, "me@example.com").status == 201);
  CHECK(desk.rows().front().created_by_id == desk.person.str());
  desk.server.clock.advance(std::chrono::minutes{11});
  const std::string own = mine + "/3ddfcfc8-9383-446f-83cc-3ab9be4be18f";
  CHECK(desk.patch(token, own, R"({"emailAddress":"evil@example.com"})").status == 403);
  CHECK(desk.remove(token, own).status == 403);
  CHECK(desk.get(token, mine).values("emailAddress") == "me@example.com");
  // Neither does a role of theirs take the place of the sign-in.
  desk.give_role(desk.person.str(), Role::global_administrator);
  CHECK(desk.patch(token, own, R"({"emailAddress":"evil@example.com"})").status == 403);
  CHECK(desk.remove(desk.token_of(desk.person), own).status == 204);
}

TEST_CASE("a person reads and changes nobody else's email method") {
  Methods desk;
  const UserId other = desk.add_person("other@contoso.com");
  const std::string token = desk.token_of(other);
  CHECK(desk.get(token, desk.all).status == 403);
  CHECK(desk.set(token, desk.all, "evil@example.com").status == 403);
}

}  // namespace
}  // namespace curfew
