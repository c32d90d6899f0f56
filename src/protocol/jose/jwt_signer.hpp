// protocol/jose/jwt_signer.hpp: issue JSON Web Tokens with one key.
//
// Immutable, cheap to copy, from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "crypto/sign_key.hpp"

namespace curfew {

class JwtSigner {
 public:
  JwtSigner(SigningKey key, std::string kid);

  [[nodiscard]] SignatureAlg alg() const { return key_.alg(); }
  [[nodiscard]] const std::string& kid() const { return kid_; }
  [[nodiscard]] const VerifyKey& verify_key() const { return key_.verify_key(); }

  // The compact token with header alg, kid and `typ` ("at+jwt", "JWT"; left out if empty).
  // `payload` is the claims as serialised JSON (protocol/json/writer.hpp) and is not checked.
  [[nodiscard]] Result<std::string> sign(std::string_view typ, std::string_view payload) const;

 private:
  SigningKey key_;
  std::string kid_;
  std::string header_;  // JSON up to and including the kid
};

// `at_hash` and `c_hash` of OpenID Connect Core 3.1.3.6: base64url of the left half of the hash
// that `alg` (the ID token's) is built on.
[[nodiscard]] std::string token_hash_claim(SignatureAlg alg, std::string_view token);

}  // namespace curfew
