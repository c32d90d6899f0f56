#include "api/dpop_use.hpp"

#include <utility>

#include "access/client_policy.hpp"
#include "protocol/oauth/dpop.hpp"
#include "protocol/resource/proof_memory.hpp"

namespace curfew {

namespace {

OAuthError use_dpop_nonce() {
  return oauth_error(OAuthErrorCode::use_dpop_nonce, Aadsts::invalid_request,
                     "The DPoP proof must have the nonce of the DPoP-Nonce header.");
}

}  // namespace

OAuthError invalid_dpop_proof(std::string description) {
  return oauth_error(OAuthErrorCode::invalid_dpop_proof, Aadsts::invalid_request,
                     std::move(description));
}

std::string dpop_url(const ServerContext& context, const HttpRequest& http) {
  // A null list: the listener asks for no certificates, and is the one of base_url.
  const std::string& base = http.peer.certificates ? context.mtls_base_url : context.base_url;
  return base + std::string{http.path()};
}

bool has_good_nonce(const ServerContext& context, const RoutedRequest& request,
                    const DpopProof& proof, bool is_required) {
  if (proof.nonce.empty() && !is_required) return true;
  const TimePoint now = context.clock.now();
  const NonceAge age = context.dpop_nonces->age_of(proof.nonce, now);
  if (age != NonceAge::current && request.dpop_nonce) {
    *request.dpop_nonce = context.dpop_nonces->current(now);
  }
  return age != NonceAge::unknown;
}

OAuthResult<std::string> proved_key(const ServerContext& context, const RoutedRequest& request,
                                    const App& client) {
  const HttpRequest& http = request.http;
  const auto header = http.header("DPoP");
  if (!header.ok()) return invalid_dpop_proof("The DPoP header occurs twice.");
  if (!*header) return std::string{};
  const TimePoint now = context.clock.now();
  auto proof =
      check_dpop_proof(**header, {to_string(http.method), dpop_url(context, http), "", now});
  if (!proof.ok()) return invalid_dpop_proof(proof.error().message());
  if (!has_good_nonce(context, request, *proof, policy_of(client).must_use_nonce)) {
    return use_dpop_nonce();
  }
  if (!context.client_proofs->is_first_use(*proof, now)) {
    return invalid_dpop_proof("The DPoP proof was used before; each one counts once.");
  }
  return std::move(proof->jkt);
}

}  // namespace curfew
