#include "protocol/resource/verified_access_token.hpp"

#include <utility>

#include "protocol/jose/jws.hpp"

namespace curfew {

const std::vector<std::string>& access_token_types() {
  static const std::vector<std::string> types{"jwt", "at+jwt"};
  return types;
}

Result<VerifiedAccessToken> read_access_token(std::string_view compact, const KeySet& keys) {
  CURFEW_TRY(VerifiedJws jws, verify_jws(compact, keys, access_token_types()));
  Result<AccessTokenClaims> claims = parse_access_token_claims(jws.payload);
  if (!claims.ok()) return claims.error();
  KeyId kid{std::move(jws.header.kid)};
  CredentialFacts facts = facts_of(*claims, kid);
  return VerifiedAccessToken{std::move(*claims), std::move(kid), std::move(facts)};
}

bool is_issued_by(const AccessTokenClaims& claims, std::string_view issuer,
                  std::string_view tenant_id, TimePoint now, Duration skew_max) {
  return claims.iss == issuer && claims.tid.str() == tenant_id &&
         from_unix_seconds(claims.nbf) <= now + skew_max;
}

}  // namespace curfew
