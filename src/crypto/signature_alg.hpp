// crypto/signature_alg.hpp: the signature algorithms of JOSE that we know (RFC 7518 3.1, RFC 8037).
//
// `none` is not here, so it cannot be asked for. What a key may do follows from the key; what a
// message says about itself is only ever compared with that.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace curfew {

enum class SignatureAlg {
  es256,
  es384,
  es512,
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  eddsa,  // Ed25519 only
  hs256,
  hs384,
  hs512,
};

// The registered name: "ES256".
[[nodiscard]] std::string_view to_string(SignatureAlg alg);
// The exact registered name (case-sensitive); nothing for any other text, "none" included.
[[nodiscard]] std::optional<SignatureAlg> parse_signature_alg(std::string_view name);

// True for the HMAC family: one shared key signs and verifies.
[[nodiscard]] bool is_symmetric(SignatureAlg alg);

// Bytes of the hash that the algorithm is built on; 64 for Ed25519 (SHA-512).
[[nodiscard]] std::size_t hash_bytes(SignatureAlg alg);

}  // namespace curfew
