#include "gate/follower/blocked_names.hpp"

#include <utility>

namespace curfew {

bool BlockedNames::Blocks::add(const Key& key, Position position, std::size_t most) {
  const auto [known, is_new] = positions.try_emplace(key, position);
  if (!is_new) {
    if (known->second >= position) return false;
    by_position.erase(known->second);
    known->second = position;
  }
  by_position.insert_or_assign(by_position.end(), position, &known->first);
  if (positions.size() > most) {
    positions.erase(positions.find(*by_position.begin()->second));
    by_position.erase(by_position.begin());
  }
  return true;
}

bool BlockedNames::Blocks::remove(const Key& key, Position before) {
  const auto known = positions.find(key);
  if (known == positions.end() || known->second >= before) return false;
  by_position.erase(known->second);
  positions.erase(known);
  return true;
}

void BlockedNames::Blocks::clear() {
  positions.clear();
  by_position.clear();
}

void BlockedNames::restore(std::span<const GateBlock> blocks) {
  for (const GateBlock& block : blocks) blocks_.add(block.key, block.position, most_);
}

void BlockedNames::apply(std::span<const ReplicaEntry> entries) {
  if (most_ == 0) return;
  for (const ReplicaEntry& entry : entries) {
    const bool is_free = entry.effect == Effect::unblock && !entry.is_blocked_after;
    const bool is_new =
        (entry.effect == Effect::block && blocks_.add(entry.key, entry.position, most_)) ||
        (is_free && blocks_.remove(entry.key, entry.position));
    if (is_new) ++changes_;
  }
}

void BlockedNames::continue_snapshot(std::span<const ReplicaEntry> part) {
  if (most_ == 0) return;
  for (const ReplicaEntry& entry : part) {
    if (entry.effect == Effect::block) building_.add(entry.key, entry.position, most_);
  }
}

void BlockedNames::finish_snapshot(Position position) {
  for (auto early = blocks_.by_position.upper_bound(position); early != blocks_.by_position.end();
       ++early) {
    if (early->first.generation != position.generation) break;
    building_.add(*early->second, early->first, most_);
  }
  blocks_ = std::exchange(building_, Blocks{});
  ++changes_;
}

std::vector<GateBlock> BlockedNames::all() const {
  std::vector<GateBlock> all;
  all.reserve(size());
  for (const auto& [position, key] : blocks_.by_position) all.push_back({*key, position});
  return all;
}

}  // namespace curfew
