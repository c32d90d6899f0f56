#include "protocol/resource/denial.hpp"

#include "protocol/http/authorization_header.hpp"
#include "protocol/oauth/dpop.hpp"
#include "protocol/oidc/claims_parameter.hpp"

namespace curfew {

Denial invalid_token() {
  return {401, "invalid_token", "The access token is not valid here or has expired.", ""};
}

Denial denial_of(Verdict verdict, const AccessTokenClaims& claims, TimePoint now, Position head) {
  const bool by_revocation = verdict == Verdict::blocked || verdict == Verdict::revoked ||
                             verdict == Verdict::outdated || verdict == Verdict::below_floor;
  Denial denial = invalid_token();
  if (by_revocation && claims.continuous_evaluation) {
    denial.error = "insufficient_claims";
    denial.message = "The access was revoked; a newer token is needed.";
    denial.claims_challenge = claims_challenge_json(to_unix_seconds(now), head);
  }
  denial.by_dpop = !claims.cnf_jkt.empty();
  return denial;
}

std::string challenge_header(const Denial& denial, std::string_view authorization_uri,
                             std::string_view realm) {
  BearerChallenge challenge;
  challenge.realm = realm;
  challenge.authorization_uri = authorization_uri;
  challenge.error = denial.error;
  challenge.error_description = denial.error.empty() ? "" : denial.message;
  challenge.claims_challenge = denial.claims_challenge;
  if (denial.by_dpop) {
    challenge.scheme = "DPoP";
    challenge.algs = dpop_alg_names();
  }
  if (denial.max_age) challenge.max_age = std::to_string(*denial.max_age);
  return to_header(challenge);
}

}  // namespace curfew
