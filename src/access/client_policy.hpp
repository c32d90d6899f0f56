// access/client_policy.hpp: what a client must do beyond the rules for everybody; pure.
//
// The one place where an application's settings become rules, so that a profile is one switch and
// no endpoint knows its parts.
//
// Spec: FAPI 2.0 Security Profile 5.3.2, RFC 9126 5, RFC 9449 5.2, RFC 9700 2.1.1, RFC 7591 2.
#pragma once

#include <span>
#include <string_view>

#include "crypto/signature_alg.hpp"
#include "model/application.hpp"

namespace curfew {

struct ClientPolicy {
  bool must_push = false;                 // its authorization requests (PAR)
  bool must_use_pkce = false;             // S256, the only method
  bool must_sign = false;                 // prove itself by a key, not by a secret
  bool must_bind_tokens = false;          // to a key of its own (DPoP)
  bool must_bind_to_certificate = false;  // its TLS client certificate (RFC 8705)
  bool may_bind_to_certificate = false;   // in the place of a DPoP key, where it presents one
  bool must_use_nonce = false;            // a nonce of ours in each of its DPoP proofs
  AssertionAudience assertion_audience = AssertionAudience::issuer_or_token_endpoint;
  std::span<const SignatureAlg> assertion_algs;  // static
};

[[nodiscard]] ClientPolicy policy_of(const App& client);

// Nobody in the tenant answers for what registered itself (RFC 7591 5.): each person is asked
// before it gets anything of theirs, nobody can agree for everybody, and what it makes happen is
// shown on a page of ours before a browser is sent to it.
[[nodiscard]] bool registered_itself(const App& client);

// Of an application that registered itself: the grants that it registered, and no other.
[[nodiscard]] bool may_use_grant(const App& client, std::string_view grant_type);

}  // namespace curfew
