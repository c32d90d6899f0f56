#include "protocol/oauth/client_auth.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"

using namespace curfew;

namespace {

OAuthResult<ClientCredentials> client(std::optional<std::string> pair, std::string_view body) {
  const OAuthResult<OAuthParams> params = OAuthParams::parse(body);
  REQUIRE(params.ok());
  if (!pair) return parse_client_credentials(std::nullopt, *params);
  const std::string header = "Basic " + base64_encode(*pair);
  return parse_client_credentials(header, *params);
}

void check_client(const OAuthResult<ClientCredentials>& credentials, ClientAuthMethod method,
                  std::string_view secret) {
  REQUIRE(credentials.ok());
  CHECK(credentials->client_id.str() == "app");
  CHECK(credentials->method == method);
  CHECK(credentials->secret.reveal() == secret);
}

void check_refused(const OAuthResult<ClientCredentials>& credentials, OAuthErrorCode code) {
  REQUIRE_FALSE(credentials.ok());
  CHECK(credentials.error().code == code);
}

}  // namespace

TEST_CASE("RFC 6749 2.3.1: Basic and post are accepted alike") {
  check_client(client("app:s3", "grant_type=x"), ClientAuthMethod::client_secret_basic, "s3");
  check_client(client("app:s3", "client_id=app"), ClientAuthMethod::client_secret_basic, "s3");
  check_client(client({}, "client_id=app&client_secret=s3"), ClientAuthMethod::client_secret_post,
               "s3");
}

TEST_CASE("a public client names itself, in the body or by Basic with an empty secret") {
  check_client(client({}, "client_id=app"), ClientAuthMethod::none, "");
  check_client(client("app:", ""), ClientAuthMethod::none, "");
  check_client(client("app:", "client_id=app"), ClientAuthMethod::none, "");
  check_client(client("app:", "client_id=app&client_secret=s3"),
               ClientAuthMethod::client_secret_post, "s3");
}

TEST_CASE("Basic beside empty client_id and client_secret parameters is Basic") {
  check_client(client("app:s3", "client_id=&client_secret="), ClientAuthMethod::client_secret_basic,
               "s3");
}

TEST_CASE("RFC 6749 2.3: two methods in one request are refused") {
  check_refused(client("app:s3", "client_id=app&client_secret=s3"),
                OAuthErrorCode::invalid_request);
}

TEST_CASE("client ids that differ, repeat or lack are refused") {
  check_refused(client("app:s3", "client_id=other"), OAuthErrorCode::invalid_request);
  check_refused(client({}, "client_id=app&client_id=app"), OAuthErrorCode::invalid_request);
  check_refused(client({}, "client_id=app&client_secret=a&client_secret=b"),
                OAuthErrorCode::invalid_request);
  check_refused(client({}, "client_secret=s3"), OAuthErrorCode::invalid_request);
  check_refused(client({}, ""), OAuthErrorCode::invalid_request);
  check_refused(client(":s3", "client_id=app"), OAuthErrorCode::invalid_client);
  check_refused(client({}, "client_id=a%0Ab"), OAuthErrorCode::invalid_request);
  check_refused(client({}, "client_id=" + std::string(257, 'a')), OAuthErrorCode::invalid_request);
}

TEST_CASE("another Authorization scheme, or a malformed one, is invalid_client") {
  const OAuthResult<OAuthParams> body = OAuthParams::parse("client_id=app&client_secret=s3");
  for (const std::string_view header : {"Bearer abc", "Basic", "Basic !", "Basic YQ==", "x y"}) {
    CAPTURE(header);
    check_refused(parse_client_credentials(header, *body), OAuthErrorCode::invalid_client);
  }
}

namespace {

// Unsigned: whether it is right is not asked here.
std::string assertion_of(const std::string& subject) {
  return base64url_encode(R"({"alg":"ES256"})") + "." +
         base64url_encode("{\"sub\":\"" + subject + "\"}") + ".AA";
}
const std::string kType =
    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

}  // namespace

TEST_CASE("RFC 7521 4.2: an assertion names the client, with or without client_id") {
  const std::string assertion = "client_assertion=" + assertion_of("app") + kType;
  for (const std::string& body : {assertion, "client_id=app&" + assertion}) {
    const auto credentials = client({}, body);
    check_client(credentials, ClientAuthMethod::private_key_jwt, "");
    REQUIRE(credentials->assertion);
    CHECK(credentials->assertion->claimed_client.str() == "app");
  }
  check_client(client("app:", assertion), ClientAuthMethod::private_key_jwt, "");
}

TEST_CASE("RFC 7521 4.2.1: an assertion of another type or of another client is invalid_client") {
  check_refused(client({}, "client_id=app&client_assertion=" + assertion_of("app") +
                               "&client_assertion_type=urn:x"),
                OAuthErrorCode::invalid_client);
  check_refused(client({}, "client_id=app&client_assertion=" + assertion_of("app")),
                OAuthErrorCode::invalid_client);
  check_refused(client({}, "client_id=app&client_assertion=" + assertion_of("other") + kType),
                OAuthErrorCode::invalid_client);
  check_refused(client({}, "client_id=app&client_assertion=a.b.c" + kType),
                OAuthErrorCode::invalid_client);
}

TEST_CASE("RFC 6749 2.3: an assertion beside a secret, or twice, is refused") {
  const std::string assertion = "client_assertion=" + assertion_of("app") + kType;
  check_refused(client("app:s3", assertion), OAuthErrorCode::invalid_request);
  check_refused(client({}, assertion + "&client_id=app&client_secret=s3"),
                OAuthErrorCode::invalid_request);
  check_refused(client({}, assertion + "&" + assertion), OAuthErrorCode::invalid_request);
  check_refused(client({}, "client_id=app" + kType), OAuthErrorCode::invalid_request);
}
