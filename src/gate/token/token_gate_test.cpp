#include "gate/token/token_gate.hpp"

#include "gate/token/test_gate.hpp"
#include "model/built_in_app_ids.hpp"
#include "model/credential.hpp"
#include "protocol/oidc/id_token.hpp"

namespace curfew {

using namespace testing;

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
  for (const std::string_view typ :
       {"", "dpop+jwt", "logout+jwt", "command+jwt", "curfew-gate-head+jwt", "secevent+jwt",
        "token-introspection+jwt", "curfew-report"}) {
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
    case CredentialKind::subscription:
    case CredentialKind::signal_source: return {"Bearer " + random_token(32)};
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
