#include "protocol/oauth/authorize_request.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"

using namespace curfew;

namespace {

const std::string kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const std::string kBase =
    "client_id=app&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&response_type=code&state=s1";

OAuthResult<AuthorizeTarget> target(const std::string& query) {
  return parse_authorize_target(*OAuthParams::parse(query));
}

OAuthResult<AuthorizeRequest> request(const std::string& query) {
  const OAuthResult<OAuthParams> params = OAuthParams::parse(query);
  OAuthResult<AuthorizeTarget> where = parse_authorize_target(*params);
  REQUIRE(where.ok());
  return parse_authorize_request(*params, std::move(where).value());
}

void check_refused(const std::string& more, OAuthErrorCode code) {
  CAPTURE(more);
  const OAuthResult<AuthorizeRequest> refused = request(kBase + more);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == code);
}

}  // namespace

TEST_CASE("a whole request is read") {
  const auto read = request(
      kBase +
      "&scope=openid%20User.Read&nonce=n&prompt=login%20consent&max_age=60&login_hint=jo%40x"
      "&domain_hint=x&code_challenge=" +
      kChallenge +
      "&code_challenge_method=S256&resource=https%3A%2F%2Fapi.test&client_info=1&acr_values=a%20b"
      "&ui_locales=de%20en&x-client-SKU=msal&clidata=1");
  REQUIRE(read.ok());
  CHECK(read->target.client_id.str() == "app");
  CHECK(read->target.redirect_uri == "https://app.test/cb");
  CHECK(read->target.state == "s1");
  CHECK(read->scope.openid);
  CHECK(read->nonce == "n");
  CHECK(read->prompt.login);
  CHECK(read->prompt.consent);
  CHECK_FALSE(read->prompt.none);
  CHECK(read->max_age == std::chrono::seconds{60});
  CHECK(read->login_hint == "jo@x");
  CHECK(read->code_challenge == kChallenge);
  CHECK(read->resources == std::vector<std::string>{"https://api.test"});
  CHECK(read->acr_values.size() == 2);
  CHECK(read->ui_locales.size() == 2);
  CHECK(read->client_info);
}

TEST_CASE("RFC 6749 4.1.2.1: an error about client or redirect URI is never redirected") {
  for (const std::string query :
       {"redirect_uri=https%3A%2F%2Fapp.test", "client_id=", "client_id=a&client_id=a",
        "client_id=a%20b", "client_id=a&redirect_uri=x&redirect_uri=y",
        "client_id=a&redirect_uri=%2Fcb", "client_id=a&redirect_uri=https%3A%2F%2Fa%5C%40b"}) {
    CAPTURE(query);
    const auto refused = target(query);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == OAuthErrorCode::invalid_request);
  }
  const std::string too_long(limits::kRedirectUriBytesMax, 'a');
  CHECK_FALSE(target("client_id=a&redirect_uri=https://" + too_long).ok());
}

TEST_CASE("RFC 6749 3.1.2.3: the redirect URI may be omitted here; the registration decides") {
  CHECK(target("client_id=app")->redirect_uri.empty());
}

TEST_CASE("RFC 6749 3.1: a repeated parameter is an error that goes back to the client") {
  check_refused("&scope=a&scope=b", OAuthErrorCode::invalid_request);
  check_refused("&state=again", OAuthErrorCode::invalid_request);
  CHECK(target(kBase + "&state=again")->state.empty());
}

TEST_CASE("RFC 9700 2.1.2: response types that put tokens into the front channel are refused") {
  for (const std::string type :
       {"token", "id_token", "code+id_token", "code+token", "none", "CODE"}) {
    const auto refused = request("client_id=app&response_type=" + type);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == OAuthErrorCode::unsupported_response_type);
  }
  const auto missing = request("client_id=app");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == OAuthErrorCode::invalid_request);
}

TEST_CASE("OAuth Multiple Response Types 5: the response mode, and its default by type") {
  CHECK(target(kBase)->response_mode == ResponseMode::query);
  CHECK(target(kBase + "&response_mode=fragment")->response_mode == ResponseMode::fragment);
  CHECK(target(kBase + "&response_mode=form_post")->response_mode == ResponseMode::form_post);
  CHECK(target("client_id=a&response_type=code+id_token")->response_mode == ResponseMode::fragment);
  CHECK(target(kBase + "&response_mode=web_message")->response_mode == ResponseMode::query);
  check_refused("&response_mode=web_message", OAuthErrorCode::invalid_request);
}

TEST_CASE("OIDC Core 3.1.2.1: the prompt none stands alone") {
  CHECK(request(kBase + "&prompt=none")->prompt.none);
  CHECK(request(kBase + "&prompt=select_account")->prompt.select_account);
  check_refused("&prompt=none%20login", OAuthErrorCode::invalid_request);
  check_refused("&prompt=none%20none", OAuthErrorCode::invalid_request);
  check_refused("&prompt=create", OAuthErrorCode::invalid_request);
}

TEST_CASE("OIDC Core 3.1.2.6: request objects and their references are refused by name") {
  check_refused("&request=a.b.c", OAuthErrorCode::request_not_supported);
  check_refused("&request_uri=urn%3Ax", OAuthErrorCode::request_uri_not_supported);
  check_refused("&registration=%7B%7D", OAuthErrorCode::registration_not_supported);
}

TEST_CASE("RFC 7636 4.3: an absent method means plain, and plain is refused") {
  check_refused("&code_challenge=" + kChallenge, OAuthErrorCode::invalid_request);
  check_refused("&code_challenge_method=plain&code_challenge=" + kChallenge,
                OAuthErrorCode::invalid_request);
  check_refused("&code_challenge_method=s256&code_challenge=" + kChallenge,
                OAuthErrorCode::invalid_request);
  check_refused("&code_challenge_method=S256", OAuthErrorCode::invalid_request);
  check_refused("&code_challenge_method=S256&code_challenge=short",
                OAuthErrorCode::invalid_request);
  CHECK_FALSE(request(kBase)->code_challenge.has_value());
}

TEST_CASE("max_age is a number of seconds") {
  CHECK(request(kBase + "&max_age=0")->max_age == std::chrono::seconds{0});
  for (const std::string text : {"-1", "1.5", "x", "1s", "99999999999", "%2B1"}) {
    check_refused("&max_age=" + text, OAuthErrorCode::invalid_request);
  }
}

TEST_CASE("an overlong state or nonce is refused; a nonce of 64 characters works") {
  CHECK(request(kBase + "&nonce=" + std::string(64, 'n')).ok());
  check_refused("&nonce=" + std::string(513, 'n'), OAuthErrorCode::invalid_request);
  const std::string query =
      "client_id=a&response_type=code&state=" + std::string(limits::kStateBytesMax + 1, 's');
  CHECK(target(query)->state.empty());
  CHECK_FALSE(request(query).ok());
}

TEST_CASE("OIDC Core 3.1.2.1: state and nonce may be absent") {
  const auto read = request("client_id=app&response_type=code&nonce=");
  REQUIRE(read.ok());
  CHECK(read->nonce.empty());
  CHECK(read->target.state.empty());
}

TEST_CASE("malformed scopes, resources and claims have their own errors") {
  check_refused("&scope=%22", OAuthErrorCode::invalid_scope);
  check_refused("&resource=x", OAuthErrorCode::invalid_target);
  check_refused("&claims=%7B", OAuthErrorCode::invalid_request);
}
