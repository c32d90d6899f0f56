// crypto/rs256_fast.hpp: private to this module: RS256 verification with the usual exponent.
//
// Of an RSA verification with the exponent 65537, a sixth is the library's layers around the
// eighteen multiplications. Here is nothing but those, by the library's own Montgomery arithmetic,
// and one comparison: what the signature opens to is compared as a whole with the one encoding that
// is right (RFC 8017 8.2.2), never parsed. Everything that goes in is public. Never for private
// keys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/openssl.hpp"
#include "crypto/verify_key.hpp"

namespace curfew {

class Rs256FastVerifier {
 public:
  // Null for another exponent, or if the library cannot do it. The key was checked (to_pkey()).
  static std::unique_ptr<const Rs256FastVerifier> make(const RsaPublicKey& key);

  // `hash`: the 32 bytes of SHA-256 of the data. Nothing: undecided, the ordinary way decides.
  // Any number of threads at once.
  [[nodiscard]] std::optional<bool> verify(std::string_view hash, std::string_view signature) const;

 private:
  using MontgomeryPtr = OpensslPtr<BN_MONT_CTX, BN_MONT_CTX_free>;
  Rs256FastVerifier(BignumPtr modulus, MontgomeryPtr montgomery, std::string encoded)
      : modulus_(std::move(modulus)),
        montgomery_(std::move(montgomery)),
        encoded_(std::move(encoded)) {}

  BignumPtr modulus_;
  MontgomeryPtr montgomery_;  // of the modulus
  std::string
      encoded_;  // EMSA-PKCS1-v1_5 of SHA-256, up to the hash; as long as the modulus less 32
};

}  // namespace curfew
