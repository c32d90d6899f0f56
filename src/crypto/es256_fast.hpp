// crypto/es256_fast.hpp: private to this module: ES256 verification, also with tables for a key.
//
// An ECDSA verification computes u1 G + u2 Q. An inversion that need not be constant in time, and a
// comparison that avoids another one, take a sixth off the library's time; and importing a key into
// the library, which takes a third of a verification, is not needed: what matters for keys that are
// seen once. The library has tables for G only, so u2 Q costs most of the rest: with tables for Q
// as well, it is three times as fast again. Everything that goes in is public, so taking a variable
// time tells nobody anything. Never for private keys.
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

enum class Es256Tables { none, made };  // making them takes some 10 ms, and 150 KiB

class Es256FastVerifier {
 public:
  // Null if the key is no point on P-256, or the library cannot do it.
  static std::unique_ptr<const Es256FastVerifier> make(const EcPublicKey& key, Es256Tables tables);

  // `hash`: the 32 bytes of SHA-256 of the data; `signature`: r || s, 64 bytes. Nothing: undecided.
  // Any number of threads at once.
  [[nodiscard]] std::optional<bool> verify(std::string_view hash, std::string_view signature) const;

  [[nodiscard]] bool has_tables() const { return key_group_ != nullptr; }

 private:
  using GroupPtr = OpensslPtr<EC_GROUP, EC_GROUP_free>;
  using PointPtr = OpensslPtr<EC_POINT, EC_POINT_free>;
  Es256FastVerifier(PointPtr point, GroupPtr key_group)
      : point_(std::move(point)), key_group_(std::move(key_group)) {}
  PointPtr point_;      // the public key
  GroupPtr key_group_;  // null, or P-256 with the key in the generator's place, and its tables
};

}  // namespace curfew
