// protocol/resource/verified_access_token.hpp: an access token of ours, read by whoever is called
// with it: our own APIs, and gates beside other people's.
//
// Verifying is the costly part and depends on the keys alone, so it may be remembered. Whether the
// token is live, and for whom it is, is asked at each use.
//
// Pure; any thread. Spec: RFC 9068 4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/validity.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/oidc/access_token.hpp"

namespace curfew {

// An access token whose signature is ours. Nothing else about it was decided: not its issuer, its
// audience, its expiry, nor whether it is live. `facts` is what the validity rule is asked about at
// each use: it follows from claims and kid alone.
struct VerifiedAccessToken {
  AccessTokenClaims claims;
  KeyId kid;
  CredentialFacts facts;
};

// `typ` of access tokens (App::access_token_typ), as verify_jws() names them.
[[nodiscard]] const std::vector<std::string>& access_token_types();

// Errors: `unauthenticated` or `invalid_argument` for anything else than a token signed with one of
// the keys, `exhausted` for one that is too long.
[[nodiscard]] Result<VerifiedAccessToken> read_access_token(std::string_view compact,
                                                            const KeySet& keys);

// Between the clocks of several nodes.
inline constexpr Duration kClockSkewMax = std::chrono::seconds{60};

// The issuer and tenant are these, and it is not of the future.
[[nodiscard]] bool is_issued_by(const AccessTokenClaims& claims, std::string_view issuer,
                                std::string_view tenant_id, TimePoint now,
                                Duration skew_max = kClockSkewMax);

}  // namespace curfew
