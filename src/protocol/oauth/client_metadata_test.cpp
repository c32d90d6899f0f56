#include "protocol/oauth/client_metadata.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "base/limits.hpp"
#include "protocol/json/json.hpp"

namespace curfew {
namespace {

namespace bj = boost::json;

bj::object plain() {
  return {{"redirect_uris", bj::array{"https://app.contoso.test/callback"}},
          {"client_name", "Portal"}};
}

template <typename T>
bj::object with(std::string_view member, const T& value) {
  bj::object body = plain();
  body[member] = bj::value_from(value);
  return body;
}

OAuthResult<ClientMetadata> parse(const bj::object& body) {
  return parse_client_metadata(serialize_json(body));
}

std::string error_of(const bj::object& body) {
  const auto parsed = parse(body);
  return parsed.ok() ? "" : std::string{to_string(parsed.error().code)};
}

TEST_CASE("RFC 7591 2: what is left out has its default") {
  const auto metadata = parse(plain());
  REQUIRE(metadata.ok());
  CHECK(metadata.value().client_name == "Portal");
  CHECK(metadata.value().grant_types == std::vector<std::string>{"authorization_code"});
  CHECK(metadata.value().token_endpoint_auth_method == "client_secret_basic");
  CHECK(metadata.value().scopes.empty());
  CHECK(metadata.value().id_token_alg == TokenAlg::rs256);
}

TEST_CASE("RFC 7591 2: members that nobody understands are left out") {
  CHECK(parse(with("client_name#ja", "ポータル")).ok());
  CHECK(parse(with("logo_uri", "javascript:alert(1)")).ok());
  CHECK(parse(with("my_own", bj::object{{"a", 1}})).ok());
}

TEST_CASE("RFC 9700 2.1: redirect URIs are https, or http to a loopback host, and exact") {
  for (const char* const good : {"https://app.contoso.test/cb?x=1", "http://127.0.0.1/cb",
                                 "http://[::1]:5000/cb", "http://localhost:3000/cb"}) {
    CAPTURE(good);
    CHECK(parse(with("redirect_uris", bj::array{good})).ok());
  }
  for (const char* const bad :
       {"http://app.contoso.test/cb", "com.contoso.app:/cb", "https://app.contoso.test/cb#x",
        "https://*.contoso.test/cb", "https://me@contoso.test/cb", "javascript:alert(1)",
        "data:text/html,x", "/cb", "", "https:///cb", "urn:ietf:wg:oauth:2.0:oob"}) {
    CAPTURE(bad);
    CHECK(error_of(with("redirect_uris", bj::array{bad})) == "invalid_redirect_uri");
  }
  CHECK(error_of({}) == "invalid_redirect_uri");
  CHECK(error_of(with("redirect_uris", bj::array{"https://a.test/", "https://a.test/"})) ==
        "invalid_redirect_uri");
}

TEST_CASE("RFC 9700 2.1.2, 2.4: no implicit grant, no passwords, nothing unknown") {
  for (const char* const bad : {"implicit", "password", "", "AUTHORIZATION_CODE",
                                "urn:ietf:params:oauth:grant-type:jwt-bearer"}) {
    CAPTURE(bad);
    CHECK(error_of(with("grant_types", bj::array{"authorization_code", bad})) ==
          "invalid_client_metadata");
  }
  CHECK(error_of(with("grant_types", bj::array{})) == "invalid_client_metadata");
  for (const char* const bad : {"token", "id_token", "code id_token", "none"}) {
    CAPTURE(bad);
    CHECK(error_of(with("response_types", bj::array{"code", bad})) == "invalid_client_metadata");
  }
  CHECK(error_of(with("response_types", bj::array{})) == "invalid_client_metadata");
}

TEST_CASE("grants without a browser come without redirect URIs") {
  const bj::object device{{"grant_types", bj::array{kDeviceCodeGrantType}},
                          {"token_endpoint_auth_method", "none"}};
  CHECK(parse(device).ok());
  bj::object both = device;
  both["redirect_uris"] = bj::array{"https://app.contoso.test/callback"};
  CHECK(error_of(both) == "invalid_redirect_uri");
  bj::object codes = device;
  codes["response_types"] = bj::array{"code"};
  CHECK(error_of(codes) == "invalid_client_metadata");
}

TEST_CASE("an application that proves nothing gets nothing for itself") {
  bj::object body{{"grant_types", bj::array{"client_credentials"}},
                  {"token_endpoint_auth_method", "none"}};
  CHECK(error_of(body) == "invalid_client_metadata");
  body["token_endpoint_auth_method"] = "client_secret_post";
  CHECK(parse(body).ok());
  CHECK(error_of(with("token_endpoint_auth_method", "tls_client_auth")) ==
        "invalid_client_metadata");
}

TEST_CASE("keys come by value, with the method that uses them") {
  CHECK(error_of(with("jwks_uri", "https://app.contoso.test/jwks")) == "invalid_client_metadata");
  CHECK(error_of(with("jwks", bj::object{{"keys", bj::array{}}})) == "invalid_client_metadata");
  CHECK(error_of(with("token_endpoint_auth_method", "private_key_jwt")) ==
        "invalid_client_metadata");
  bj::object body = with("token_endpoint_auth_method", "private_key_jwt");
  body["jwks"] = bj::object{{"keys", bj::array{}}};
  CHECK(parse(body).ok());
}

TEST_CASE("RFC 7591 2.3: a software statement is refused, whatever it says") {
  CHECK(error_of(with("software_statement", "eyJ.e30.x")) == "invalid_software_statement");
  CHECK(error_of(with("software_statement", nullptr)) == "invalid_software_statement");
}

TEST_CASE("a name that would read as another one is refused") {
  for (const char* const bad :
       {"Port\nal", "Portal\u202Egnp", "Por\u200Btal", "Por\u00ADtal", "Por\u061Ctal",
        "\uFEFFPortal", "Por\u2066tal", "Portal\x7F", "Por\u0085tal"}) {
    CHECK(error_of(with("client_name", bad)) == "invalid_client_metadata");
  }
  CHECK(parse(with("client_name", "Pörtal – 日本")).ok());
  CHECK(error_of(with("client_name", std::string(129, 'x'))) == "invalid_client_metadata");
}

TEST_CASE("every member has a limit") {
  bj::array uris;
  for (std::size_t i = 0; i <= limits::kClientUrisMax; ++i) {
    uris.emplace_back("https://app.contoso.test/" + std::to_string(i));
  }
  CHECK(error_of(with("redirect_uris", uris)) == "invalid_redirect_uri");
  CHECK(error_of(with("post_logout_redirect_uris", uris)) == "invalid_client_metadata");
  CHECK(error_of(with("contacts", bj::array{"a", "b", "c", "d", "e", "f"})) ==
        "invalid_client_metadata");
  CHECK(error_of(with("contacts", bj::array{std::string(129, 'x')})) == "invalid_client_metadata");
  CHECK(error_of(with("software_id", std::string(129, 'x'))) == "invalid_client_metadata");
  CHECK(error_of(with("client_uri", "https://a.test/" + std::string(512, 'x'))) ==
        "invalid_client_metadata");
  std::string scope;
  for (int i = 0; i < 51; ++i) scope += "api://files/P" + std::to_string(i) + " ";
  CHECK(error_of(with("scope", scope)) == "invalid_client_metadata");
  CHECK(error_of(with("x", std::string(limits::kClientMetadataBytesMax, 'x'))) ==
        "invalid_client_metadata");
}

TEST_CASE("a member of another type is an error, never converted") {
  for (const char* const member :
       {"client_name", "scope", "token_endpoint_auth_method", "client_uri", "software_id",
        "frontchannel_logout_uri", "id_token_signed_response_alg", "subject_type", "client_id"}) {
    CAPTURE(member);
    CHECK_FALSE(error_of(with(member, 1)).empty());
    CHECK_FALSE(error_of(with(member, nullptr)).empty());
  }
  for (const char* const member : {"redirect_uris", "grant_types", "response_types", "contacts"}) {
    CAPTURE(member);
    CHECK_FALSE(error_of(with(member, "https://app.contoso.test/callback")).empty());
  }
  CHECK_FALSE(error_of(with("dpop_bound_access_tokens", "true")).empty());
  CHECK_FALSE(parse_client_metadata("[]").ok());
  CHECK_FALSE(parse_client_metadata("{\"client_name\":\"a\",\"client_name\":\"b\"}").ok());
}

TEST_CASE("addresses for a sign-out keep their rules here too") {
  CHECK(parse(with("frontchannel_logout_uri", "https://app.contoso.test/out")).ok());
  CHECK(error_of(with("frontchannel_logout_uri", "https://evil.test/out")) ==
        "invalid_client_metadata");
  CHECK(error_of(with("backchannel_logout_uri", "https://127.0.0.1/out")) ==
        "invalid_client_metadata");
  CHECK(error_of(with("post_logout_redirect_uris", bj::array{"com.contoso.app:/bye"})) ==
        "invalid_client_metadata");
}

TEST_CASE("what this server cannot do is refused, not left out") {
  CHECK(error_of(with("subject_type", "pairwise")) == "invalid_client_metadata");
  CHECK(error_of(with("id_token_signed_response_alg", "none")) == "invalid_client_metadata");
  CHECK(error_of(with("id_token_signed_response_alg", "HS256")) == "invalid_client_metadata");
}

TEST_CASE("RFC 7592 2.2: what the server issued is not for the client to say") {
  for (const char* const member : {"registration_access_token", "registration_client_uri",
                                   "client_secret_expires_at", "client_id_issued_at"}) {
    CAPTURE(member);
    CHECK(error_of(with(member, "x")) == "invalid_client_metadata");
  }
}

TEST_CASE("a grant that the initial access token does not allow is refused") {
  const auto metadata =
      parse(with("grant_types", bj::array{"authorization_code", "refresh_token"}));
  REQUIRE(metadata.ok());
  CHECK(check_grant_types(metadata.value(), {"authorization_code", "refresh_token"}).ok());
  CHECK_FALSE(check_grant_types(metadata.value(), {"authorization_code"}).ok());
  CHECK_FALSE(check_grant_types(metadata.value(), {}).ok());
}

}  // namespace
}  // namespace curfew
