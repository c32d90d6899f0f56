// gate/replica/digest.hpp: what the slots and checkpoints of a replica add up to, so that its
// writer notices when they are not what it wrote.
//
// The digest is a sum modulo 2^64 of a number for each used slot and each checkpoint, of what is
// there and where, made with the file's hash key. So a store changes it by one difference, and a
// pass over the file can be made piece by piece while the file is written. It is against damage,
// not against people: who may write the file can make the sum anew. Bloom bits are not in it: they
// follow from the slots.
#pragma once

#include <array>
#include <cstdint>

#include "base/result.hpp"
#include "crypto/siphash.hpp"
#include "gate/replica/format.hpp"
#include "gate/replica/key_hash.hpp"

namespace curfew {

class ReplicaView;

namespace replica {

using SlotWords = std::array<std::uint64_t, kSlotWords>;

[[nodiscard]] constexpr std::uint64_t folded(std::uint64_t one, std::uint64_t other) {
  const Wide product = Wide{one} * other;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Odd numbers without a pattern: places and words are small numbers, or alike.
inline constexpr std::uint64_t kPlaceFactor = 0x9e3779b97f4a7c15;
inline constexpr std::uint64_t kSecondWord = 0xd1b54a32d192ed03;
inline constexpr std::uint64_t kCheckpoint = 0x8cb92ba72f3d8dd7;

// 0 for a slot that is free.
[[nodiscard]] constexpr std::uint64_t digest_of_slot(const SipKey& key, std::uint64_t index,
                                                     const SlotWords& words) {
  if (words[0] == 0) return 0;
  const std::uint64_t place = words[0] ^ key.high ^ ((index + 1) * kPlaceFactor);
  return folded(words[1] ^ key.low, place) + folded(words[2] ^ key.low, place ^ kSecondWord);
}
[[nodiscard]] constexpr std::uint64_t digest_of_checkpoint(const SipKey& key, std::uint64_t index,
                                                           std::uint64_t sequence,
                                                           std::uint64_t time) {
  const std::uint64_t place = key.high ^ kCheckpoint ^ ((index + 1) * kPlaceFactor);
  return folded(sequence ^ key.low, place) + folded(time ^ key.low, place ^ kSecondWord);
}

}  // namespace replica

// One pass over all slots, in pieces, on the thread that writes them.
class SlotsPass {
 public:
  // So many more slots. corrupted if a key is there of which readers would not find that it is.
  [[nodiscard]] Status look(const ReplicaView& view, std::uint64_t slots_max);
  [[nodiscard]] bool is_over(const ReplicaView& view) const;
  // A slot is stored to, by which its number changes by so much: where the pass was already, it
  // takes that in.
  void changed(std::uint64_t index, std::uint64_t difference, bool is_new) {
    if (index >= next_) return;
    sum_ += difference;
    if (is_new) ++used_;
  }

  // Of the slots so far.
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }
  // How far a key is from its place at most.
  [[nodiscard]] std::uint64_t farthest() const { return farthest_; }

 private:
  std::uint64_t next_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t farthest_ = 0;
};

}  // namespace curfew
