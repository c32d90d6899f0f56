// tests/fuzz/fuzz_claims.cpp: the claims parameter, and the claims of an access token and back.
//
// Covers: protocol/oidc/claims_parameter.cpp protocol/oidc/access_token.cpp
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "protocol/oidc/access_token.hpp"
#include "protocol/oidc/claims_parameter.hpp"

using namespace curfew;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const Result<ClaimsRequest> request = parse_claims_parameter(text); request.ok()) {
    CURFEW_CHECK(size <= kClaimsBytesMax);
    CURFEW_CHECK(!request->not_before || *request->not_before >= 0);
    CURFEW_CHECK(request->essential_id_token_members.size() <= request->id_token_members.size());
  }
  if (size > limits::kJwtBytesMax) return 0;  // no token carries more
  const Result<AccessTokenClaims> claims = parse_access_token_claims(text);
  if (!claims.ok()) return 0;
  const Result<AccessTokenClaims> again = parse_access_token_claims(to_json(*claims));
  CURFEW_CHECK(again.ok() && to_json(*again) == to_json(*claims));
  const CredentialFacts facts = facts_of(*claims, KeyId{"k"});
  const CredentialFacts same = facts_of(*again, KeyId{"k"});
  CURFEW_CHECK(facts.keys == same.keys && facts.expires_at == same.expires_at);
  CURFEW_CHECK(facts.stamps.as_of == same.stamps.as_of);
  return 0;
}
