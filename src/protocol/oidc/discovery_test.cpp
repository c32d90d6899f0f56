#include "protocol/oidc/discovery.hpp"

#include <doctest/doctest.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "protocol/json/json.hpp"
#include "protocol/oidc/id_token.hpp"
#include "protocol/oidc/userinfo.hpp"

using namespace curfew;

namespace {

boost::json::object document() {
  ServerMetadata metadata;
  metadata.base_url = "https://idp.test:8443";
  metadata.tenant_id = TenantId{"t1"};
  metadata.acr_values = {"urn:a"};
  Result<boost::json::object> parsed = parse_json_object(metadata_json(metadata));
  REQUIRE(parsed.ok());
  return std::move(parsed).value();
}

bool has(const boost::json::object& object, std::string_view list, std::string_view value) {
  for (const boost::json::value& item : object.at(list).as_array()) {
    if (item.as_string() == value) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("RFC 8414 2: the issuer names one tenant and has no trailing slash") {
  CHECK(issuer_of("https://idp.test:8443", TenantId{"t1"}) == "https://idp.test:8443/t1/v2.0");
  CHECK(document().at("issuer").as_string() == "https://idp.test:8443/t1/v2.0");
}

TEST_CASE("RFC 8414 2: every endpoint is https at the tenant's path, and no list is empty") {
  const boost::json::object metadata = document();
  for (const std::string_view name :
       {"authorization_endpoint", "token_endpoint", "device_authorization_endpoint", "jwks_uri",
        "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint",
        "end_session_endpoint"}) {
    CAPTURE(name);
    const std::string url{metadata.at(name).as_string()};
    CHECK(url.starts_with("https://idp.test:8443/t1/"));
  }
  for (const auto& member : metadata) {
    if (member.value().is_array()) CHECK_FALSE(member.value().get_array().empty());
  }
}

TEST_CASE("the first '/token' of the token endpoint is its own segment") {
  const std::string url{document().at("token_endpoint").as_string()};
  CHECK(url.find("/token") == url.size() - 6);
}

TEST_CASE("OIDC Discovery 3: what relying parties and the conformance suite insist on") {
  const boost::json::object metadata = document();
  CHECK(has(metadata, "id_token_signing_alg_values_supported", "RS256"));
  CHECK(has(metadata, "scopes_supported", "openid"));
  CHECK(has(metadata, "subject_types_supported", "public"));
  CHECK(has(metadata, "response_types_supported", "code"));
  CHECK(metadata.at("response_types_supported").as_array().size() == 1);
  CHECK(has(metadata, "claims_supported", "sub"));
  // Both default to something else when absent.
  CHECK(metadata.at("request_uri_parameter_supported").as_bool() == false);
  CHECK(metadata.at("claims_parameter_supported").as_bool());
}

TEST_CASE("RFC 9700 2.1.1: S256 is advertised, alone") {
  const boost::json::object metadata = document();
  CHECK(metadata.at("code_challenge_methods_supported").as_array().size() == 1);
  CHECK(has(metadata, "code_challenge_methods_supported", "S256"));
}

TEST_CASE("RFC 9207 3: the iss parameter is advertised") {
  CHECK(document().at("authorization_response_iss_parameter_supported").as_bool());
}

TEST_CASE("RFC 9700 2.4: no password grant and no implicit grant are advertised") {
  const boost::json::object metadata = document();
  CHECK_FALSE(has(metadata, "grant_types_supported", "password"));
  CHECK_FALSE(has(metadata, "grant_types_supported", "implicit"));
}

TEST_CASE("a path's first segment names the tenant") {
  const auto path = split_tenant_path("/contoso.test/oauth2/v2.0/token");
  REQUIRE(path.has_value());
  CHECK(path->segment == "contoso.test");
  CHECK(path->rest == endpoint_path::kToken);
  CHECK(split_tenant_path("/common")->rest.empty());
  for (const std::string_view other :
       {"", "/", "//x", "x/y", "/.well-known/oauth-authorization-server/t1/v2.0", "/../x",
        "/a%2e/x", "/a:b/x"}) {
    CAPTURE(other);
    CHECK_FALSE(split_tenant_path(other).has_value());
  }
}

TEST_CASE("OIDC Core 2: an ID token has the claims by which MSAL names an account") {
  IdTokenClaims claims;
  claims.iss = "https://idp.test/t/v2.0";
  claims.sub = claims.oid = "u1";
  claims.aud = "app";
  claims.iat = claims.nbf = 10;
  claims.exp = 20;
  claims.tid = "t1";
  claims.preferred_username = "jo@contoso.test";
  claims.name = "Jo \"J\" Doe";
  claims.amr = {"pwd"};
  CHECK(to_json(claims) ==
        R"({"iss":"https://idp.test/t/v2.0","sub":"u1","aud":"app","iat":10,"nbf":10,"exp":20,)"
        R"("oid":"u1","tid":"t1","preferred_username":"jo@contoso.test","name":"Jo \"J\" Doe",)"
        R"("amr":["pwd"],"ver":"2.0"})");
}

TEST_CASE("OIDC Core 3.1.2.1: a nonce is in the ID token if and only if there was one") {
  IdTokenClaims claims;
  CHECK(to_json(claims).find("nonce") == std::string::npos);
  claims.nonce = "n1";
  CHECK(to_json(claims).find(R"("nonce":"n1")") != std::string::npos);
}

TEST_CASE("OIDC Core 5.3.2: userinfo always has sub") {
  UserInfo user_info;
  user_info.sub = "u1";
  CHECK(to_json(user_info) == R"({"sub":"u1"})");
  user_info.name = "Jo";
  user_info.email = "jo@x.test";
  CHECK(to_json(user_info) ==
        R"({"sub":"u1","name":"Jo","email":"jo@x.test","email_verified":false})");
}
