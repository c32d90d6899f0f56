// protocol/resource/sender_check.hpp: a token that is bound to a key or to a certificate counts
// only from who holds it (RFC 9449 7, RFC 8705 3).
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "protocol/oauth/dpop.hpp"
#include "protocol/oidc/access_token.hpp"
#include "protocol/resource/denial.hpp"
#include "protocol/resource/proof_memory.hpp"

namespace curfew {

// What a request proves of its sender beside the token. Views of what the caller keeps.
struct SenderEvidence {
  bool by_dpop = false;                  // by the scheme of the Authorization header
  std::optional<std::string_view> dpop;  // the value of its one DPoP header
  std::string_view method;
  std::string_view url;       // "https://host/path" as its sender knows it
  std::string_view x5t_s256;  // of the TLS client certificate (RFC 8705 3.1); empty: none
};

// Whether the proof's nonce is good; asked before the proof is remembered.
using NonceCheck = std::function<bool(const DpopProof& proof)>;

// Nothing: the token may be used by this sender. A proof is remembered as used by then.
[[nodiscard]] std::optional<Denial> check_sender(std::string_view compact,
                                                 const AccessTokenClaims& claims,
                                                 const SenderEvidence& sender, TimePoint now,
                                                 ProofMemory& proofs, const NonceCheck& nonce);

}  // namespace curfew
