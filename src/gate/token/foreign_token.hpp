// gate/token/foreign_token.hpp: access tokens of an issuer that is not the gate's server, an Entra
// tenant for instance, judged by our journal.
//
// Supported: JWTs of one fixed issuer, signed with an asymmetric key of a JWK set that is given as
// text, whose claims name keys of our journal as the configuration says: with Entra `oid` is a user
// of ours where the directory was taken over with its ids, `azp` and `appid` an application. A
// claim that is to name a key and is missing refuses, unless it is optional. The tenant's key is
// named always, an assignment where a user and an application are. Entra's encrypted tokens, tokens
// for Microsoft Graph (whose header has a nonce, so that nobody else can verify them) and signed
// HTTP requests (`cnf.kid`) are refused.
//
// A foreign token has no stamps. It is judged by `auth_time` (`iat` where there is none; never
// later than `iat`) and `iat`, less the skew that is allowed to its issuer, against the times of
// entries. One with an `iat` or `auth_time` further ahead of our clock than that is refused: it
// would outlive revocations.
//
// ID tokens are signed by the same keys with the same `typ`, and may be for the same audience.
// What is not `at+jwt` must therefore look like an access token: it has `scp`, `azp` or `appid`,
// none of `nonce`, `at_hash`, `c_hash`, `s_hash`, and no `typ` among its claims but "Bearer".
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gate/token/gate_token.hpp"
#include "model/key.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew {

// The key that a claim names: of this kind, with the id `prefix` and then the claim's value.
struct ClaimKey {
  std::string claim;
  KeyKind kind = KeyKind::user;
  std::string prefix = {};
  bool is_optional = false;
};

struct ForeignIssuer {
  std::string issuer;  // `iss`, exactly
  std::string jwks;
  Duration skew_max = kClockSkewMax;
  std::vector<ClaimKey> keys;
  std::string authorization_uri = {};
};

// Error: invalid_argument, with the reason: no issuer, no key that every token names, a claim or
// kind that cannot be one, a negative skew.
[[nodiscard]] Status check_foreign_issuer(const ForeignIssuer& issuer);

// Errors: invalid_argument and exhausted for what is no JWT, unauthenticated for everything that
// makes one not acceptable. Times are not compared with now: see is_of_the_future().
[[nodiscard]] Result<GateToken> read_foreign_token(std::string_view compact, const KeySet& keys,
                                                   const ForeignIssuer& issuer,
                                                   const std::string& tenant_id);

// `nbf`, `iat` or `auth_time` is more than `skew_max` ahead.
[[nodiscard]] bool is_of_the_future(const AccessTokenClaims& claims, TimePoint now,
                                    Duration skew_max);

}  // namespace curfew
