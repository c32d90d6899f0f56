#include "gate/session/session_cookies.hpp"

#include "base/text.hpp"
#include "gate/session/session_limits.hpp"
#include "gate/session/test_site.hpp"

namespace curfew {

using namespace testing;

namespace {

std::string value_in(const std::string& set_cookie) {
  const std::size_t equals = set_cookie.find('=');
  return set_cookie.substr(equals + 1, set_cookie.find(';') - equals - 1);
}
std::string name_in(const std::string& set_cookie) {
  return set_cookie.substr(0, set_cookie.find('='));
}

}  // namespace

TEST_CASE("a session cookie is host-bound, for https, and out of a script's reach") {
  const std::string cookie = session_cookie(test_site(), {"token", "id"}).value();
  CHECK(cookie.starts_with("__Host-curfew-site-session="));
  CHECK(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
  CHECK(cookie.find("token") == std::string::npos);
}

TEST_CASE("a session in a cookie counts where no token is in the header, and never in its place") {
  const Site site = test_site();
  const SessionPlace place = site;
  const std::string cookie = "a=b; " + std::string{kSessionCookie} + "=" +
                             value_in(session_cookie(site, {"token", "id"}).value());
  CHECK(session_authorization(place, std::nullopt, cookie) == "Bearer token");
  // The application's own affair.
  CHECK(session_authorization(place, "Basic am9objpzZWNyZXQ=", cookie) == "Bearer token");
  for (const char* const header :
       {"Bearer dead", "bearer dead", "DPoP dead", "Bearer", "Bearer a b", " bearer\tx", "DPoP,"}) {
    CAPTURE(header);
    CHECK_FALSE(session_authorization(place, header, cookie));
  }
  CHECK_FALSE(session_authorization(place, std::nullopt, "a=b"));
  CHECK_FALSE(session_authorization(place, std::nullopt, ""));
  SessionPlace elsewhere = place;
  elsewhere.origin = "https://other.contoso.com";
  CHECK_FALSE(session_authorization(elsewhere, std::nullopt, cookie));
  elsewhere = place;
  elsewhere.client_id = "another";
  CHECK_FALSE(session_authorization(elsewhere, std::nullopt, cookie));
}

TEST_CASE("the text of a key file is read line by line") {
  const std::string one = base64url_encode(std::string(kSealKeyBytes, 'a'));
  const std::string two = base64url_encode(std::string(kSealKeyBytes, 'b'));
  const auto both = CookieKeys::parse(two + "\n\n" + one + "\n");
  REQUIRE(both.ok());
  const std::string older = CookieKeys::parse(one).value().seal("text", "context");
  CHECK(both->open(older, "context"));
  for (const std::string& wrong :
       {std::string{}, std::string{"\n"}, one + "\nshort\n", one + "="}) {
    CHECK_FALSE(CookieKeys::parse(wrong).ok());
  }
}

TEST_CASE("a session opens at its own site, with its own client and key, and nowhere else") {
  const Site site = test_site();
  const std::string value = value_in(session_cookie(site, {"token", "id"}).value());
  const std::vector<Cookie> cookies{{kSessionCookie, value}};
  const auto session = session_of(site, cookies);
  REQUIRE(session);
  CHECK(session->access_token == "token");
  CHECK(session->id_token == "id");

  SiteSettings other = test_settings();
  other.url = "https://other.contoso.com";
  CHECK_FALSE(session_of(test_site(other), cookies));
  other = test_settings();
  other.client_id = "app-2";
  CHECK_FALSE(session_of(test_site(other), cookies));
  CHECK_FALSE(session_of(test_site(test_settings(), test_cookie_keys('x')), cookies));
}

TEST_CASE("a session cookie that was changed, cut, or is another kind's is none") {
  const Site site = test_site();
  const std::string value = value_in(session_cookie(site, {"token", "id"}).value());
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string changed = value;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(session_of(site, {{kSessionCookie, changed}}));
    CHECK_FALSE(session_of(site, {{kSessionCookie, std::string_view{value}.substr(0, i)}}));
  }
  const SiteSignIn begun = new_sign_in("/", kGateNow);
  const std::string other = value_in(sign_in_cookies(site, begun, {}, kGateNow).back());
  CHECK_FALSE(session_of(site, {{kSessionCookie, other}}));
}

TEST_CASE(
    "of two session cookies that differ neither counts: a sibling host may have planted one") {
  const Site site = test_site();
  const std::string mine = value_in(session_cookie(site, {"token", ""}).value());
  const std::string planted = value_in(session_cookie(site, {"planted", ""}).value());
  CHECK_FALSE(session_of(site, {{kSessionCookie, mine}, {kSessionCookie, planted}}));
  CHECK(session_of(site, {{kSessionCookie, mine}, {kSessionCookie, mine}}));
}

TEST_CASE("a key is changed without signing anybody out") {
  const Secret before{std::string(kSealKeyBytes, 'b')};
  const Secret now{std::string(kSealKeyBytes, 'n')};
  const Site old_site = test_site(test_settings(), CookieKeys::from({before}).value());
  const std::string value = value_in(session_cookie(old_site, {"token", ""}).value());
  const Site both = test_site(test_settings(), CookieKeys::from({now, before}).value());
  CHECK(session_of(both, {{kSessionCookie, value}}));
  const std::string newer = value_in(session_cookie(both, {"token", ""}).value());
  CHECK_FALSE(session_of(old_site, {{kSessionCookie, newer}}));
  CHECK(session_of(test_site(test_settings(), CookieKeys::from({now}).value()),
                   {{kSessionCookie, newer}}));
}

TEST_CASE("what browsers would drop is left out, or refused with the sizes") {
  const Site site = test_site();
  const std::string token(2000, 't');
  const std::string both = session_cookie(site, {token, std::string(1500, 'i')}).value();
  const std::string value = value_in(both);
  CHECK(kSessionCookie.size() + value.size() <= session_limits::kCookieBytesMax);
  const auto session = session_of(site, {{kSessionCookie, value}});
  REQUIRE(session);
  CHECK(session->access_token == token);
  CHECK(session->id_token.empty());

  const auto refused = session_cookie(site, {std::string(3500, 't'), "id"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == ErrorCode::exhausted);
  CHECK(refused.error().message().find("browsers take 4096") != std::string::npos);
}

TEST_CASE("a sign-in is found by its id, in this browser, for ten minutes") {
  const Site site = test_site();
  const SiteSignIn begun = new_sign_in("/page", kGateNow);
  const std::string header = sign_in_cookies(site, begun, {}, kGateNow).back();
  CHECK(header.find("Max-Age=600") != std::string::npos);
  const std::string name = name_in(header);
  const std::string value = value_in(header);
  const std::vector<Cookie> cookies{{name, value}};
  const auto found = sign_in_of(site, begun.id, cookies,
                                kGateNow + session_limits::kSignInTimeMax - Duration{1000});
  REQUIRE(found);
  CHECK(found->nonce == begun.nonce);
  CHECK(found->code_verifier == begun.code_verifier);
  CHECK(found->return_to == "/page");
  CHECK_FALSE(sign_in_of(site, begun.id, cookies, kGateNow + session_limits::kSignInTimeMax));
  CHECK_FALSE(sign_in_of(site, begun.id, cookies, kGateNow - std::chrono::hours{1}));
  CHECK_FALSE(sign_in_of(site, begun.id, {}, kGateNow));
  // One sign-in's cookie under another one's name.
  const SiteSignIn other = new_sign_in("/", kGateNow);
  const std::string renamed = std::string{kSignInCookiePrefix} + other.id;
  CHECK_FALSE(sign_in_of(site, other.id, {{renamed, value}}, kGateNow));
}

TEST_CASE("a browser with many tabs keeps the newest sign-ins, bounded in number and size") {
  const Site site = test_site();
  for (const std::size_t path_bytes : {1UL, 900UL}) {
    std::map<std::string, std::string> jar;
    std::vector<SiteSignIn> begun;
    for (int i = 0; i < 20; ++i) {
      const TimePoint now = kGateNow + Duration{i * 1000};
      begun.push_back(new_sign_in("/" + std::string(path_bytes, 'a'), now));
      std::vector<Cookie> cookies;
      for (const auto& [name, value] : jar) cookies.push_back({name, value});
      for (const std::string& header : sign_in_cookies(site, begun.back(), cookies, now)) {
        if (header.find("Max-Age=0") != std::string::npos) {
          jar.erase(name_in(header));
        } else {
          jar[name_in(header)] = value_in(header);
        }
      }
      std::size_t bytes = 0;
      for (const auto& [name, value] : jar) bytes += name.size() + value.size();
      CHECK(jar.size() <= session_limits::kSignInsMax);
      CHECK(bytes <= session_limits::kSignInCookiesBytesMax);
    }
    CHECK(jar.contains(std::string{kSignInCookiePrefix} + begun.back().id));
    CHECK(jar.contains(std::string{kSignInCookiePrefix} + begun[18].id));
    CHECK_FALSE(jar.contains(std::string{kSignInCookiePrefix} + begun[0].id));
  }
}

}  // namespace curfew
