// protocol/oauth/dpop.hpp: a DPoP proof: who sends this request holds this key (RFC 9449).
//
// A proof is signed with the key that it brings along, so by itself it says nothing about who sends
// it; it counts only beside a token, a code or a refresh token that names the key's thumbprint. The
// caller sees to it that no proof counts twice (protocol/resource/proof_memory.hpp).
//
// Pure; any thread. Limits: kDpopWindow, kJtiBytesMax (also of a nonce). Spec: RFC
// 9449 4.2, 4.3, 7.1.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/signature_alg.hpp"

namespace curfew {

// How far a proof's time may be from ours, either way. Each is made for one request; what is
// remembered of them grows with this.
inline constexpr Duration kDpopWindow = std::chrono::seconds{60};

// Asymmetric ones that FAPI 2.0 allows.
inline constexpr std::array kDpopAlgs{SignatureAlg::es256, SignatureAlg::ps256,
                                      SignatureAlg::eddsa};
[[nodiscard]] std::string dpop_alg_names();  // "ES256 PS256 EdDSA"

struct DpopProof {
  std::string jkt;  // SHA-256 thumbprint of its key (RFC 7638)
  std::string jti;
  std::string nonce = {};  // as it says; empty: none. Whether it is a good one is not asked here
};

// What the proof must be about.
struct DpopExpectation {
  std::string_view method;        // "POST"
  std::string url;                // of the request; query and fragment do not count
  std::string_view access_token;  // that comes with it; empty: none does
  TimePoint now{};
};

// Every rule of RFC 9449 4.3 that one proof can be held against by itself: its form, typ,
// algorithm, key, signature, htm, htu, iat, and ath. Error: unauthenticated, naming the rule.
[[nodiscard]] Result<DpopProof> check_dpop_proof(std::string_view compact,
                                                 const DpopExpectation& expectation);

// 43 characters of base64url: what a thumbprint looks like (dpop_jkt, RFC 9449 10).
[[nodiscard]] bool is_thumbprint(std::string_view text);

}  // namespace curfew
