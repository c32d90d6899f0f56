#include "protocol/oauth/logout_uri.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace curfew {
namespace {

const std::vector<std::string> kRedirects{"https://app.contoso.test/callback",
                                          "http://127.0.0.1:3000/callback"};

constexpr LogoutReach kStrangers = LogoutReach::names_of_others;

bool may_be_opened(const std::string& uri) {
  return check_frontchannel_logout_uri(uri, kRedirects).ok();
}

TEST_CASE("2.: a front-channel address has scheme, host and port of a redirect URI") {
  CHECK(may_be_opened("https://app.contoso.test/logout?tenant=1"));
  CHECK(may_be_opened("https://app.contoso.test:443/logout"));
  CHECK(may_be_opened("http://127.0.0.1:3000/logout"));
  for (const char* const uri :
       {"https://app.contoso.test:8443/logout", "http://app.contoso.test/logout",
        "https://www.app.contoso.test/logout", "http://127.0.0.1:3001/logout",
        "https://evil.test/logout", "https://app.contoso.test.evil.test/logout"}) {
    CAPTURE(uri);
    CHECK_FALSE(may_be_opened(uri));
  }
}

TEST_CASE("2.: a front-channel address keeps the rules of redirect URIs") {
  for (const char* const uri :
       {"https://app.contoso.test/logout#part", "https://me@app.contoso.test/logout",
        "javascript:alert(1)", "com.contoso.app:/logout", "data:text/html,x", "/logout", ""}) {
    CAPTURE(uri);
    CHECK_FALSE(may_be_opened(uri));
  }
  const std::vector<std::string> scheme{"com.contoso.app:/callback"};
  CHECK_FALSE(check_frontchannel_logout_uri("com.contoso.app:/logout", scheme).ok());
}

TEST_CASE("3.: iss and sid go into the query, and what was there stays") {
  CHECK(frontchannel_logout_location("https://a.test/out", "https://op.test/t/v2.0", "s-1") ==
        "https://a.test/out?iss=https%3A%2F%2Fop.test%2Ft%2Fv2.0&sid=s-1");
  CHECK(frontchannel_logout_location("https://a.test/out?x=1", "i", "s") ==
        "https://a.test/out?x=1&iss=i&sid=s");
}

TEST_CASE("2.2: a back-channel address is https, without a fragment") {
  CHECK(check_backchannel_logout_uri("https://app.contoso.test/backchannel?logout=1", kStrangers)
            .ok());
  CHECK(check_backchannel_logout_uri("https://intranet:8443/out", kStrangers).ok());
  for (const char* const uri :
       {"http://app.contoso.test/out", "https://app.contoso.test/out#x",
        "https://me@app.contoso.test/out", "ftp://app.contoso.test/out", "app.contoso.test"}) {
    CAPTURE(uri);
    CHECK_FALSE(check_backchannel_logout_uri(uri, kStrangers).ok());
  }
  CHECK_FALSE(
      check_backchannel_logout_uri("https://a.test/" + std::string(2048, 'x'), kStrangers).ok());
}

TEST_CASE("a stranger's back-channel address never leads this server to itself or a bare address") {
  for (const char* const uri :
       {"https://localhost/out", "https://LOCALHOST/out", "https://localhost./out",
        "https://app.localhost/out", "https://127.0.0.1/out", "https://10.0.0.1/out",
        "https://169.254.169.254/latest", "https://203.0.113.7/out", "https://[::1]/out",
        "https://[2001:db8::1]/out", "https://127.1/out", "https://0x7f000001/out",
        "https://2130706433/out"}) {
    CAPTURE(uri);
    CHECK_FALSE(check_backchannel_logout_uri(uri, kStrangers).ok());
  }
  CHECK(check_backchannel_logout_uri("https://localhost/out", LogoutReach::anywhere).ok());
  CHECK_FALSE(check_backchannel_logout_uri("http://localhost/out", LogoutReach::anywhere).ok());
}

}  // namespace
}  // namespace curfew
