// protocol/resource/denial.hpp: why a request with a token is not let in, and how its client is
// told: the same words from our own APIs and from a gate.
//
// Pure; any thread. Spec: RFC 6750 3, RFC 9449 7.1, RFC 9470 3, and Entra's claims challenge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/position.hpp"
#include "model/validity.hpp"
#include "protocol/oidc/access_token.hpp"

namespace curfew {

// Why a request is not let in, as RFC 6750 3.1 says it.
struct Denial {
  int status = 401;
  std::string error;  // "invalid_token", "use_dpop_nonce"; empty: no credential was sent
  std::string message;
  std::string claims_challenge;  // JSON of a claims request; may be empty
  bool by_dpop = false;          // the credential came with a proof, or should have
  // RFC 9470 3: how old the sign-in may be, in seconds; with insufficient_user_authentication.
  std::optional<std::int64_t> max_age = std::nullopt;
};

[[nodiscard]] Denial invalid_token();

// Of a token that is not live. A client that said it can (xms_cc) is told to come back with a token
// that is newer than what ended this one: of now, and computed from `head` on, where it is set.
// Others are only told that the token is dead.
[[nodiscard]] Denial denial_of(Verdict verdict, const AccessTokenClaims& claims, TimePoint now,
                               Position head);

// The WWW-Authenticate of a denial. `realm` and `authorization_uri` are left out when empty.
[[nodiscard]] std::string challenge_header(const Denial& denial, std::string_view authorization_uri,
                                           std::string_view realm = {});

}  // namespace curfew
