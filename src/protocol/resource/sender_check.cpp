#include "protocol/resource/sender_check.hpp"

#include <string>
#include <utility>

namespace curfew {

namespace {

Denial dpop_denial(std::string error, std::string message) {
  return {401, std::move(error), std::move(message), "", /*by_dpop=*/true};
}

// RFC 8705 3: only over a connection for which the same certificate was proved.
std::optional<Denial> check_bound_certificate(const AccessTokenClaims& claims,
                                              const SenderEvidence& sender) {
  const std::string& bound = claims.cnf_x5t_s256;
  if (bound.empty() || bound == sender.x5t_s256) return std::nullopt;
  return Denial{401, "invalid_token",
                "The access token is bound to a TLS client certificate, which must come with it.",
                ""};
}

// RFC 9449 7.1 and 7.2: a token that is bound to a key comes with a proof of that key, made for
// this request and this token, and never as a bearer's; one that is not bound never with the other
// scheme.
std::optional<Denial> check_scheme(const AccessTokenClaims& claims, const SenderEvidence& sender) {
  const bool is_bound = !claims.cnf_jkt.empty();
  if (is_bound == sender.by_dpop) return std::nullopt;
  return dpop_denial("invalid_token",
                     is_bound
                         ? "The access token is bound to a key: it comes with DPoP, not as Bearer."
                         : "The access token is not bound to a key.");
}

}  // namespace

std::optional<Denial> check_sender(std::string_view compact, const AccessTokenClaims& claims,
                                   const SenderEvidence& sender, TimePoint now, ProofMemory& proofs,
                                   const NonceCheck& nonce) {
  if (auto denial = check_bound_certificate(claims, sender)) return denial;
  if (auto denial = check_scheme(claims, sender)) return denial;
  if (!sender.by_dpop) return std::nullopt;
  if (!sender.dpop) {
    return dpop_denial("invalid_dpop_proof", "One DPoP header must come with the access token.");
  }
  const auto proof =
      check_dpop_proof(*sender.dpop, {sender.method, std::string{sender.url}, compact, now});
  if (!proof.ok()) return dpop_denial("invalid_dpop_proof", proof.error().message());
  if (proof->jkt != claims.cnf_jkt) {
    return dpop_denial("invalid_token", "The access token is bound to another key.");
  }
  if (!nonce(*proof)) {
    return dpop_denial("use_dpop_nonce",
                       "The DPoP proof must have the nonce of the DPoP-Nonce header.");
  }
  if (proofs.is_first_use(*proof, now)) return std::nullopt;
  return dpop_denial("invalid_dpop_proof", "The DPoP proof was used before; each one counts once.");
}

}  // namespace curfew
