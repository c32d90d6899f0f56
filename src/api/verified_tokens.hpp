// api/verified_tokens.hpp: tokens whose signature was already checked, in bounded memory.
//
// Keyed by the SHA-256 of the whole token, so that a remembered answer is for these very bytes.
// Only what verified is remembered: made-up tokens take no memory. The age of an entry decides when
// it goes (base/recent_map.hpp).
//
// Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>

#include "api/token_keys.hpp"
#include "base/recent_map.hpp"
#include "crypto/digest.hpp"

namespace curfew {

class VerifiedTokens {
 public:
  using Entry = std::shared_ptr<const VerifiedAccessToken>;

  explicit VerifiedTokens(std::size_t entries_max);

  // Null if it is not remembered.
  [[nodiscard]] Entry find(const Sha256Digest& digest);
  void add(const Sha256Digest& digest, Entry entry);
  [[nodiscard]] std::size_t size() const;

 private:
  struct HashOfDigest {
    std::size_t operator()(const Sha256Digest& digest) const noexcept;
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    RecentMap<Sha256Digest, Entry, HashOfDigest> entries;
  };

  Shard& shard_of(const Sha256Digest& digest);

  static constexpr std::size_t kShards = 16;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace curfew
