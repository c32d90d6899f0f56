#include "protocol/oauth/redirect_uri.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "base/limits.hpp"

using namespace curfew;

namespace {

bool matches(std::string registered, std::string_view given) {
  return redirect_uri_matches(std::vector<std::string>{std::move(registered)}, given);
}

}  // namespace

TEST_CASE("RFC 8252 8.6: what a program on the person's computer may take is told apart") {
  for (const char* const uri :
       {"http://127.0.0.1:5555/callback", "http://[::1]/cb", "http://localhost:1/cb",
        "https://localhost/cb", "com.contoso.app:/cb"}) {
    CAPTURE(std::string{uri});
    CHECK(leads_to_local_program(uri));
  }
  CHECK_FALSE(leads_to_local_program("https://app.contoso.test/callback"));
}

TEST_CASE("RFC 9700 2.1: a redirect URI matches byte for byte") {
  CHECK(matches("https://app.test/cb", "https://app.test/cb"));
  for (const std::string_view given :
       {"https://app.test/cb/", "https://app.test/cb?x=1", "https://app.test/CB",
        "https://APP.test/cb", "https://app.test:443/cb", "http://app.test/cb",
        "https://app.test/cb#", "https://app.test/x/../cb", "https://app.test/%63b",
        "https://app.test.evil.test/cb", "https://app.test@evil.test/cb", " https://app.test/cb",
        "https://app.test/cb%00", ""}) {
    CAPTURE(given);
    CHECK_FALSE(matches("https://app.test/cb", given));
  }
  CHECK_FALSE(redirect_uri_matches({}, "https://app.test/cb"));
  CHECK_FALSE(redirect_uri_matches({}, ""));
}

TEST_CASE("RFC 8252 7.3: a loopback redirect URI matches with any port") {
  CHECK(matches("http://localhost", "http://localhost:49152"));
  CHECK(matches("http://localhost:8080/cb", "http://localhost:1/cb"));
  CHECK(matches("http://localhost:8080/cb", "http://localhost/cb"));
  CHECK(matches("http://127.0.0.1/cb", "http://127.0.0.1:3000/cb"));
  CHECK(matches("http://[::1]/cb", "http://[::1]:3000/cb"));
  CHECK(matches("http://127.0.0.1?a=b", "http://127.0.0.1:9?a=b"));
}

TEST_CASE("RFC 8252 7.3: nothing but the port of a loopback URI may differ") {
  for (const std::string_view given :
       {"http://localhost:1/other", "https://localhost:1/cb", "http://127.0.0.1:1/cb",
        "http://localhost:0/cb", "http://localhost:99999/cb", "http://localhost:/cb",
        "http://localhost:1@evil.test/cb", "http://localhost:1.evil.test/cb",
        "http://localhost.evil.test/cb", "http://LOCALHOST:1/cb", "http://localhost:1/cb?x",
        "http://localhost:1/cb#x", "http://localhost:1\\@evil.test/cb"}) {
    CAPTURE(given);
    CHECK_FALSE(matches("http://localhost/cb", given));
  }
  CHECK_FALSE(matches("https://localhost/cb", "https://localhost:1/cb"));
  // Not even for a URI that should never have been registered.
  CHECK_FALSE(matches("http://localhost@evil.test/cb", "http://localhost:1@evil.test/cb"));
  CHECK_FALSE(matches("http://app.test/cb", "http://app.test:1/cb"));
}

TEST_CASE("a post-logout redirect URI has no exception for loopback") {
  const std::vector<std::string> registered{"http://localhost/bye"};
  CHECK(uri_is_registered(registered, "http://localhost/bye"));
  CHECK_FALSE(uri_is_registered(registered, "http://localhost:1/bye"));
  CHECK_FALSE(uri_is_registered(registered, "http://localhost/bye?x=1"));
}

TEST_CASE("RFC 9700 2.6: http redirect URIs are for loopback hosts only") {
  for (const std::string_view uri :
       {"https://app.test/cb", "https://app.test:8443/cb?tenant=1", "http://localhost",
        "http://127.0.0.1:8080/cb", "http://[::1]/cb", "com.example.app:/cb",
        "com.example.app://cb"}) {
    CAPTURE(uri);
    CHECK(check_redirect_uri(uri).ok());
  }
  CHECK_FALSE(check_redirect_uri("http://app.test/cb").ok());
  CHECK_FALSE(check_redirect_uri("http://192.168.0.1/cb").ok());
  CHECK_FALSE(check_redirect_uri("http://localhost.app.test/cb").ok());
}

TEST_CASE("RFC 6749 3.1.2: a redirect URI is absolute, without fragment; no wildcard, no user") {
  for (const std::string_view uri :
       {"/cb", "app.test/cb", "https://app.test/cb#", "https://app.test/cb#x",
        "https://user@app.test/cb", "https://*.app.test/cb", "https://app.test/*",
        "javascript:alert(1)", "data:text/html,x", "urn:ietf:wg:oauth:2.0:oob", "myapp:/cb",
        "file:///etc/passwd", ""}) {
    CAPTURE(uri);
    CHECK_FALSE(check_redirect_uri(uri).ok());
  }
  const std::string longest =
      "https://a.test/" + std::string(limits::kRedirectUriBytesMax - 15, 'a');
  CHECK(check_redirect_uri(longest).ok());
  CHECK_FALSE(check_redirect_uri(longest + "a").ok());
}

TEST_CASE("an origin for CORS is spelled as browsers send it") {
  for (const std::string_view origin :
       {"https://app.test", "https://app.test:8443", "http://localhost:3000"}) {
    CHECK(check_origin(origin).ok());
  }
  for (const std::string_view origin :
       {"https://app.test/", "https://App.test", "https://app.test:443", "http://app.test", "null",
        "*", "https://u@app.test", "https://app.test?", "com.example.app:/x", ""}) {
    CAPTURE(origin);
    CHECK_FALSE(check_origin(origin).ok());
  }
}
