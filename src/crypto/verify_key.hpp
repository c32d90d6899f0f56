// crypto/verify_key.hpp: a public key, parsed once, that verifies signatures in JOSE's form.
//
// A VerifyKey exists only for keys that are fit for use: RSA of 2048 to 8192 bits with an odd
// exponent from 3 to 2^64 and without the ROCA fingerprint (CVE-2017-15361), EC points on P-256,
// P-384 or P-521, Ed25519. Cheap to copy (shared, immutable); verify() may run on any number of
// threads at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "crypto/signature_alg.hpp"

namespace curfew {

enum class EcCurve { p256, p384, p521 };

// The numbers of a public key, big-endian, as JWK members carry them after base64url.
struct EcPublicKey {
  EcCurve curve = EcCurve::p256;
  std::string x;  // exactly as long as the curve's field: 32, 48, 66 bytes
  std::string y;
};
struct RsaPublicKey {
  std::string n;  // no leading zero bytes
  std::string e;
};
struct Ed25519PublicKey {
  std::string x;  // 32 bytes
};
using PublicKey = std::variant<EcPublicKey, RsaPublicKey, Ed25519PublicKey>;

class VerifyKey {
 public:
  // Error: invalid_argument for a key that is malformed, weak, or not on its curve.
  static Result<VerifyKey> from(const PublicKey& key);
  // DER of a SubjectPublicKeyInfo (RFC 5280 4.1.2.7); the same checks.
  static Result<VerifyKey> from_spki(std::string_view der);

  [[nodiscard]] const PublicKey& public_key() const;
  [[nodiscard]] std::string to_spki() const;

  // What the key's type and curve can do; an RSA key can do all RS* and PS*.
  [[nodiscard]] bool supports(SignatureAlg alg) const;

  // True if `signature` (EC: r || s of fixed length) over `data` is the key's. False for anything
  // else, an algorithm that the key does not support included.
  [[nodiscard]] bool verify(SignatureAlg alg, std::string_view data,
                            std::string_view signature) const;

  // The same key with tables that make ES256 about three times as fast: for the few long-lived
  // keys of known issuers (some 10 ms and 150 KiB to prepare). Other keys are returned as they are.
  [[nodiscard]] VerifyKey with_precomputation() const;

 private:
  struct Impl;
  explicit VerifyKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace curfew
