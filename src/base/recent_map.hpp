// base/recent_map.hpp: a map in bounded memory that keeps what came last.
//
// It has the newest entries and, until as many again have come, the ones before: at most
// `entries_max` in all, and the newest half of that for certain. One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace curfew {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class RecentMap {
 public:
  explicit RecentMap(std::size_t entries_max = 2)
      : half_max_(std::max<std::size_t>(1, entries_max / 2)) {}

  // Null if it is not there. Valid until the next add().
  [[nodiscard]] Value* find(const Key& key) {
    if (const auto at = newer_.find(key); at != newer_.end()) return &at->second;
    if (const auto at = older_.find(key); at != older_.end()) return &at->second;
    return nullptr;
  }
  // An entry with the key is replaced. What had to go comes back, for who wants it destroyed
  // elsewhere than under a lock.
  std::unordered_map<Key, Value, Hash> add(const Key& key, Value value) {
    std::unordered_map<Key, Value, Hash> dropped;
    if (newer_.size() >= half_max_) {
      dropped = std::exchange(older_, std::exchange(newer_, {}));
    }
    newer_.insert_or_assign(key, std::move(value));
    return dropped;
  }
  [[nodiscard]] std::size_t size() const { return newer_.size() + older_.size(); }

 private:
  std::size_t half_max_;
  std::unordered_map<Key, Value, Hash> newer_;
  std::unordered_map<Key, Value, Hash> older_;
};

}  // namespace curfew
