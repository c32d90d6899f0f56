// crypto/pkey.hpp: private to this module: what public and private keys have in common.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "crypto/openssl.hpp"
#include "crypto/signature_alg.hpp"
#include "crypto/verify_key.hpp"

namespace curfew {

[[nodiscard]] std::size_t field_bytes(EcCurve curve);
// The curve that an ES* algorithm is bound to (RFC 7518 3.4). Precondition: alg is one.
[[nodiscard]] EcCurve curve_of(SignatureAlg alg);
[[nodiscard]] bool is_ecdsa(SignatureAlg alg);
[[nodiscard]] bool is_rsa(SignatureAlg alg);

// The algorithms that a key of this type and curve can do.
[[nodiscard]] bool key_supports(const PublicKey& key, SignatureAlg alg);

// Checked as VerifyKey promises.
[[nodiscard]] Result<PkeyPtr> to_pkey(const PublicKey& key);
// The public numbers of any key. Error: invalid_argument for a type or curve we do not know.
[[nodiscard]] Result<PublicKey> public_key_of(const EVP_PKEY* pkey);

// A context for `alg`, to be duplicated for each use. Precondition: asymmetric, not Ed25519.
enum class PkeyUse { sign, verify };
[[nodiscard]] Result<PkeyCtxPtr> make_template(EVP_PKEY* pkey, SignatureAlg alg, PkeyUse use);

// The hash of `data` by the algorithm's own function, at most 64 bytes. Precondition: not Ed25519.
struct HashedData {
  unsigned char bytes[64];
  std::size_t size;
};
[[nodiscard]] HashedData hash_for(SignatureAlg alg, std::string_view data);

}  // namespace curfew
