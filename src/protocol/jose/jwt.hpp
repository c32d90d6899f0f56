// protocol/jose/jwt.hpp: verify JSON Web Tokens (RFC 7519, 8725), in one fixed order.
//
// Parse, typ, key and algorithm, signature, and only then the claims: iss, aud, exp, nbf, iat.
// What a token means beyond that (revocation, scope, sender constraint) is the caller's to check.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

// What the receiver expects. Whatever is left empty fails closed: no type, no issuer or no audience
// accepts no token.
struct JwtExpectation {
  std::vector<std::string> types{};      // as in verify_jws
  std::vector<std::string> issuers{};    // `iss` is exactly one of them
  std::vector<std::string> audiences{};  // `aud` holds at least one of them
  TimePoint now{};
  Duration leeway{};         // for the clocks of others, on exp, nbf and iat
  bool exp_required = true;  // false for security event tokens only, which never expire
  // Receivers of proofs and assertions set it to bound what they must remember.
  std::optional<Duration> lifetime_max{};  // exp - iat, iat required
};

struct VerifiedJwt {
  JwsHeader header;
  boost::json::object claims;
};

// Errors: invalid_argument for what is no JWT, exhausted over kJwtBytesMax, unauthenticated for
// everything that makes a well-formed token not acceptable. Messages name the rule, never the
// token.
[[nodiscard]] Result<VerifiedJwt> verify_jwt(std::string_view token, const KeySet& keys,
                                             const JwtExpectation& expectation);

// The claims of a JWT of which nothing was checked: only to choose whose keys to verify it with.
[[nodiscard]] Result<boost::json::object> unverified_claims(std::string_view token);

}  // namespace curfew
