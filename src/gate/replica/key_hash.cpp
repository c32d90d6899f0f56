#include "gate/replica/key_hash.hpp"

namespace curfew {

KeyHash hash_of(const SipKey& hash_key, const Key& key) {
  const SipHash128 hash = siphash128(hash_key, static_cast<std::uint8_t>(key.kind), key.id);
  return {hash.low == 0 ? 1 : hash.low, hash.high >> (64 - replica::kTagBits)};
}

HashedKeys hash_keys(const SipKey& hash_key, std::span<const Key> keys) {
  HashedKeys hashed{hash_key, {}};
  hashed.hashes.reserve(keys.size());
  for (const Key& key : keys) hashed.hashes.push_back(hash_of(hash_key, key));
  return hashed;
}

}  // namespace curfew
