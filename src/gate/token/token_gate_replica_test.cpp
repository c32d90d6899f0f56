#include <atomic>
#include <thread>

#include "gate/token/test_gate.hpp"
#include "gate/token/token_gate.hpp"

namespace curfew {

using namespace testing;

namespace {

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

TEST_CASE("a header that ends like one that was seen is another one, and judged for itself") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string token = issuer.token(good_claims());
  REQUIRE(ask(*gate, token).is_live());
  AccessTokenClaims claims = good_claims();
  claims.oid = claims.sub = "user-2";
  const std::string other = issuer.token(claims);
  const std::string signature = token.substr(token.rfind('.'));
  CHECK(
      is_refused(ask(*gate, other.substr(0, other.rfind('.')) + signature), 401, "invalid_token"));
  std::string one_bit = token;
  one_bit[token.find('.') + 7] ^= 1;
  CHECK(is_refused(ask(*gate, one_bit), 401, "invalid_token"));
  CHECK(is_refused(ask(*gate, token.substr(1)), 401, "invalid_token"));
  GateRequest request;
  // Not bound to a key, and therefore never good with this scheme.
  const std::string by_dpop = "DPoP " + token;
  request.authorization = by_dpop;
  CHECK(is_refused(gate->check(request), 401, "invalid_token"));
  const std::string lower_case = "bearer   " + token;
  request.authorization = lower_case;
  CHECK(gate->check(request).is_live());
  CHECK(ask(*gate, token).is_live());
  for (const std::string_view end : {"", "x", "Bearer", signature.c_str()}) {
    request.authorization = end;
    CHECK(gate->check(request).status == 401);
  }
}

TEST_CASE("a token that was seen is judged by the rules of each request") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string authorization = "Bearer " + issuer.token(good_claims());
  const auto status = [&](const TokenRules& rules) {
    GateRequest request;
    request.authorization = authorization;
    const FixedRules fixed{rules};
    request.rules = &fixed;
    return gate->check(request).status;
  };
  const TokenRules here_too{{"api://mail", kAudience}, {"Files.Read"}, {}};
  const TokenRules elsewhere{{"api://mail"}, {}, {}};
  const TokenRules more{{kAudience}, {"Files.Own"}, {}};
  for (int again = 0; again < 3; ++again) {
    CHECK(status(here_too) == 200);
    CHECK(status(elsewhere) == 401);
    CHECK(status(more) == 403);
  }
  CHECK(gate->tokens_remembered() == 1);
}

TEST_CASE("of an answer that is used again nothing is left but what is said now") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string authorization = "Bearer " + issuer.token(good_claims());
  GateRequest request;
  request.authorization = authorization;
  const GateAnswer let_in = gate->check(request);
  REQUIRE(let_in.is_live());
  GateAnswer answer;
  answer.error = answer.www_authenticate = answer.reason = "of another request";
  answer.retry_after = 1;
  gate->check(request, nullptr, answer);
  CHECK(answer.is_live());
  CHECK(answer.token == let_in.token);
  CHECK(answer.verdict == "live");
  CHECK(answer.error.empty());
  CHECK(answer.www_authenticate.empty());
  CHECK(answer.reason.empty());
  CHECK_FALSE(answer.retry_after);

  gate->check({}, nullptr, answer);
  CHECK(is_refused(answer, 401, ""));
  CHECK(answer.token == nullptr);
  CHECK(answer.verdict.empty());
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

}  // namespace curfew
