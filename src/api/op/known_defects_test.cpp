#include <doctest/doctest.h>

#include <atomic>
#include <variant>

#include "protocol/oauth/token_request.hpp"
#include "tests/support/device_flow.hpp"
#include "tests/support/sign_in_site.hpp"

// Defects that identity servers are known to have had, each reproduced as far as a client can and
// refused. docs/defects.md lists them with these and the other tests.

namespace curfew {
namespace {

using namespace curfew::test;

constexpr std::size_t kSessions = 5;

bool is_silent(TestBrowser& browser) {
  return !field(answer_in(browser.get(authorize_target({{"prompt", "none"}}))), "code").empty();
}

// What the administrator's command asks for, on the machine itself.
TokenAnswer as_root(ServerFixture& server, const std::string& target, std::string body) {
  HttpRequest request = server.get(target, {{"Content-Type", "application/json"}});
  request.method = HttpMethod::post;
  request.body = std::move(body);
  request.peer = {Transport::unix_socket, "", 0, uid_t{0}};
  return ServerFixture::taken_apart(server.send(std::move(request)));
}
TokenAnswer revoke_john(ServerFixture& server) {
  return as_root(server, "/curfew/v1/revocations", R"({"subject":")" + server.upn + R"("})");
}

void agree_for_all(SignInSite& site) {
  site.change_app(kClient,
                  [](App& app) { app.admin_consented_scopes = {"api://files/Files.Read"}; });
}

TokenAnswer redeem_at_spa(ServerFixture& server) {
  ServerFixture::CodeOptions options;
  options.client = server.spa;
  options.redirect_uri = server.spa_origin + "/";
  const std::string code = server.add_code(server.add_session(server.john).row, options);
  return server.token({{"grant_type", "authorization_code"},
                       {"code", code},
                       {"redirect_uri", options.redirect_uri},
                       {"code_verifier", server.verifier},
                       {"client_id", server.spa.str()}},
                      {{"Origin", server.spa_origin}});
}

TEST_CASE("an older entry of the tenant and a newer one of the application both count") {
  ServerFixture server;
  const TokenAnswer oldest = server.signed_in();
  const TokenAnswer oldest_elsewhere = redeem_at_spa(server);
  server.take_away(RemovalKind::reauth_tenant);
  const TokenAnswer between = server.signed_in();
  const TokenAnswer between_elsewhere = redeem_at_spa(server);
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = server.web;
  server.take_away(removal);
  server.give_back(RestoralKind::enable_app, server.web.str());
  const TokenAnswer newest = server.signed_in();

  const auto lives = [&](const TokenAnswer& tokens) {
    REQUIRE(tokens.ok());
    return ServerFixture::is_active(server.introspect(tokens.access()));
  };
  CHECK_FALSE(lives(oldest));
  CHECK_FALSE(lives(oldest_elsewhere));  // the newer entry is about another application
  CHECK_FALSE(lives(between));           // the older entry is older than it
  CHECK(lives(between_elsewhere));
  CHECK(lives(newest));
  CHECK_FALSE(server.refresh(oldest.refresh()).ok());
  CHECK_FALSE(server.refresh(between.refresh()).ok());
  CHECK(server.refresh(newest.refresh()).ok());
}

// The state alone, without any entry in the journal: whoever asked the journal only would miss it.
TEST_CASE("no grant type and no page forgets the state of the account") {
  static_assert(std::variant_size_v<decltype(TokenRequest::grant)> == 5,
                "a new grant type has to be tried here");
  SignInSite site;
  agree_for_all(site);
  TestBrowser browser = site.browser();
  const HttpResponse consent = sign_in(browser, {{"prompt", "consent"}});
  REQUIRE_FALSE(input_value(consent.body, "continuation").empty());
  const TokenAnswer tokens = site.signed_in();
  const std::string code = site.add_code(site.add_session(site.john).row);
  test::DeviceFlow flow{site};
  const std::string device = flow.approved(site.add_session(site.john));
  TestBrowser approver = site.browser_of(site.add_session(site.john));
  const std::string confirmation = flow.confirmation(approver, flow.begin().text("user_code"));
  REQUIRE(tokens.ok());
  REQUIRE(is_silent(browser));
  REQUIRE(site.app_token().ok());
  const Fields on_behalf{{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                         {"requested_token_use", "on_behalf_of"},
                         {"assertion", tokens.access()},
                         {"scope", "api://files/.default"},
                         {"client_id", site.files.str()},
                         {"client_secret", site.files_secret}};
  site.change<App>(site.files,
                   [](App& app) { app.admin_consented_scopes = {"api://files/Files.Read"}; });
  REQUIRE(site.token(on_behalf).ok());

  site.change_user([](User& user) { user.account_enabled = false; });
  CHECK(site.redeem(code).number() == 50057);
  CHECK(site.refresh(tokens.refresh()).number() == 50057);
  CHECK(flow.poll(device).number() == 50057);
  CHECK(site.token(on_behalf).number() == 50057);
  CHECK(contains(flow.answer(approver, confirmation).body, "AADSTS50057"));
  CHECK_FALSE(is_silent(browser));
  const HttpResponse accepted = browser.post(
      "/" + kTenant + "/login/continue",
      {{"continuation", input_value(consent.body, "continuation")}, {"action", "accept"}});
  CHECK(field(answer_in(accepted), "code").empty());
  TestBrowser fresh = site.browser();
  CHECK(contains(sign_in(fresh).body, "AADSTS50057"));

  site.change_app(kClient, [](App& app) { app.account_enabled = false; });
  CHECK(site.app_token().number() == 7000112);
}

TEST_CASE("disabling and enabling again revives no offline token") {
  ServerFixture server;
  const TokenAnswer offline = server.signed_in();
  REQUIRE(contains(offline.text("scope"), "offline_access"));
  server.take_away(RemovalKind::disable_user);
  CHECK(server.refresh(offline.refresh()).suberror() == "bad_token");
  server.give_back(RestoralKind::enable_user, server.john.str());
  for (const auto wait : {std::chrono::hours{0}, std::chrono::hours{24}}) {
    server.clock.advance(wait);
    CHECK(server.refresh(offline.refresh()).suberror() == "bad_token");
    CHECK_FALSE(ServerFixture::is_active(server.introspect_own(offline.refresh())));
    CHECK_FALSE(ServerFixture::is_active(server.introspect(offline.access())));
  }
  CHECK(server.signed_in().ok());
}

TEST_CASE("of many sessions a revocation ends every one, and ending one ends that one") {
  SignInSite site;
  agree_for_all(site);
  const auto sign_all_in = [&] {
    std::vector<TestBrowser> browsers;
    std::vector<TokenAnswer> tokens;
    for (std::size_t at = 0; at < kSessions; ++at) {
      browsers.push_back(site.browser());
      const HttpResponse answer =
          sign_in(browsers.back(), {{"scope", "openid offline_access api://files/Files.Read"}});
      tokens.push_back(site.redeem(field(answer_in(answer), "code")));
      REQUIRE(tokens.back().ok());
    }
    return std::pair{std::move(browsers), std::move(tokens)};
  };
  auto [browsers, tokens] = sign_all_in();

  Removal removal;
  removal.kind = RemovalKind::end_session;
  removal.session_id = SessionId{claim(tokens[2].access(), "sid")};
  site.take_away(removal);
  for (std::size_t at = 0; at < kSessions; ++at) {
    CAPTURE(at);
    CHECK(is_silent(browsers[at]) == (at != 2));
    CHECK(ServerFixture::is_active(site.introspect(tokens[at].access())) == (at != 2));
  }

  REQUIRE(revoke_john(site).ok());
  for (std::size_t at = 0; at < kSessions; ++at) {
    CAPTURE(at);
    CHECK_FALSE(is_silent(browsers[at]));
    CHECK_FALSE(ServerFixture::is_active(site.introspect(tokens[at].access())));
    CHECK_FALSE(site.refresh(tokens[at].refresh()).ok());
  }
}

// A real store whose disk is full when a body has done its work: nothing of it becomes durable.
class FullDisk final : public Store {
 public:
  explicit FullDisk(std::shared_ptr<std::atomic<bool>> is_full) : is_full_(std::move(is_full)) {}
  Status read(const ReadBody& body) override { return inner_->read(body); }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    auto refused = [is_full = is_full_, body = std::move(body)](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(body(tx));
      if (is_full->load()) return Error::transient(ErrorCode::unavailable, "the disk is full");
      return Done{};
    };
    inner_->write(urgency, std::move(refused), std::move(done));
  }
  void set_group_hook(std::function<Status()> hook) override {
    inner_->set_group_hook(std::move(hook));
  }

 private:
  std::unique_ptr<Store> inner_ = make_memory_store();
  std::shared_ptr<std::atomic<bool>> is_full_;
};

struct FullDiskServer {
  std::shared_ptr<std::atomic<bool>> is_full = std::make_shared<std::atomic<bool>>(false);
  ServerFixture server{options()};

  FixtureOptions options() const {
    FixtureOptions made;
    made.store = std::make_unique<FullDisk>(is_full);
    return made;
  }
};

TEST_CASE("database work that ended half-way lets nobody in") {
  FullDiskServer world;
  ServerFixture& server = world.server;
  const TokenAnswer tokens = server.signed_in();
  const std::string code = server.add_code(server.add_session(server.john).row);
  TestBrowser browser = server.browser();
  const HttpResponse form = browser.get(authorize_target());
  const std::size_t sessions = server.all<Session>().size();
  const std::size_t codes = server.all<AuthorizationCode>().size();

  *world.is_full = true;
  for (const TokenAnswer& refused : {server.redeem(code), server.refresh(tokens.refresh())}) {
    CHECK(refused.status == 503);
    CHECK(refused.access().empty());
    CHECK(refused.refresh().empty());
  }
  const HttpResponse page = submit_password(browser, form);
  CHECK(page.status == 503);
  CHECK(header_of(page, "location").empty());
  CHECK_FALSE(browser.cookies.contains(std::string{kSessionCookie}));

  *world.is_full = false;
  CHECK(server.all<Session>().size() == sessions);
  CHECK(server.all<AuthorizationCode>().size() == codes);
  CHECK(server.refresh(tokens.refresh()).ok());
  CHECK(server.redeem(code).ok());  // not used up by the attempt
}

TEST_CASE("a revocation that the disk refused is not called done, and may be repeated") {
  FullDiskServer world;
  ServerFixture& server = world.server;
  const TokenAnswer tokens = server.signed_in();
  *world.is_full = true;
  CHECK(revoke_john(server).status == 503);
  *world.is_full = false;
  CHECK(server.row<User>(server.john).account_enabled);
  CHECK(ServerFixture::is_active(server.introspect(tokens.access())));
  REQUIRE(revoke_john(server).ok());
  CHECK_FALSE(server.row<User>(server.john).account_enabled);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(tokens.access())));
}

}  // namespace
}  // namespace curfew
