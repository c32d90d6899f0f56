// protocol/jose/jws_key.hpp: keys that may verify a JWS, and immutable sets of them by `kid`.
//
// A key belongs either to asymmetric algorithms or to one HMAC algorithm, never to both, so the
// text of a public key cannot become a shared secret. Cheap to copy; from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/signature_alg.hpp"
#include "crypto/verify_key.hpp"

namespace curfew {

class JwsKey {
 public:
  // `alg` pins the key to one algorithm; without it the key may do what its type can. `kid` may be
  // empty. Error: invalid_argument if the key does not support `alg`.
  static Result<JwsKey> asymmetric(std::string kid, std::optional<SignatureAlg> alg, VerifyKey key);
  // Error: invalid_argument for another kind of algorithm, or a secret shorter than the hash
  // (RFC 7518 3.2).
  static Result<JwsKey> symmetric(std::string kid, SignatureAlg alg, Secret secret);

  [[nodiscard]] const std::string& kid() const { return kid_; }
  [[nodiscard]] std::optional<SignatureAlg> pinned_alg() const { return alg_; }
  // Null for a symmetric key.
  [[nodiscard]] const VerifyKey* verify_key() const { return std::get_if<VerifyKey>(&key_); }

  [[nodiscard]] bool supports(SignatureAlg alg) const;
  // False also for an algorithm that the key does not support.
  [[nodiscard]] bool verify(SignatureAlg alg, std::string_view data,
                            std::string_view signature) const;

 private:
  using Material = std::variant<VerifyKey, Secret>;
  JwsKey(std::string kid, std::optional<SignatureAlg> alg, Material key)
      : kid_(std::move(kid)), alg_(alg), key_(std::move(key)) {}
  std::string kid_;
  std::optional<SignatureAlg> alg_;
  Material key_;
};

class KeySet {
 public:
  KeySet() = default;  // verifies nothing
  // Error: invalid_argument if two keys have one kid, a kid is missing beside other keys, or
  // symmetric and asymmetric keys are mixed.
  static Result<KeySet> make(std::vector<JwsKey> keys);
  // A set of exactly this key.
  static KeySet of(JwsKey key);

  // The key with this kid; for a message without kid (empty) the only key of the set.
  [[nodiscard]] const JwsKey* find(std::string_view kid) const;
  [[nodiscard]] const std::vector<JwsKey>& keys() const { return keys_; }
  [[nodiscard]] bool empty() const { return keys_.empty(); }

 private:
  explicit KeySet(std::vector<JwsKey> keys) : keys_(std::move(keys)) {}
  std::vector<JwsKey> keys_;  // few: a linear search beats a hash of the kid
};

}  // namespace curfew
