// gate/feed/signed_head.hpp: how far a journal is, signed by the server's key.
//
// A JWS of type `curfew-gate-head+jwt` with the claims `iss`, `position` and `chain_hash`. No time,
// gate or node is in it, so that a group of commits costs one signature, whatever the number of
// gates. A gate keeps the newest and shows it when it comes back. Shown to a server whose journal
// ends before it, or has another entry at that position, it proves that an older database took the
// place of ours. What a gate merely says of its position proves nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/chain_mark.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/jose/jwt_signer.hpp"

namespace curfew {

inline constexpr std::string_view kSignedHeadType = "curfew-gate-head+jwt";

struct SignedHead {
  ChainMark mark;
  std::string jws;  // which says so; empty where nothing is known

  friend bool operator==(const SignedHead&, const SignedHead&) = default;
};

// Signs a payload as a JWS of type `typ`, with whatever key is the active one.
using SignPayload =
    std::function<Result<std::string>(std::string_view typ, std::string_view payload)>;

// Precondition: `head` is set.
[[nodiscard]] Result<SignedHead> sign_head(std::string_view issuer, const ChainMark& head,
                                           const SignPayload& sign);
[[nodiscard]] Result<SignedHead> sign_head(std::string_view issuer, const ChainMark& head,
                                           const JwtSigner& signer);
// Errors: unauthenticated for a signature, type or issuer that is not the one expected;
// invalid_argument or exhausted for what a head must have and this one has not.
[[nodiscard]] Result<ChainMark> verify_head(std::string_view jws, const KeySet& keys,
                                            std::string_view issuer);

}  // namespace curfew
