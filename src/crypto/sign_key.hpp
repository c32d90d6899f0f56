// crypto/sign_key.hpp: a private key, parsed once, that signs in JOSE's form.
//
// One key signs with one algorithm. Cheap to copy (shared, immutable); sign() may run on any number
// of threads at once. The `kid` is the caller's business.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/signature_alg.hpp"
#include "crypto/verify_key.hpp"

namespace curfew {

class SigningKey {
 public:
  // A new key for an asymmetric algorithm; RSA keys get 2048 bits (some 100 ms of computing: not on
  // an I/O thread). Error: invalid_argument for a symmetric algorithm.
  static Result<SigningKey> generate(SignatureAlg alg);

  // PKCS #8 DER (RFC 5958), as to_pkcs8() wrote it; store it sealed only (crypto/seal.hpp).
  // Error: corrupted if it is no such key, or no key for `alg`.
  static Result<SigningKey> from_pkcs8(SignatureAlg alg, const Secret& der);
  [[nodiscard]] Secret to_pkcs8() const;

  [[nodiscard]] SignatureAlg alg() const;
  [[nodiscard]] const VerifyKey& verify_key() const;

  // The signature over `data`: EC as r || s of fixed length (RFC 7518 3.4), RSA as modulus-sized
  // bytes, Ed25519 64 bytes. Error: internal, if the library fails.
  [[nodiscard]] Result<std::string> sign(std::string_view data) const;

 private:
  struct Impl;
  explicit SigningKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace curfew
