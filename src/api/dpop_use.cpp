#include "api/dpop_use.hpp"

#include <utility>

#include "api/proof_memory.hpp"
#include "protocol/oauth/dpop.hpp"

namespace curfew {

OAuthError invalid_dpop_proof(std::string description) {
  OAuthError error;
  error.code = OAuthErrorCode::invalid_dpop_proof;
  error.aadsts = Aadsts::invalid_request;
  error.description = std::move(description);
  return error;
}

std::string dpop_url(const ServerContext& context, const HttpRequest& http) {
  return context.base_url + std::string{http.path()};
}

std::string dpop_alg_names() {
  std::string names;
  for (const SignatureAlg alg : kDpopAlgs) {
    names += (names.empty() ? "" : " ") + std::string{to_string(alg)};
  }
  return names;
}

OAuthResult<std::string> proved_key(const ServerContext& context, const HttpRequest& http) {
  const auto header = http.header("DPoP");
  if (!header.ok()) return invalid_dpop_proof("The DPoP header occurs twice.");
  if (!*header) return std::string{};
  const TimePoint now = context.clock.now();
  auto proof =
      check_dpop_proof(**header, {to_string(http.method), dpop_url(context, http), "", now});
  if (!proof.ok()) return invalid_dpop_proof(proof.error().message());
  if (!context.client_proofs->is_first_use(*proof, now)) {
    return invalid_dpop_proof("The DPoP proof was used before; each one counts once.");
  }
  return std::move(proof->jkt);
}

}  // namespace curfew
