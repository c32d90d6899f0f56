#include "gate/replica/digest.hpp"

#include <algorithm>

#include "gate/replica/view.hpp"

namespace curfew {

using namespace replica;

namespace {

// Blocks are asked for so many slots ahead: they lie anywhere in the file.
constexpr std::uint64_t kAhead = 16;

SlotWords words_of(const std::uint64_t* slot) {
  return {__atomic_load_n(slot, __ATOMIC_RELAXED), __atomic_load_n(slot + 1, __ATOMIC_RELAXED),
          __atomic_load_n(slot + 2, __ATOMIC_RELAXED)};
}

KeyHash hash_of_slot(const SlotWords& words) { return hash_in_slot(words[0], words[1], words[2]); }

}  // namespace

bool SlotsPass::is_over(const ReplicaView& view) const { return next_ == view.fixed().slot_count; }

Status SlotsPass::look(const ReplicaView& view, std::uint64_t slots_max) {
  const SipKey key = view.hash_key();
  const std::uint64_t count = view.fixed().slot_count;
  const std::uint64_t end = std::min(count, next_ + slots_max);
  const std::uint64_t* slot = view.words(view.fixed().slots_offset) + kSlotWords * next_;
  for (; next_ < end; ++next_, slot += kSlotWords) {
    if (next_ + kAhead < count) {
      view.prefetch(hash_of_slot(words_of(slot + kSlotWords * kAhead)));
    }
    const SlotWords words = words_of(slot);
    if (words[0] == 0) continue;
    const KeyHash hash = hash_of_slot(words);
    if (!view.may_contain(hash)) {
      return Error{ErrorCode::corrupted, Retry::later,
                   "the replica was damaged: it has a key that readers do not find"};
    }
    const std::uint64_t place = first_slot(hash, count);
    farthest_ = std::max(farthest_, next_ >= place ? next_ - place : next_ + count - place);
    sum_ += digest_of_slot(key, next_, words);
    ++used_;
  }
  return Done{};
}

}  // namespace curfew
