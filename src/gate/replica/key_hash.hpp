// gate/replica/key_hash.hpp: a key as a replica knows it, and where that puts it.
//
// Ids are chosen by others, so the hash is keyed (crypto/siphash.hpp) with what only readers of the
// file know. A program that keeps verified tokens keeps the hashes of their keys beside them, with
// the hash key that they were made with: it stays when the file grows, and is another one after a
// new snapshot. Two keys with one hash would deny one of them, never let it pass; 103 bits are
// compared.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "crypto/siphash.hpp"
#include "gate/replica/format.hpp"
#include "model/key.hpp"

namespace curfew {

struct KeyHash {
  std::uint64_t main = 0;  // never 0 once made
  std::uint64_t tag = 0;   // 39 bits

  friend bool operator==(const KeyHash&, const KeyHash&) = default;
};

// SipHash-2-4-128 over the kind's number (one byte) and the id.
[[nodiscard]] KeyHash hash_of(const SipKey& hash_key, const Key& key);

// The hashes of a credential's keys, for whoever keeps them.
struct HashedKeys {
  SipKey hash_key;
  std::vector<KeyHash> hashes;  // of the keys in their order
};
[[nodiscard]] HashedKeys hash_keys(const SipKey& hash_key, std::span<const Key> keys);

namespace replica {

__extension__ using Wide = unsigned __int128;

// Where the search for the key begins.
[[nodiscard]] constexpr std::uint64_t first_slot(const KeyHash& hash, std::uint64_t slot_count) {
  return static_cast<std::uint64_t>((Wide{hash.main} * slot_count) >> 64);
}
[[nodiscard]] constexpr std::uint64_t bloom_block(const KeyHash& hash, std::uint64_t block_count) {
  return static_cast<std::uint64_t>((Wide{hash.tag} * block_count) >> kTagBits);
}
// The key's bits in one word of its block: one in each half, by five bits of `main` each.
[[nodiscard]] constexpr std::uint64_t bloom_mask(const KeyHash& hash, std::size_t word) {
  const std::uint64_t bits = hash.main >> (10 * word);
  return (1ULL << (bits & 31)) | (1ULL << (32 + (bits >> 5 & 31)));
}

[[nodiscard]] constexpr std::uint64_t tag_in_word_1(const KeyHash& hash) {
  return (hash.tag >> kLowTagBits) << kSequenceBits;
}
[[nodiscard]] constexpr std::uint64_t tag_in_word_2(const KeyHash& hash) {
  return (hash.tag & kLowTagMask) << kSequenceBits;
}
inline constexpr std::uint64_t kTagInWord1 = ~(kBlockedBit | kSequenceMask);
inline constexpr std::uint64_t kTagInWord2 = ~kSequenceMask;

// The hash of the key that a slot with these words is of.
[[nodiscard]] constexpr KeyHash hash_in_slot(std::uint64_t main, std::uint64_t word_1,
                                             std::uint64_t word_2) {
  return {main,
          (((word_1 & kTagInWord1) >> kSequenceBits) << kLowTagBits) | (word_2 >> kSequenceBits)};
}

}  // namespace replica

}  // namespace curfew

template <>
struct std::hash<curfew::KeyHash> {
  std::size_t operator()(const curfew::KeyHash& hash) const noexcept { return hash.main; }
};
