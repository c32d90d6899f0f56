// Stepping up at the authorization endpoint (OIDC Core 3.1.2.1, 5.5.1.1; RFC 9470 4 and 5), and
// that nothing but a proof makes a sign-in younger.
#include <doctest/doctest.h>

#include <boost/json/serialize.hpp>

#include <string>

#include "access/authentication_context.hpp"
#include "tests/support/sign_in_site.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

std::string error_at_client(const HttpResponse& response) {
  return field(answer_in(response), "error");
}
Fields essential(std::string_view member, const std::string& acr) {
  return {{"claims", "{\"" + std::string{member} +
                         "\":{\"acr\":{\"essential\":true,\"values\":[\"" + acr + "\"]}}}"}};
}
std::int64_t number(const boost::json::object& claims, std::string_view name) {
  const auto* const found = claims.if_contains(name);
  return found == nullptr ? 0 : found->to_number<std::int64_t>();
}

TEST_CASE("5.13: an essential acr that cannot be met is unmet_authentication_requirements") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  for (const char* const member : {"id_token", "access_token"}) {
    CAPTURE(member);
    const HttpResponse refused = browser.get(authorize_target(essential(member, "urn:otp")));
    CHECK(error_at_client(refused) == "unmet_authentication_requirements");
    CHECK(field(answer_in(refused), "state") == "abc");
    const HttpResponse met =
        browser.get(authorize_target(essential(member, std::string{kPasswordAcr})));
    CHECK(!field(answer_in(met), "code").empty());
  }
}

TEST_CASE("5.13: acr_values are a wish: what was not reached is not claimed, and nothing refused") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const HttpResponse answer = sign_in(browser, {{"acr_values", "urn:otp urn:other"}});
  const TokenAnswer tokens = site.redeem(field(answer_in(answer), "code"));
  REQUIRE(tokens.ok());
  CHECK(claim(tokens.text("id_token"), "acr") == kPasswordAcr);
}

TEST_CASE("5.13: a session by nothing that we know of does not reach an essential acr") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  for (Session session : site.all<Session>()) {
    session.amr = {};
    site.put(session);
  }
  Fields wanted = essential("id_token", std::string{kPasswordAcr});
  CHECK(shows_sign_in(browser.get(authorize_target(wanted))));
  wanted.emplace_back("prompt", "none");
  CHECK(error_at_client(browser.get(authorize_target(wanted))) == "login_required");
  wanted.pop_back();
  CHECK(!field(answer_in(sign_in(browser, wanted)), "code").empty());
}

TEST_CASE("5.13: acr and auth_time are in the tokens and in introspection") {
  ServerFixture server;
  const TokenAnswer tokens = server.signed_in();
  const auto now = to_unix_seconds(server.clock.now());
  for (const std::string& token : {tokens.access(), tokens.text("id_token")}) {
    CHECK(claim(token, "acr") == kPasswordAcr);
    CHECK(number(claims_in(token), "auth_time") == now);
  }
  for (const TokenAnswer& answer :
       {server.introspect(tokens.access()), server.introspect_own(tokens.refresh())}) {
    REQUIRE(ServerFixture::is_active(answer));
    CHECK(answer.text("acr") == kPasswordAcr);
    CHECK(number(answer.body, "auth_time") == now);
  }
  CHECK(claim(server.app_token().access(), "acr").empty());
}

TEST_CASE("5.13: discovery names the one context that there is") {
  ServerFixture server;
  const auto metadata =
      parse_json_object(
          server.send(server.get(server.path("/v2.0/.well-known/openid-configuration"))).body)
          .value();
  CHECK(boost::json::serialize(metadata.at("acr_values_supported")) ==
        R"(["urn:curfew:acr:password"])");
}

TEST_CASE("OIDC Core 3.1.2.1: max_age=0 and prompt=login want a new proof, each time") {
  SignInSite site;
  TestBrowser browser = site.browser();
  sign_in(browser);
  site.clock.advance(1s);
  for (const Fields& wanted : {Fields{{"max_age", "0"}}, Fields{{"prompt", "login"}}}) {
    CHECK(shows_sign_in(browser.get(authorize_target(wanted))));
    CHECK(!field(answer_in(sign_in(browser, wanted)), "code").empty());
    site.clock.advance(1s);
    CHECK(shows_sign_in(browser.get(authorize_target(wanted))));
  }
}

TEST_CASE("using a session, renewing a token and asking again make no sign-in younger") {
  SignInSite site;
  TestBrowser browser = site.browser();
  const auto began = to_unix_seconds(site.clock.now());
  const HttpResponse first = sign_in(browser, {{"scope", "openid profile offline_access"}});
  TokenAnswer tokens = site.redeem(field(answer_in(first), "code"));
  site.clock.advance(10min);
  CHECK(browser.get(kAccount).status == 200);  // moves last_seen_at
  tokens = site.refresh(tokens.refresh());
  REQUIRE(tokens.ok());
  CHECK(number(claims_in(tokens.access()), "auth_time") == began);
  const HttpResponse silent = browser.get(authorize_target({{"prompt", "none"}}));
  tokens = site.redeem(field(answer_in(silent), "code"));
  REQUIRE(tokens.ok());
  CHECK(number(claims_in(tokens.text("id_token")), "auth_time") == began);
}

TEST_CASE("setting a new password is no proof: the sign-in is as old as the one-time password's") {
  SignInSite site;
  site.change_user([](User& user) { user.force_change_password = true; });
  TestBrowser browser = site.browser();
  const HttpResponse page = sign_in(browser);
  const std::string continuation = input_value(page.body, "continuation");
  REQUIRE(!continuation.empty());
  const TimePoint proved = site.clock.now();
  site.clock.advance(10min);
  const HttpResponse done =
      browser.post(kLogin + "/password", {{"continuation", continuation},
                                          {"new_password", "a much better pass phrase"},
                                          {"repeated_password", "a much better pass phrase"}});
  CHECK(!field(answer_in(done), "code").empty());
  REQUIRE(site.all<Session>().size() == 1);
  CHECK(site.all<Session>().front().auth_time == proved);
}

}  // namespace
}  // namespace curfew
