#include "access/client_policy.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace curfew;

namespace {

bool allows(const ClientPolicy& policy, SignatureAlg alg) {
  return std::ranges::find(policy.assertion_algs, alg) != policy.assertion_algs.end();
}

}  // namespace

TEST_CASE("each setting is its own rule and no other") {
  App app;
  app.require_pkce = false;
  const ClientPolicy plain = policy_of(app);
  CHECK_FALSE(plain.must_push);
  CHECK_FALSE(plain.must_use_pkce);
  CHECK_FALSE(plain.must_sign);
  CHECK_FALSE(plain.must_bind_tokens);
  CHECK(plain.assertion_audience == AssertionAudience::issuer_or_token_endpoint);
  CHECK(allows(plain, SignatureAlg::rs256));
  app.require_pushed_requests = true;
  CHECK(policy_of(app).must_push);
  CHECK_FALSE(policy_of(app).must_bind_tokens);
  app.dpop_bound_access_tokens = true;
  CHECK(policy_of(app).must_bind_tokens);
  CHECK_FALSE(policy_of(app).must_sign);
  app.assertion_audience = AssertionAudience::issuer;
  CHECK(policy_of(app).assertion_audience == AssertionAudience::issuer);
}

TEST_CASE("RFC 9700 2.1.1: a public client must use PKCE, whatever it is set to") {
  App app;
  app.client_type = ClientType::public_client;
  app.require_pkce = false;
  CHECK(policy_of(app).must_use_pkce);
}

TEST_CASE(
    "5.17: the FAPI 2.0 profile is PAR, PKCE, a key, bound tokens, the issuer, and no RS256") {
  App app;
  app.require_pkce = false;
  app.fapi_2 = true;
  const ClientPolicy policy = policy_of(app);
  CHECK(policy.must_push);
  CHECK(policy.must_use_pkce);
  CHECK(policy.must_sign);
  CHECK(policy.must_bind_tokens);
  CHECK(policy.assertion_audience == AssertionAudience::issuer);
  CHECK(allows(policy, SignatureAlg::es256));
  CHECK(allows(policy, SignatureAlg::ps256));
  CHECK_FALSE(allows(policy, SignatureAlg::rs256));
}
