// access/client_policy.hpp: what a client must do beyond the rules for everybody; pure.
//
// The one place where an application's settings become rules, so that a profile is one switch and
// no endpoint knows its parts.
//
// Spec: FAPI 2.0 Security Profile 5.3.2, RFC 9126 5, RFC 9449 5.2, RFC 9700 2.1.1.
#pragma once

#include <span>

#include "crypto/signature_alg.hpp"
#include "model/application.hpp"

namespace curfew {

struct ClientPolicy {
  bool must_push = false;         // its authorization requests (PAR)
  bool must_use_pkce = false;     // S256, the only method
  bool must_sign = false;         // prove itself by a key, not by a secret
  bool must_bind_tokens = false;  // to a key of its own (DPoP)
  AssertionAudience assertion_audience = AssertionAudience::issuer_or_token_endpoint;
  std::span<const SignatureAlg> assertion_algs;  // static
};

[[nodiscard]] ClientPolicy policy_of(const App& client);

}  // namespace curfew
