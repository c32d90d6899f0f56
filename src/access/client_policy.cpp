#include "access/client_policy.hpp"

#include <algorithm>
#include <array>

#include "protocol/oauth/client_assertion.hpp"

namespace curfew {

namespace {

// FAPI 2.0 Security Profile 5.4.1.
constexpr std::array kFapiAlgs{SignatureAlg::es256, SignatureAlg::ps256};

}  // namespace

ClientPolicy policy_of(const App& client) {
  const bool is_public = client.client_type == ClientType::public_client;
  ClientPolicy policy;
  policy.must_push = client.require_pushed_requests || client.fapi_2;
  policy.must_use_pkce = client.require_pkce || is_public || client.fapi_2;
  policy.must_sign = client.fapi_2;
  policy.must_bind_tokens = client.dpop_bound_access_tokens || client.fapi_2;
  policy.assertion_audience = client.fapi_2 ? AssertionAudience::issuer : client.assertion_audience;
  policy.assertion_algs = kClientAssertionAlgs;
  if (client.fapi_2) policy.assertion_algs = kFapiAlgs;
  policy.must_use_nonce = client.require_dpop_nonce;
  policy.must_bind_to_certificate = client.certificate_bound_access_tokens;
  // FAPI 2.0 5.3.2.1: sender-constrained either way.
  policy.may_bind_to_certificate = client.fapi_2 && !client.dpop_bound_access_tokens;
  return policy;
}

bool registered_itself(const App& client) { return !client.registered_with.empty(); }

bool may_use_grant(const App& client, std::string_view grant_type) {
  const std::vector<std::string>& registered = client.grant_types;
  return registered.empty() || std::ranges::find(registered, grant_type) != registered.end();
}

}  // namespace curfew
