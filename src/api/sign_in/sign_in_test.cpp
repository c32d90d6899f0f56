#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/sign_in/browser_cookies.hpp"
#include "api/sign_in/continuation.hpp"
#include "tests/support/sign_in_site.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

const std::string kSessionName{kSessionCookie};
const std::string kFormName{kFormCookie};
const std::string kKnownName{kKnownCookie};

std::string error_of(const HttpResponse& page) {
  const std::size_t at = page.body.find("role=\"alert\">");
  if (at == std::string::npos) return {};
  const std::size_t from = at + 13;
  return page.body.substr(from, page.body.find('<', from) - from);
}

std::string set_cookie_of(const HttpResponse& response, const std::string& name) {
  for (const std::string_view set : response.headers.all("set-cookie")) {
    if (set.starts_with(name + "=")) return std::string{set};
  }
  return {};
}

TEST_CASE("an unknown user and a wrong password get the same answer") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target());
  const HttpResponse wrong = submit_password(browser, page, "not the password");
  const HttpResponse unknown = submit_password(browser, page, "not the password", "no@contoso.com");
  CHECK(wrong.status == unknown.status);
  CHECK(!error_of(wrong).empty());
  CHECK(error_of(wrong) == error_of(unknown));
  CHECK(site.all<Session>().empty());
}

TEST_CASE("an unknown user and a known one are locked out alike") {
  SignInSite site;
  std::vector<std::string> errors;
  for (const std::string& name : {kUpn, std::string{"no@contoso.com"}}) {
    TestBrowser browser = site.browser();
    browser.address = name == kUpn ? "203.0.113.1" : "203.0.113.2";
    HttpResponse last;
    for (int i = 0; i < 6; ++i) {
      last = submit_password(browser, browser.get(authorize_target()), "guess", name);
    }
    errors.push_back(error_of(last));
  }
  CHECK(contains(errors[0], "too many attempts"));
  CHECK(errors[0] == errors[1]);
}

TEST_CASE("a locked-out address does not get in with the right password until the delay is over") {
  SignInSite site;
  TestBrowser browser = site.browser();
  for (int i = 0; i < 5; ++i) {
    submit_password(browser, browser.get(authorize_target()), "guess");
  }
  CHECK(contains(error_of(sign_in(browser)), "too many attempts"));
  site.clock.advance(31s);
  CHECK(sign_in(browser).status == 303);
}

TEST_CASE("an attacker cannot lock a living session out") {
  SignInSite site;
  TestBrowser owner = site.browser();
  sign_in(owner);
  TestBrowser attacker = site.browser();
  attacker.address = owner.address;  // even from behind the same address
  for (int i = 0; i < 50; ++i) {
    submit_password(attacker, attacker.get(authorize_target()), "guess");
  }
  CHECK(!field(answer_in(owner.get(authorize_target({{"prompt", "none"}}))), "code").empty());
  CHECK(owner.get(kAccount).status == 200);
}

TEST_CASE("an attacker cannot lock out a browser that the owner signed in with before") {
  SignInSite site;
  TestBrowser owner = site.browser();
  sign_in(owner);
  owner.cookies.erase(kSessionName);
  TestBrowser attacker = site.browser();
  attacker.address = owner.address;
  for (int i = 0; i < 50; ++i) {
    submit_password(attacker, attacker.get(authorize_target()), "guess");
  }
  CHECK(sign_in(owner).status == 303);
}

TEST_CASE("being known for one account does not help at another") {
  SignInSite site;
  User jane = site.row<User>(site.john);
  jane.id = UserId{"jane"};
  jane.user_principal_name = "jane@contoso.com";
  site.put(jane);
  TestBrowser insider = site.browser();
  sign_in(insider);
  for (int i = 0; i < 5; ++i) {
    submit_password(insider, insider.get(authorize_target({{"prompt", "login"}})), "guess",
                    "jane@contoso.com");
  }
  const HttpResponse page = insider.get(authorize_target({{"prompt", "login"}}));
  CHECK(contains(error_of(submit_password(insider, page, "guess", "jane@contoso.com")),
                 "too many attempts"));
}

TEST_CASE("a known-browser cookie that we did not seal is worth nothing") {
  SignInSite site;
  TestBrowser attacker = site.browser();
  attacker.cookies[kKnownName] = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
  for (int i = 0; i < 5; ++i) {
    submit_password(attacker, attacker.get(authorize_target()), "guess");
  }
  CHECK(contains(error_of(sign_in(attacker)), "too many attempts"));
}

TEST_CASE("a form that another browser was given does not sign this one in: login CSRF") {
  SignInSite site;
  TestBrowser attacker = site.browser();
  const HttpResponse attackers_form = attacker.get(authorize_target());
  TestBrowser victim = site.browser();
  victim.get(authorize_target());
  const HttpResponse response = submit_password(victim, attackers_form);
  CHECK(response.status == 400);
  CHECK(shows_sign_in(response));
  CHECK(!victim.cookies.contains(kSessionName));
  CHECK(site.all<Session>().empty());
}

TEST_CASE("a form that another site posts is refused") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target());
  const Fields fields{{"continuation", input_value(page.body, "continuation")},
                      {"username", kUpn},
                      {"password", kPassword}};
  for (const std::string& from : {"cross-site", "same-site"}) {
    CHECK(browser.post_from(from, kLogin, fields).status == 400);
  }
  CHECK(site.all<Session>().empty());
  CHECK(browser.post_from("same-origin", kLogin, fields).status == 303);
}

TEST_CASE("the request in a form is checked again from its first rule when the form comes back") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target());
  site.change_app(kClient, [](App& app) { app.redirect_uris = {"https://moved.test/"}; });
  const HttpResponse response = submit_password(browser, page);
  CHECK(response.status == 400);
  CHECK(header_of(response, "location").empty());
  CHECK(site.all<Session>().empty());
}

TEST_CASE("a form that lay open for too long is shown again and asks for the password again") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target());
  site.clock.advance(kSignInFormTimeMax);
  const HttpResponse again = submit_password(browser, page);
  CHECK(shows_sign_in(again));
  CHECK(submit_password(browser, again).status == 303);
}

TEST_CASE("a session gets an id and a secret that nobody knew before: session fixation") {
  SignInSite site;
  TestBrowser browser = site.browser();
  browser.cookies[kSessionName] = "attackers-id.attackers-secret";
  sign_in(browser);
  const std::string first = browser.cookies[kSessionName];
  CHECK(!contains(first, "attackers"));
  sign_in(browser, {{"prompt", "login"}});
  const std::string second = browser.cookies[kSessionName];
  CHECK(first != second);

  browser.cookies[kSessionName] = first;
  CHECK(shows_sign_in(browser.get(kAccount)));
  browser.cookies[kSessionName] = second;
  CHECK(contains(browser.get(kAccount).body, "Your account"));
}

TEST_CASE("the session cookie cannot leave the host, be read by script, or travel without TLS") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const std::string set = set_cookie_of(sign_in(browser), kSessionName);
  CHECK(set.starts_with("__Host-"));
  for (const std::string& part : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=None"}) {
    CHECK(contains(set, part));
  }
  CHECK(!contains(set, "Max-Age"));
  CHECK(!contains(set, "Domain"));
}

TEST_CASE("the session id alone, without its secret, proves nothing") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const std::string id = site.all<Session>().front().id.str();
  for (const std::string& forged : {id, id + ".", id + ".x", "." + id}) {
    browser.cookies[kSessionName] = forged;
    CHECK(shows_sign_in(browser.get(kAccount)));
  }
}

TEST_CASE("a session ends after a day without use, a kept one after ninety; use moves the end") {
  for (const bool keep : {false, true}) {
    SignInSite site;
    TestBrowser browser = site.browser();
    const std::string set = set_cookie_of(sign_in(browser, {}, keep), kSessionName);
    CHECK(contains(set, "Max-Age=7776000") == keep);
    const Duration idle = keep ? Duration{24h * 90} : Duration{24h};
    for (int i = 0; i < 3; ++i) {
      site.clock.advance(idle - 1s);
      CHECK(browser.get(authorize_target({{"prompt", "none"}})).status == 303);
      CHECK(site.all<Session>().front().last_seen_at == site.clock.now());
    }
    site.clock.advance(idle);
    CHECK(shows_sign_in(browser.get(kAccount)));
  }
}

TEST_CASE("a session row is touched at most once a minute") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  const TimePoint began = site.clock.now();
  site.clock.advance(59s);
  browser.get(authorize_target({{"prompt", "none"}}));
  CHECK(site.all<Session>().front().last_seen_at == began);
  site.clock.advance(1s);
  browser.get(authorize_target({{"prompt", "none"}}));
  CHECK(site.all<Session>().front().last_seen_at == began + 60s);
}

TEST_CASE("RFC 9700 / 5.1 rule 11: what a header says about the caller is not believed") {
  SignInSite site;
  TestBrowser browser{[&site](HttpRequest request) {
    for (const char* const name :
         {"X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-Cert", "X-Remote-User"}) {
      request.headers.add(name, "for=198.51.100.66");
    }
    return site.send(std::move(request));
  }};
  sign_in(browser);
  REQUIRE(site.all<Session>().size() == 1);
  CHECK(site.all<Session>().front().address == browser.address);
}

TEST_CASE("a disabled account is told so only to who knows its password") {
  SignInSite site;
  TestBrowser browser = site.browser();
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = UserId{kUser};
  site.take_away(removal);
  const HttpResponse page = browser.get(authorize_target());
  CHECK(!contains(submit_password(browser, page, "guess").body, "disabled"));
  const HttpResponse right = submit_password(browser, page);
  CHECK(right.status == 400);
  CHECK(contains(right.body, "Sign-in is not possible"));
  CHECK(contains(right.body, "AADSTS50057"));
  CHECK(site.all<Session>().empty());
}

// Holds the only hashing thread, so that something can happen while a sign-in waits for its hash.
class HeldPool {
 public:
  explicit HeldPool(SignInSite& site) : site_(site) {
    const Status held = site.pool.submit([this] {
      holding_.set_value();
      released_.get_future().wait();
    });
    REQUIRE(held.ok());
    holding_.get_future().wait();
  }
  void wait_for_one() {
    while (site_.pool.waiting() == 0) std::this_thread::yield();
  }
  void release() { released_.set_value(); }

 private:
  SignInSite& site_;
  std::promise<void> holding_;
  std::promise<void> released_;
};

TEST_CASE("whatever takes access away while the password is being hashed leaves nothing behind") {
  for (const RemovalKind kind : {RemovalKind::reset_password, RemovalKind::disable_user,
                                 RemovalKind::revoke_sessions, RemovalKind::reauth_tenant}) {
    CAPTURE(to_string(kind));
    SignInSite site;
    TestBrowser browser = site.browser();
    const HttpResponse page = browser.get(authorize_target());
    HeldPool held{site};
    std::future<HttpResponse> answer =
        std::async(std::launch::async, [&] { return submit_password(browser, page); });
    held.wait_for_one();
    Removal removal;
    removal.kind = kind;
    removal.user_id = UserId{kUser};
    removal.password_hash = fast_hash("quite another password");
    site.take_away(removal);
    held.release();
    CHECK(answer.get().status == 400);
    CHECK(site.all<Session>().empty());
    CHECK(site.all<AuthorizationCode>().empty());
  }
}

TEST_CASE("a one-time password that is revoked while it is hashed is not offered for changing") {
  SignInSite site;
  site.change_user([](User& user) { user.force_change_password = true; });
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target());
  HeldPool held{site};
  std::future<HttpResponse> answer =
      std::async(std::launch::async, [&] { return submit_password(browser, page); });
  held.wait_for_one();
  site.take_away(RemovalKind::revoke_sessions);
  held.release();
  const HttpResponse response = answer.get();
  CHECK(response.status == 400);
  CHECK(!contains(response.body, "new-password"));
}

TEST_CASE("a password that was replaced while the old one is hashed lets nobody in by itself") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target());
  HeldPool held{site};
  std::future<HttpResponse> answer =
      std::async(std::launch::async, [&] { return submit_password(browser, page); });
  held.wait_for_one();
  site.change_user([](User& user) { user.password_id = "another"; });  // and no journal entry
  held.release();
  CHECK(answer.get().status == 400);
  CHECK(site.all<Session>().empty());
}

TEST_CASE("an address that fills its share of the hashing pool is told so, and stops nobody else") {
  SignInSite site;
  TestBrowser flood = site.browser();
  flood.address = "203.0.113.9";
  const HttpResponse page = flood.get(authorize_target());
  TestBrowser owner = site.browser();
  const HttpResponse owners_page = owner.get(authorize_target());
  HeldPool held{site};
  std::vector<std::future<HttpResponse>> answers;
  for (int i = 0; i < 8; ++i) {
    answers.push_back(std::async(std::launch::async, [flood, page, i]() mutable {
      return submit_password(flood, page, "guess", "user" + std::to_string(i));
    }));
  }
  while (site.pool.waiting() < 8) std::this_thread::yield();
  const HttpResponse busy = submit_password(flood, page, "guess", "user9");
  CHECK(busy.status == 503);
  CHECK(header_of(busy, "retry-after").empty());
  CHECK(contains(busy.body, "Try again"));
  answers.push_back(
      std::async(std::launch::async, [&] { return submit_password(owner, owners_page); }));
  while (site.pool.waiting() < 9) std::this_thread::yield();
  held.release();
  CHECK(answers.back().get().status == 303);
}

struct OneTimePassword {
  OneTimePassword() {
    site.change_user([](User& user) { user.force_change_password = true; });
  }
  HttpResponse change(TestBrowser& who, const HttpResponse& page, const std::string& first,
                      const std::string& again) {
    return who.post(kLogin + "/password", {{"continuation", input_value(page.body, "continuation")},
                                           {"new_password", first},
                                           {"repeated_password", again}});
  }
  SignInSite site;
  TestBrowser browser = site.browser();
  std::string fresh = "a whole new long password";
};

TEST_CASE_FIXTURE(OneTimePassword, "a one-time password gives no session before it is replaced") {
  const HttpResponse page = sign_in(browser);
  CHECK(page.status == 200);
  CHECK(contains(page.body, "autocomplete=\"new-password\""));
  CHECK(site.all<Session>().empty());
  const HttpResponse changed = change(browser, page, fresh, fresh);
  CHECK(changed.status == 303);
  CHECK(!field(answer_in(changed), "code").empty());
  CHECK(!field(answer_in(browser.get(authorize_target({{"prompt", "none"}}))), "code").empty());
  TestBrowser elsewhere = site.browser();
  CHECK(submit_password(elsewhere, elsewhere.get(authorize_target()), fresh).status == 303);
}

TEST_CASE_FIXTURE(OneTimePassword, "changing the password ends every other session and proof") {
  site.change_user([](User& user) { user.force_change_password = false; });
  TestBrowser other = site.browser();
  sign_in(other);
  site.change_user([](User& user) { user.force_change_password = true; });
  const HttpResponse page = sign_in(browser);
  const HttpResponse same_page = sign_in(browser);
  CHECK(change(browser, page, fresh, fresh).status == 303);
  CHECK(shows_sign_in(other.get(kAccount)));
  CHECK(change(browser, same_page, "yet another long one", "yet another long one").status == 400);
}

TEST_CASE_FIXTURE(OneTimePassword, "a weak, repeated or mistyped new password is not taken") {
  const HttpResponse page = sign_in(browser);
  CHECK(contains(error_of(change(browser, page, "short", "short")), "at least 12"));
  CHECK(contains(error_of(change(browser, page, fresh, fresh + "x")), "not the same"));
  CHECK(contains(error_of(change(browser, page, kPassword, kPassword)), "not the old one"));
  CHECK(site.all<Session>().empty());
  CHECK(change(browser, page, fresh, fresh).status == 303);
}

TEST_CASE_FIXTURE(OneTimePassword, "the proof of a one-time password dies with a revocation") {
  const HttpResponse page = sign_in(browser);
  Removal removal;
  removal.kind = RemovalKind::revoke_sessions;
  removal.user_id = UserId{kUser};
  site.take_away(removal);
  CHECK(change(browser, page, fresh, fresh).status == 400);
  CHECK(site.all<Session>().empty());
}

TEST_CASE_FIXTURE(OneTimePassword, "the proof of a one-time password is of one browser and short") {
  const HttpResponse page = sign_in(browser);
  TestBrowser thief = site.browser();
  thief.get(authorize_target());
  CHECK(change(thief, page, fresh, fresh).status == 400);
  site.clock.advance(kProofTimeMax);
  CHECK(change(browser, page, fresh, fresh).status == 400);
}

TEST_CASE("sign-ins and failures are logged with Graph's fields") {
  SignInSite site;
  TestBrowser browser = site.browser();
  submit_password(browser, browser.get(authorize_target()), "guess");
  sign_in(browser);
  REQUIRE(site.sign_in_log->flush().ok());
  const auto lines = site.all<SignIn>();
  REQUIRE(lines.size() == 2);
  const bool first_failed = lines[0].error_code != 0;
  const SignIn& failed = lines[first_failed ? 0 : 1];
  const SignIn& good = lines[first_failed ? 1 : 0];
  CHECK(failed.error_code == 50126);
  CHECK(failed.user_principal_name == kUpn);
  CHECK(!failed.session_id);
  CHECK(good.error_code == 0);
  CHECK(good.user_id == UserId{kUser});
  CHECK(good.app_display_name == "Payroll");
  CHECK(good.ip_address == browser.address);
  CHECK(good.client_app_used == "Browser");
  CHECK(good.session_id == site.all<Session>().front().id);
}

TEST_CASE("a name that no account has is in no log: it may be a password") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const std::string typed = "hunter2-in-the-wrong-field";
  for (int i = 0; i < 7; ++i) {
    submit_password(browser, browser.get(authorize_target()), "guess", typed);
  }
  REQUIRE(site.sign_in_log->flush().ok());
  const auto lines = site.all<SignIn>();
  CHECK(lines.size() == 6);
  for (const SignIn& line : lines) {
    CHECK(line.user_principal_name == "unknown");
    CHECK((line.error_code == 50034 || line.error_code == 50053));
  }
}

TEST_CASE("attempts during a delay leave one line, however many there are") {
  SignInSite site;
  TestBrowser browser = site.browser();
  for (int i = 0; i < 25; ++i) {
    submit_password(browser, browser.get(authorize_target()), "guess");
  }
  REQUIRE(site.sign_in_log->flush().ok());
  const auto lines = site.all<SignIn>();
  const auto locked =
      std::ranges::count_if(lines, [](const SignIn& line) { return line.error_code == 50053; });
  CHECK(lines.size() == 6);
  CHECK(locked == 1);
}

TEST_CASE("a name without a domain means the tenant's own") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse page = browser.get(authorize_target());
  CHECK(submit_password(browser, page, kPassword, " JohnDoe ").status == 303);
}

}  // namespace
}  // namespace curfew
