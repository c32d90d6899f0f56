#include "api/verified_tokens.hpp"

#include <cstring>
#include <utility>

namespace curfew {

VerifiedTokens::VerifiedTokens(std::size_t entries_max) {
  for (Shard& shard : shards_) {
    shard.entries = RecentMap<Sha256Digest, Entry, HashOfDigest>{entries_max / kShards};
  }
}

std::size_t VerifiedTokens::HashOfDigest::operator()(const Sha256Digest& digest) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

VerifiedTokens::Shard& VerifiedTokens::shard_of(const Sha256Digest& digest) {
  // Another byte than the hash begins with, so that a shard's buckets fill evenly.
  return shards_[static_cast<unsigned char>(digest.back()) % kShards];
}

VerifiedTokens::Entry VerifiedTokens::find(const Sha256Digest& digest) {
  Shard& shard = shard_of(digest);
  const std::lock_guard lock{shard.mutex};
  const Entry* const found = shard.entries.find(digest);
  return found == nullptr ? nullptr : *found;
}

void VerifiedTokens::add(const Sha256Digest& digest, Entry entry) {
  Shard& shard = shard_of(digest);
  std::unordered_map<Sha256Digest, Entry, HashOfDigest> dropped;  // destroyed without the lock
  const std::lock_guard lock{shard.mutex};
  dropped = shard.entries.add(digest, std::move(entry));
}

std::size_t VerifiedTokens::size() const {
  std::size_t total = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock{shard.mutex};
    total += shard.entries.size();
  }
  return total;
}

}  // namespace curfew
