#include "gate/token/token_gate.hpp"

#include <thread>

#include "gate/token/test_gate.hpp"
#include "model/built_in_app_ids.hpp"
#include "model/credential.hpp"
#include "protocol/oidc/id_token.hpp"

namespace curfew {

using namespace testing;

namespace {

bool is_refused(const GateAnswer& answer, int status, std::string_view error) {
  CHECK(answer.status == status);
  CHECK(answer.error == error);
  CHECK_FALSE(answer.reason.empty());
  return answer.status == status && answer.error == error && !answer.is_live();
}

std::string claims_in(const std::string& www_authenticate) {
  constexpr std::string_view kName = "claims=\"";
  const std::size_t from = www_authenticate.find(kName);
  REQUIRE(from != std::string::npos);
  const std::size_t begin = from + kName.size();
  const std::string encoded =
      www_authenticate.substr(begin, www_authenticate.find('"', begin) - begin);
  return base64_decode(encoded).value();
}

}  // namespace

TEST_CASE("a good token is live, with what it says") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const GateAnswer answer = ask(*gate, issuer.token(good_claims()));
  CHECK(answer.status == 200);
  CHECK(answer.is_live());
  REQUIRE(answer.token != nullptr);
  CHECK(answer.token->claims.oid == "user-1");
  CHECK(answer.token->scopes == std::vector<std::string>{"Files.Read", "Files.Write"});
  CHECK(answer.www_authenticate.empty());
  CHECK_FALSE(answer.retry_after.has_value());
}

TEST_CASE("both types of our access tokens are taken; RS256 as well") {
  const TestIssuer issuer{"rsa", SignatureAlg::rs256};
  TestGate here{issuer};
  const auto gate = here.gate();
  for (const std::string_view typ : {"at+jwt", "JWT", "application/at+jwt"}) {
    CHECK(ask(*gate, issuer.sign(to_json(good_claims()), typ)).is_live());
  }
}

TEST_CASE("a request without a token, or with another scheme, is told to bring one") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  for (const std::string_view authorization :
       {"", "Bearer", "Basic YTpi", "Bearer a b", "Negotiate x", "Bearer \xFF"}) {
    GateRequest request;
    if (!authorization.empty()) request.authorization = authorization;
    const GateAnswer answer = gate->check(request);
    CHECK(is_refused(answer, 401, ""));
    CHECK(answer.www_authenticate.starts_with("Bearer"));
  }
  GateRequest twice;
  const std::string authorization = "Bearer " + issuer.token(good_claims());
  twice.authorization = authorization;
  twice.has_repeated_header = true;
  CHECK(is_refused(gate->check(twice), 400, "invalid_request"));
}

TEST_CASE("what is not an access token of the gate's server is no token here") {
  const TestIssuer issuer;
  const TestIssuer other;  // the same kid, another key
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string payload = to_json(good_claims());
  const std::string good = issuer.sign(payload);
  std::vector<std::string> tokens{
      other.sign(payload),
      TestIssuer{"key-2"}.sign(payload),
      good.substr(0, good.rfind('.') + 1),
      good + "A",
      good.substr(1),
      "a.b.c",
      ".." + good,
      std::string(20'000, 'a') + "." + good,
      base64url_encode(R"({"alg":"none","typ":"at+jwt"})") + "." + base64url_encode(payload) + ".",
      base64url_encode(R"({"alg":"HS256","typ":"at+jwt","kid":"key-1"})") + "." +
          base64url_encode(payload) + "." + base64url_encode(std::string(32, 'x')),
      issuer.sign("{}"),
      issuer.sign("[]"),
      issuer.sign(R"({"iss":"a","iss":"b"})"),
  };
  for (const std::string_view typ : {"", "dpop+jwt", "logout+jwt", "curfew-gate-head+jwt",
                                     "secevent+jwt", "token-introspection+jwt", "curfew-report"}) {
    tokens.push_back(issuer.sign(payload, typ));
  }
  for (const std::string& token : tokens)
    CHECK(is_refused(ask(*gate, token), 401, "invalid_token"));
  CHECK(gate->tokens_remembered() == 0);
}

TEST_CASE("an ID token for the same audience is no access token") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  IdTokenClaims claims;
  claims.iss = good_claims().iss;
  claims.aud = kAudience;
  claims.sub = claims.oid = "user-1";
  claims.tid = "tenant-1";
  claims.iat = claims.nbf = to_unix_seconds(kGateNow);
  claims.exp = claims.iat + 3600;
  claims.sid = "session-1";
  for (const std::string_view typ : {"JWT", "at+jwt"}) {
    CHECK(is_refused(ask(*gate, issuer.sign(to_json(claims), typ)), 401, "invalid_token"));
  }
}

namespace {

// What a gate sees of a credential of this kind. A new kind does not compile until it is here.
struct Shown {
  std::string authorization;
  bool is_access = false;  // it may pass where it is for this API
};

Shown shown(CredentialKind kind, const TestIssuer& issuer, const std::string& audience) {
  const auto token = [&](AccessTokenClaims claims) {
    claims.aud = audience;
    return Shown{"Bearer " + issuer.token(claims), true};
  };
  AccessTokenClaims derived = good_claims();
  derived.inherited_keys = {"application/app-2", "session/session-2"};
  switch (kind) {
    case CredentialKind::access_token: return token(good_claims());
    case CredentialKind::app_access_token: return token(app_claims());
    case CredentialKind::derived_access_token: return token(derived);
    case CredentialKind::refresh_token:
    case CredentialKind::derived_refresh_token:
      return {"Bearer 1.3f2c1a9e-0000-4000-8000-000000000001.7." + random_token(32)};
    case CredentialKind::client_assertion: {
      const TestIssuer client{"client-key"};
      return {"Bearer " + client.token(boost::json::object{{"iss", "app-1"},
                                                           {"sub", "app-1"},
                                                           {"aud", audience},
                                                           {"jti", "one"},
                                                           {"exp", good_claims().exp}})};
    }
    case CredentialKind::gate_feed: {
      AccessTokenClaims feed = app_claims();
      feed.aud = kGateFeedResource;
      return {"Bearer " + issuer.token(feed)};
    }
    case CredentialKind::client_secret:
      return {"Basic " + base64_encode("app-1:" + random_token())};
    case CredentialKind::client_certificate: return {""};
    case CredentialKind::pushed_request:
      return {"Bearer urn:ietf:params:oauth:request_uri:" + random_token(16)};
    case CredentialKind::password: return {"Basic " + base64_encode("ada@contoso.com:Passw0rd!")};
    case CredentialKind::session_cookie:
    case CredentialKind::authorization_code:
    case CredentialKind::device_code:
    case CredentialKind::api_key:
    case CredentialKind::initial_access_token:
    case CredentialKind::registration_access_token:
    case CredentialKind::gate_enrolment_code:
    case CredentialKind::password_reset_code:
    case CredentialKind::subscription: return {"Bearer " + random_token(32)};
  }
  return {};
}

}  // namespace

TEST_CASE("of every kind of credential a gate takes access tokens alone, and for its API alone") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  for (const CredentialKind kind : kCredentialKinds) {
    for (const std::string& audience : {kAudience, std::string{"api://mail"}}) {
      INFO(to_string(kind) << " for " << audience);
      const Shown credential = shown(kind, issuer, audience);
      GateRequest request;
      if (!credential.authorization.empty()) request.authorization = credential.authorization;
      const GateAnswer answer = gate->check(request);
      CHECK(answer.is_live() == (credential.is_access && audience == kAudience));
      CHECK((answer.is_live() || answer.status == 401));
    }
  }
}

TEST_CASE("another issuer, tenant, audience or time is refused") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const auto refused = [&](auto change) {
    AccessTokenClaims claims = good_claims();
    change(claims);
    return is_refused(ask(*gate, issuer.token(claims)), 401, "invalid_token");
  };
  CHECK(refused([](auto& claims) { claims.iss = "https://id.fabrikam.com"; }));
  CHECK(refused([](auto& claims) { claims.iss += "/"; }));
  CHECK(refused([](auto& claims) { claims.tid = TenantId{"tenant-2"}; }));
  CHECK(refused([](auto& claims) { claims.aud = "api://files/"; }));
  CHECK(refused([](auto& claims) { claims.aud = "https://graph.microsoft.com"; }));
  CHECK(refused([](auto& claims) { claims.exp = to_unix_seconds(kGateNow); }));
  CHECK(refused([](auto& claims) { claims.nbf = to_unix_seconds(kGateNow) + 61; }));
  CHECK(refused([](auto& claims) { claims.stamps = {}; }));
  CHECK(refused([](auto& claims) { claims.oid.clear(); }));
  AccessTokenClaims early = good_claims();
  early.nbf = to_unix_seconds(kGateNow) + 60;
  CHECK(ask(*gate, issuer.token(early)).is_live());
}

TEST_CASE("a gate without an audience lets nothing through") {
  const TestIssuer issuer;
  TestGate here{issuer};
  TokenGateConfig config = here.config();
  config.rules = {};
  const auto gate = here.gate(config);
  CHECK(is_refused(ask(*gate, issuer.token(good_claims())), 401, "invalid_token"));
  AccessTokenClaims nothing = good_claims();
  nothing.aud.clear();
  CHECK_FALSE(ask(*gate, issuer.token(nothing)).is_live());
}

TEST_CASE("an entry refuses a token that was live a moment ago, by each of its keys") {
  const TestIssuer issuer;
  AccessTokenClaims claims = good_claims();
  claims.deviceid = DeviceId{"device-1"};
  claims.grant_id = GrantId{"grant-1"};
  claims.authenticator_id = "authenticator-1";
  claims.inherited_keys = {"session/session-2"};
  const std::string token = issuer.token(claims);
  for (const Key& key : facts_of(claims, KeyId{"key-1"}).keys) {
    for (const Effect effect : {Effect::reauth, Effect::reevaluate, Effect::block}) {
      INFO(to_string(key) << " " << to_string(effect));
      TestGate here{issuer};
      const auto gate = here.gate();
      REQUIRE(ask(*gate, token).is_live());
      here.apply(effect, key, kGateNow, effect == Effect::block);
      CHECK(is_refused(ask(*gate, token), 401, "invalid_token"));
      CHECK(gate->tokens_remembered() == 1);
    }
  }
}

TEST_CASE("a token that is stamped after the entry is live") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  here.apply(Effect::reauth, user_key(1));
  CHECK_FALSE(ask(*gate, issuer.token(good_claims())).is_live());
  AccessTokenClaims newer = good_claims();
  newer.stamps = {at(2), at(2)};
  CHECK(ask(*gate, issuer.token(newer)).is_live());
}

TEST_CASE("a client that can is challenged as by our own APIs; others are told it is dead") {
  const TestIssuer issuer;
  TestGate here{issuer};
  TokenGateConfig config = here.config();
  config.authorization_uri = "https://id.contoso.com/tenant-1/oauth2/v2.0/authorize";
  const auto gate = here.gate(config);
  AccessTokenClaims claims = good_claims();
  claims.continuous_evaluation = true;
  here.apply(Effect::reevaluate, user_key(1));
  const GateAnswer answer = ask(*gate, issuer.token(claims));
  CHECK(is_refused(answer, 401, "insufficient_claims"));
  CHECK(answer.www_authenticate.starts_with(
      "Bearer authorization_uri=\"https://id.contoso.com/tenant-1/oauth2/v2.0/authorize\", "
      "error=\"insufficient_claims\""));
  CHECK(claims_in(answer.www_authenticate) ==
        R"({"access_token":{"nbf":{"essential":true,"value":")" +
            std::to_string(to_unix_seconds(kGateNow)) + R"("},"as_of":{"value":"3.2"}}})");
  const GateAnswer other = ask(*gate, issuer.token(good_claims()));
  CHECK(other.www_authenticate.find("claims=") == std::string::npos);
}

TEST_CASE("without a replica, its keys or a lease the gate says 503 and when to come back") {
  const TestIssuer issuer;
  const std::string token = issuer.token(good_claims());
  TestGate here{issuer};
  const auto gate = here.gate();
  REQUIRE(ask(*gate, token).is_live());

  here.time.since_boot = std::chrono::hours{101};
  GateAnswer answer = ask(*gate, token);
  CHECK(is_refused(answer, 503, ""));
  CHECK(answer.retry_after == 1);
  CHECK(answer.www_authenticate.empty());
  here.writer->set_mode(GateMode::best_effort);
  CHECK(ask(*gate, token).is_live());

  here.writer->withdraw();
  CHECK(is_refused(ask(*gate, token), 503, ""));

  TestReplica empty;
  TokenGateConfig config = here.config();
  config.replica_path = empty.path();
  const auto nothing = here.gate(config);
  CHECK(is_refused(ask(*nothing, token), 503, ""));
  const auto writer = serving_writer(empty);
  REQUIRE(writer->set_lease({at(0), std::chrono::hours{200}, kGateNow + std::chrono::hours{99}},
                            at(0)));
  CHECK(is_refused(ask(*nothing, token), 503, ""));  // no keys
  REQUIRE(writer->set_signing_keys(issuer.jwks()).ok());
  CHECK(ask(*nothing, token).is_live());
}

TEST_CASE("another tenant's or issuer's replica is not believed") {
  const TestIssuer issuer;
  TestGate here{issuer};
  TokenGateConfig config = here.config();
  config.reader.identity.issuer = "https://id.fabrikam.com";
  const auto gate = here.gate(config);
  AccessTokenClaims claims = good_claims();
  claims.iss = "https://id.fabrikam.com";
  CHECK(is_refused(ask(*gate, issuer.token(claims)), 503, ""));
}

TEST_CASE("a signing key that is withdrawn takes the tokens along that were remembered") {
  const TestIssuer issuer;
  const TestIssuer next{"key-2"};
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string token = issuer.token(good_claims());
  REQUIRE(ask(*gate, token).is_live());
  // A key more: what was remembered goes on.
  REQUIRE(here.writer->set_signing_keys(serialize_jwks({issuer.jwk(), next.jwk()})).ok());
  CHECK(ask(*gate, token).is_live());
  CHECK(ask(*gate, next.token(good_claims())).is_live());
  // Withdrawn, though no entry says so yet.
  REQUIRE(here.writer->set_signing_keys(next.jwks()).ok());
  CHECK(is_refused(ask(*gate, token), 401, "invalid_token"));
  CHECK(ask(*gate, next.token(good_claims())).is_live());
}

TEST_CASE("a key of the same name with other numbers is another key") {
  const TestIssuer issuer;
  const TestIssuer same_name;
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string token = issuer.token(good_claims());
  REQUIRE(ask(*gate, token).is_live());
  REQUIRE(here.writer->set_signing_keys(same_name.jwks()).ok());
  CHECK_FALSE(ask(*gate, token).is_live());
  CHECK(ask(*gate, same_name.token(good_claims())).is_live());
}

TEST_CASE("a person needs every scope, an application one of the roles") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string person = issuer.token(good_claims());
  const std::string app = issuer.token(app_claims());
  const auto is_let_in = [&](const std::string& token, std::vector<std::string> scopes,
                             std::vector<std::string> roles) {
    const TokenRules rules{{kAudience}, std::move(scopes), std::move(roles)};
    const std::string authorization = "Bearer " + token;
    GateRequest request;
    request.authorization = authorization;
    request.rules = &rules;
    const GateAnswer answer = gate->check(request);
    CHECK((answer.is_live() || is_refused(answer, 403, "insufficient_scope")));
    return answer.is_live();
  };
  CHECK(is_let_in(person, {}, {}));
  CHECK(is_let_in(person, {"Files.Read", "Files.Write"}, {"Files.Read.All"}));
  CHECK_FALSE(is_let_in(person, {"Files.Read", "Files.Delete"}, {}));
  CHECK_FALSE(is_let_in(person, {"files.read"}, {}));
  CHECK_FALSE(is_let_in(person, {}, {"Files.Read.All"}));
  CHECK(is_let_in(app, {}, {}));
  CHECK(is_let_in(app, {"Files.Read"}, {"Other", "Files.Read.All"}));
  CHECK_FALSE(is_let_in(app, {"Files.Read"}, {}));
  CHECK_FALSE(is_let_in(app, {}, {"Other"}));
}

TEST_CASE("a token that is bound to a key counts with its proof alone, once") {
  const TestIssuer issuer;
  const TestSender sender;
  TestGate here{issuer};
  const auto gate = here.gate();
  AccessTokenClaims claims = good_claims();
  claims.cnf_jkt = sender.jkt();
  const std::string token = issuer.token(claims);
  const std::string proof = sender.proof(sender.claims(token));
  CHECK(ask_with_proof(*gate, token, proof).is_live());
  CHECK(is_refused(ask_with_proof(*gate, token, proof), 401, "invalid_dpop_proof"));
  CHECK(ask_with_proof(*gate, token, sender.proof(sender.claims(token))).is_live());

  const GateAnswer as_bearer = ask(*gate, token);
  CHECK(is_refused(as_bearer, 401, "invalid_token"));
  CHECK(as_bearer.www_authenticate.starts_with("DPoP "));
  const TestSender thief;
  CHECK(is_refused(ask_with_proof(*gate, token, thief.proof(thief.claims(token))), 401,
                   "invalid_token"));
  for (const auto& [claim, value] :
       {std::pair{"htm", "POST"}, {"htu", "https://files.contoso.com/other"}, {"ath", "AAAA"}}) {
    boost::json::object changed = sender.claims(token);
    changed[claim] = value;
    CHECK(
        is_refused(ask_with_proof(*gate, token, sender.proof(changed)), 401, "invalid_dpop_proof"));
  }
  const std::string unbound = issuer.token(good_claims());
  CHECK(is_refused(ask_with_proof(*gate, unbound, sender.proof(sender.claims(unbound))), 401,
                   "invalid_token"));
}

TEST_CASE("a token that is bound to a certificate counts with that one alone") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  AccessTokenClaims claims = good_claims();
  claims.cnf_x5t_s256 = sha256_base64url("certificate");
  const std::string authorization = "Bearer " + issuer.token(claims);
  const std::string other = sha256_base64url("another");
  GateRequest request;
  request.authorization = authorization;
  CHECK(is_refused(gate->check(request), 401, "invalid_token"));
  request.sender.x5t_s256 = other;
  CHECK(is_refused(gate->check(request), 401, "invalid_token"));
  request.sender.x5t_s256 = claims.cnf_x5t_s256;
  CHECK(gate->check(request).is_live());
}

TEST_CASE("a token that is bound in a way that nobody knows is refused") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  for (const std::string_view cnf : {R"({"kid":"x"})", R"({})", R"({"jkt":""})", R"("x")"}) {
    boost::json::object claims = boost::json::parse(to_json(good_claims())).as_object();
    claims["cnf"] = boost::json::parse(cnf);
    CHECK(is_refused(ask(*gate, issuer.token(claims)), 401, "invalid_token"));
  }
}

TEST_CASE("memory of tokens is bounded, and forgetting one changes nothing") {
  const TestIssuer issuer;
  TestGate here{issuer};
  TokenGateConfig config = here.config();
  config.lanes = 1;
  config.tokens_remembered = 8;
  const auto gate = here.gate(config);
  std::vector<std::string> tokens;
  for (int i = 0; i < 40; ++i) {
    AccessTokenClaims claims = good_claims();
    claims.jti = "token-" + std::to_string(i);
    tokens.push_back(issuer.token(claims));
    CHECK(ask(*gate, tokens.back()).is_live());
    CHECK(gate->tokens_remembered() <= 8);
  }
  here.apply(Effect::reauth, user_key(1));
  for (const std::string& token : tokens) CHECK_FALSE(ask(*gate, token).is_live());
}

TEST_CASE("many threads at one gate agree, and after an entry none lets the token pass") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  std::vector<std::string> tokens;
  for (int i = 0; i < 16; ++i) {
    AccessTokenClaims claims = good_claims();
    claims.jti = "token-" + std::to_string(i);
    tokens.push_back(issuer.token(claims));
  }
  const auto count_live = [&] {
    std::atomic<int> live{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 200; ++i) {
          live += ask(*gate, tokens[(i * 7 + t) % tokens.size()]).is_live() ? 1 : 0;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return live.load();
  };
  CHECK(count_live() == 800);
  here.apply(Effect::reauth, user_key(1));
  CHECK(count_live() == 0);
}

TEST_CASE("a configuration that cannot be is refused, with the reason") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto refused = [&](auto change) {
    TokenGateConfig config = here.config();
    change(config);
    const auto made = TokenGate::make(config, [&] { return here.time; });
    return !made.ok() && made.error().code() == ErrorCode::invalid_argument;
  };
  CHECK(refused([](auto& config) { config.replica_path.clear(); }));
  CHECK(refused([](auto& config) { config.reader.identity.tenant_id.clear(); }));
  CHECK(refused([](auto& config) { config.reader.identity.issuer.clear(); }));
  CHECK(refused([](auto& config) { config.skew_max = Duration{-1}; }));
  CHECK(refused([](auto& config) { config.lanes = 0; }));
  CHECK(refused([](auto& config) { config.foreign_issuers = {{}}; }));
}

}  // namespace curfew
