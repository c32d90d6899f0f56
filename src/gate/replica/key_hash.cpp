#include "gate/replica/key_hash.hpp"

namespace curfew {

namespace {

__extension__ using Wide = unsigned __int128;

// Odd numbers that spread 32 bits over the eight halves of a block.
constexpr std::array<std::uint32_t, 8> kSpread{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                               0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

}  // namespace

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

namespace replica {

std::uint64_t first_slot(const KeyHash& hash, std::uint64_t slot_count) {
  return static_cast<std::uint64_t>((Wide{hash.main} * slot_count) >> 64);
}

std::uint64_t bloom_block(const KeyHash& hash, std::uint64_t block_count) {
  return static_cast<std::uint64_t>((Wide{hash.tag} * block_count) >> kTagBits);
}

std::array<std::uint64_t, kBloomBlockWords> bloom_mask(const KeyHash& hash) {
  const auto low = static_cast<std::uint32_t>(hash.main);
  std::array<std::uint64_t, kBloomBlockWords> mask{};
  for (std::size_t i = 0; i < kSpread.size(); ++i) {
    const std::uint32_t bit = (low * kSpread[i]) >> 27;
    mask[i / 2] |= 1ULL << (bit + 32 * (i % 2));
  }
  return mask;
}

}  // namespace replica

}  // namespace curfew
