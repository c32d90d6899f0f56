#include "api/verified_tokens.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace curfew {

VerifiedTokens::VerifiedTokens(std::size_t entries_max)
    : half_max_(std::max<std::size_t>(1, entries_max / (2 * kShards))) {}

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
  if (const auto at = shard.newer.find(digest); at != shard.newer.end()) return at->second;
  if (const auto at = shard.older.find(digest); at != shard.older.end()) return at->second;
  return nullptr;
}

void VerifiedTokens::add(const Sha256Digest& digest, Entry entry) {
  Shard& shard = shard_of(digest);
  Entries dropped;  // destroyed after the lock is gone
  const std::lock_guard lock{shard.mutex};
  if (shard.newer.size() >= half_max_) {
    dropped = std::exchange(shard.older, std::exchange(shard.newer, {}));
  }
  shard.newer.insert_or_assign(digest, std::move(entry));
}

std::size_t VerifiedTokens::size() const {
  std::size_t total = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock{shard.mutex};
    total += shard.newer.size() + shard.older.size();
  }
  return total;
}

}  // namespace curfew
