#include "protocol/oidc/access_token.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "protocol/json/json.hpp"

using namespace curfew;

namespace {

AccessTokenClaims user_claims() {
  AccessTokenClaims claims;
  claims.iss = "https://idp.test/t/v2.0";
  claims.aud = "api://a";
  claims.sub = "u1";
  claims.oid = "u1";
  claims.tid = TenantId{"t1"};
  claims.client_id = AppId{"app1"};
  claims.azpacr = "1";
  claims.scp = "read write";
  claims.roles = {"Reader"};
  claims.sid = SessionId{"s1"};
  claims.deviceid = DeviceId{"d1"};
  claims.jti = "j1";
  claims.iat = 1000;
  claims.nbf = 1000;
  claims.exp = 4600;
  claims.auth_time = 900;
  claims.amr = {"pwd"};
  claims.acr = "1";
  claims.continuous_evaluation = true;
  claims.stamps = {{1, 7}, {1, 9}};
  claims.grant_id = GrantId{"g1"};
  claims.authenticator_id = "p1";
  return claims;
}

std::string minimal(std::string_view more = "") {
  return R"({"iss":"i","aud":"a","sub":"s","client_id":"c","jti":"j","iat":1,"exp":2)" +
         std::string{more} + "}";
}

bool names(const CredentialFacts& facts, const Key& key) {
  return std::count(facts.keys.begin(), facts.keys.end(), key) == 1;
}

}  // namespace

TEST_CASE("RFC 9068 2.2: the payload has every required claim, and both stamps as text") {
  CHECK(
      to_json(user_claims()) ==
      R"({"iss":"https://idp.test/t/v2.0","aud":"api://a","sub":"u1","iat":1000,"nbf":1000,)"
      R"("exp":4600,"jti":"j1","client_id":"app1","azp":"app1","appid":"app1","azpacr":"1",)"
      R"("oid":"u1","tid":"t1","scp":"read write","scope":"read write","roles":["Reader"],"sid":"s1",)"
      R"("deviceid":"d1","auth_time":900,"amr":["pwd"],"acr":"1","ver":"2.0",)"
      R"("xms_cc":["CP1"],"auth_as_of":"1.7","as_of":"1.9","xcf_grant":"g1","xcf_authn":"p1"})");
}

TEST_CASE("the controls of a session survive the way to JSON and back") {
  AccessTokenClaims claims = user_claims();
  claims.session_controls = {"monitorOnly", "blockDownloads"};
  const std::string json = to_json(claims);
  CHECK(json.find(R"("xcf_ctl":["monitorOnly","blockDownloads"])") != std::string::npos);
  const auto again = parse_access_token_claims(json);
  REQUIRE(again.ok());
  CHECK(again->session_controls == claims.session_controls);
  CHECK_FALSE(parse_access_token_claims(minimal(R"(,"xcf_ctl":"blockDownloads")")).ok());
  CHECK_FALSE(parse_access_token_claims(minimal(R"(,"xcf_ctl":[1])")).ok());
}

TEST_CASE("what a token inherits survives the way to JSON and back, and is named") {
  AccessTokenClaims claims = user_claims();
  claims.inherited_keys = {"grant/g0", "application/app0", "assignment/u1@app0"};
  const auto again = parse_access_token_claims(to_json(claims));
  REQUIRE(again.ok());
  CHECK(again->inherited_keys == claims.inherited_keys);
  const CredentialFacts facts = facts_of(*again, KeyId{"k1"});
  CHECK(names(facts, Key{KeyKind::grant, "g0"}));
  CHECK(names(facts, Key{KeyKind::grant, "g1"}));
  CHECK(names(facts, Key{KeyKind::assignment, "u1@app0"}));
  CHECK_FALSE(parse_access_token_claims(minimal(R"(,"xcf_via":["nonsense/x"])")).ok());
  CHECK_FALSE(parse_access_token_claims(minimal(R"(,"xcf_via":"grant/g0")")).ok());
  claims.inherited_keys.assign(kInheritedKeysMax + 1, "grant/g0");
  CHECK_FALSE(parse_access_token_claims(to_json(claims)).ok());
  claims.inherited_keys = {"nonsense/x"};
  CHECK_FALSE(facts_of(claims, KeyId{"k1"}).stamps.auth_as_of.is_set());
}

TEST_CASE(
    "RFC 9068 2.2.3: a token with delegated permissions has a scope claim, and no other has") {
  AccessTokenClaims claims = user_claims();
  CHECK(parse_json_object(to_json(claims))->at("scope").as_string() == "read write");
  claims.scp.clear();
  CHECK_FALSE(parse_json_object(to_json(claims))->contains("scope"));
}

TEST_CASE("claims survive the way to JSON and back") {
  const std::string json = to_json(user_claims());
  const Result<AccessTokenClaims> again = parse_access_token_claims(json);
  REQUIRE(again.ok());
  CHECK(to_json(*again) == json);
  AccessTokenClaims app = user_claims();
  app.app_only = true;
  const Result<AccessTokenClaims> again_app = parse_access_token_claims(to_json(app));
  REQUIRE(again_app.ok());
  CHECK(again_app->app_only);
}

TEST_CASE("RFC 9068 2.2: a payload without a required claim is refused") {
  REQUIRE(parse_access_token_claims(minimal()).ok());
  for (const std::string_view name : {"iss", "aud", "sub", "client_id", "jti", "iat", "exp"}) {
    CAPTURE(name);
    std::string json = minimal();
    json.replace(json.find("\"" + std::string{name} + "\""), name.size() + 2, "\"other\"");
    CHECK_FALSE(parse_access_token_claims(json).ok());
  }
}

TEST_CASE("claims of a wrong type, and spellings of the client that differ, are refused") {
  for (const std::string_view more :
       {R"(,"tid":1)", R"(,"sid":null)", R"(,"scp":["a"])", R"(,"roles":"a")", R"(,"azp":"other")",
        R"(,"appid":"other")", R"(,"auth_as_of":"x")", R"(,"auth_as_of":1.7)", R"(,"as_of":"01.2")",
        R"(,"nbf":-1)", R"(,"nbf":9223372036854775807)", R"(,"xms_cc":"cp1")",
        R"(,"iss":"twice")"}) {
    CAPTURE(more);
    CHECK_FALSE(parse_access_token_claims(minimal(more)).ok());
  }
  CHECK_FALSE(parse_access_token_claims("[]").ok());
  CHECK_FALSE(parse_access_token_claims("").ok());
  CHECK(parse_access_token_claims(minimal(R"(,"azp":"c","unknown":{"a":[1]})")).ok());
}

TEST_CASE("RFC 8705 3.1: what a token is bound to survives the way to JSON and back") {
  AccessTokenClaims claims = user_claims();
  CHECK(!is_bound(claims));
  claims.cnf_x5t_s256 = "cert";
  CHECK(is_bound(claims));
  CHECK(to_json(claims).find(R"("cnf":{"x5t#S256":"cert"})") != std::string::npos);
  claims.cnf_jkt = "key";
  const auto read = parse_access_token_claims(to_json(claims));
  REQUIRE(read.ok());
  CHECK(read->cnf_x5t_s256 == "cert");
  CHECK(read->cnf_jkt == "key");
}

TEST_CASE("a token that is bound in a way that is not known is refused") {
  CHECK(parse_access_token_claims(minimal(R"(,"cnf":{"jkt":"k"})")).ok());
  for (const std::string_view cnf :
       {R"(,"cnf":{})", R"(,"cnf":{"kid":"k"})", R"(,"cnf":{"jkt":""})",
        R"(,"cnf":{"jkt":"k","kid":"k"})", R"(,"cnf":{"x5t#S256":7})"}) {
    CAPTURE(cnf);
    CHECK(!parse_access_token_claims(minimal(cnf)).ok());
  }
}

TEST_CASE("capabilities compare without case") {
  CHECK(parse_access_token_claims(minimal(R"(,"xms_cc":["x","cp1"])"))->continuous_evaluation);
  CHECK_FALSE(parse_access_token_claims(minimal(R"(,"xms_cc":["x"])"))->continuous_evaluation);
}

TEST_CASE("an access token of a user names every key by which it can be ended") {
  const CredentialFacts facts = facts_of(user_claims(), KeyId{"k1"});
  CHECK(facts.credential_class == CredentialClass::access);
  CHECK(facts.stamps.auth_as_of == Position{1, 7});
  CHECK(facts.stamps.as_of == Position{1, 9});
  CHECK(facts.expires_at == from_unix_seconds(4600));
  for (const Key& key : {key_of(TenantId{"t1"}), key_of(UserId{"u1"}), key_of(SessionId{"s1"}),
                         key_of(DeviceId{"d1"}), key_of(GrantId{"g1"}), key_of(AppId{"app1"}),
                         assignment_key(UserId{"u1"}, AppId{"app1"}), authenticator_key("p1"),
                         key_of(KeyId{"k1"}), credential_key("j1")}) {
    CAPTURE(to_string(key));
    CHECK(names(facts, key));
  }
  CHECK(facts.keys.size() == kKeyKinds.size());
}

TEST_CASE("parts that are absent are not named; an application alone names no user") {
  AccessTokenClaims claims = user_claims();
  claims.app_only = true;
  claims.oid = "app1";
  claims.sid = {};
  claims.deviceid = {};
  claims.grant_id = {};
  const CredentialFacts facts = facts_of(claims, KeyId{"k1"});
  CHECK(facts.stamps.auth_as_of.is_set());
  CHECK(facts.keys == std::vector<Key>{key_of(TenantId{"t1"}), key_of(AppId{"app1"}),
                                       authenticator_key("p1"), key_of(KeyId{"k1"}),
                                       credential_key("j1")});
}

TEST_CASE("a token without stamps has unset stamps, and is dead by the validity rule") {
  const Result<AccessTokenClaims> claims = parse_access_token_claims(minimal());
  REQUIRE(claims.ok());
  CHECK_FALSE(claims->stamps.auth_as_of.is_set());
  const CredentialFacts facts = facts_of(*claims, KeyId{"k1"});
  const std::vector<Watermark> nothing(facts.keys.size());
  CHECK(judge(facts, nothing, from_unix_seconds(1)) == Verdict::unstamped);
}

TEST_CASE("a token that lacks what every token of ours names is dead, whatever its stamps") {
  const auto verdict = [](const AccessTokenClaims& claims, const KeyId& kid) {
    const CredentialFacts facts = facts_of(claims, kid);
    const std::vector<Watermark> nothing(facts.keys.size());
    return judge(facts, nothing, from_unix_seconds(2000));
  };
  CHECK(verdict(user_claims(), KeyId{"k1"}) == Verdict::live);
  CHECK(verdict(user_claims(), KeyId{}) == Verdict::unstamped);
  AccessTokenClaims claims = user_claims();
  claims.oid.clear();
  CHECK(verdict(claims, KeyId{"k1"}) == Verdict::unstamped);
  claims = user_claims();
  claims.tid = {};
  CHECK(verdict(claims, KeyId{"k1"}) == Verdict::unstamped);
  claims = user_claims();
  claims.client_id = {};
  CHECK(verdict(claims, KeyId{"k1"}) == Verdict::unstamped);
  claims = user_claims();
  claims.jti.clear();
  CHECK(verdict(claims, KeyId{"k1"}) == Verdict::unstamped);
}

TEST_CASE("a token stays under 1.2 KB of claims even with GUIDs everywhere") {
  AccessTokenClaims claims = user_claims();
  const std::string guid = "11111111-2222-4333-8444-555555555555";
  claims.sub = claims.oid = claims.jti = claims.authenticator_id = guid;
  claims.tid = TenantId{guid};
  claims.client_id = AppId{guid};
  claims.sid = SessionId{guid};
  claims.deviceid = DeviceId{guid};
  claims.grant_id = GrantId{guid};
  CHECK(to_json(claims).size() < 1200);
}
