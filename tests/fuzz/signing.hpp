// tests/fuzz/signing.hpp: a key that is made at start, so that no input can have its signature; and
// the key set that verifies it, as a reader has it.
#pragma once

#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/jose/jwt_signer.hpp"

namespace curfew::fuzz {

inline const JwtSigner& signer() {
  static const JwtSigner made{SigningKey::generate(SignatureAlg::es256).value(), "k1"};
  return made;
}

inline const KeySet& keys() {
  static const KeySet made = KeySet::of(
      JwsKey::asymmetric("k1", SignatureAlg::es256, signer().verify_key().with_precomputation())
          .value());
  return made;
}

}  // namespace curfew::fuzz
