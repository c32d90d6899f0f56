// crypto/seal.hpp: bytes that only we can read and nobody can change: signing keys at rest, state
// that travels through a browser.
//
// AES-256-GCM. `context` is authenticated, not stored: it says what the sealed bytes are and whom
// they belong to ("signing-key:<tenant>:<kid>"), so that one sealed value cannot be put in
// another's place. Format: version 0x01, 12 random bytes, ciphertext, 16 bytes of tag. One key
// seals at most 2^32 values (random nonces); derive a key for each purpose (hkdf_sha256). From any
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace curfew {

inline constexpr std::size_t kSealKeyBytes = 32;
inline constexpr std::size_t kSealOverheadBytes = 1 + 12 + 16;

class SealKey {
 public:
  // Error: invalid_argument unless the key has kSealKeyBytes bytes.
  static Result<SealKey> from(const Secret& key);

  [[nodiscard]] std::string seal(std::string_view plain, std::string_view context) const;

  // Error: corrupted if it was not sealed with this key and context, or was changed since; which of
  // these is not told.
  [[nodiscard]] Result<Secret> open(std::string_view sealed, std::string_view context) const;

 private:
  explicit SealKey(const Secret& key) : key_(key) {}
  Secret key_;
};

}  // namespace curfew
