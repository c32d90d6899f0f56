// crypto/es256_fast.hpp: private to this module: ES256 verification with tables for one known key.
//
// An ECDSA verification computes u1 G + u2 Q. The library has tables for G only, so u2 Q costs most
// of the time; with tables for Q as well, an inversion that need not be constant in time, and a
// comparison that avoids another inversion, it is about three times as fast. Everything that goes
// in is public, so taking a variable time tells nobody anything. Never for private keys.
//
// The arithmetic around the library is checked at run time and never trusted: where it is not
// right, the answer is "undecided" and the ordinary way decides.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "crypto/openssl.hpp"
#include "crypto/verify_key.hpp"

namespace curfew {

class Es256FastVerifier {
 public:
  // Some 10 ms and 150 KiB. Null if the library cannot do it, or the key is not on P-256.
  static std::unique_ptr<const Es256FastVerifier> make(const EcPublicKey& key);

  // `hash`: the 32 bytes of SHA-256 of the data; `signature`: r || s, 64 bytes. Nothing: undecided.
  // Any number of threads at once.
  [[nodiscard]] std::optional<bool> verify(std::string_view hash, std::string_view signature) const;

 private:
  using GroupPtr = OpensslPtr<EC_GROUP, EC_GROUP_free>;
  explicit Es256FastVerifier(GroupPtr key_group) : key_group_(std::move(key_group)) {}
  GroupPtr key_group_;  // P-256 with the public key in the generator's place, and its tables
};

}  // namespace curfew
