#include "gate/replica/view.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace curfew {

using namespace replica;

namespace {

std::uint64_t relaxed(const std::uint64_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
std::uint64_t acquire(const std::uint64_t* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

constexpr int kJwksTriesMax = 16;

}  // namespace

Result<ReplicaView> ReplicaView::over(std::span<const std::byte> bytes) {
  CURFEW_TRY(const FixedPart fixed, verified_fixed_part(bytes));
  return ReplicaView{fixed, bytes.data()};
}

std::uint64_t ReplicaView::entry_count() const { return load(kEntryCountAt); }
std::uint64_t ReplicaView::count_blocked() const {
  const std::uint64_t* slot = words(fixed_.slots_offset);
  std::uint64_t blocked = 0;
  for (std::uint64_t index = 0; index < fixed_.slot_count; ++index, slot += kSlotWords) {
    if (acquire(slot) != 0 && (relaxed(slot + 1) & kBlockedBit) != 0) ++blocked;
  }
  return blocked;
}
std::uint64_t ReplicaView::checkpoint_count() const {
  return std::min(load(kCheckpointCountAt), fixed_.checkpoint_capacity);
}

KeyMarks ReplicaView::find_in_slots(const KeyHash& hash) const {
  const std::uint64_t* const slots = words(fixed_.slots_offset);
  std::uint64_t index = first_slot(hash, fixed_.slot_count);
  const std::uint64_t probes = std::min(kProbesMax, fixed_.slot_count);
  for (std::uint64_t probe = 0; probe < probes; ++probe) {
    const std::uint64_t* const slot = slots + kSlotWords * index;
    const std::uint64_t main = acquire(slot);
    if (main == 0) return {};
    if (main == hash.main) {
      const std::uint64_t word_1 = relaxed(slot + 1);
      const std::uint64_t word_2 = relaxed(slot + 2);
      if (hash_in_slot(main, word_1, word_2) == hash) {
        return {word_1 & kSequenceMask, word_2 & kSequenceMask, (word_1 & kBlockedBit) != 0};
      }
    }
    if (++index == fixed_.slot_count) index = 0;
  }
  // No file of ours is so: nothing that it says can be believed.
  return {kSequenceMask, kSequenceMask, true};
}

std::optional<Position> ReplicaView::position_before(TimePoint at) const {
  // P first: an entry up to P raised the latest time before P said so.
  const Position known = contiguous();
  const std::int64_t limit = to_unix_millis(at);
  if (static_cast<std::int64_t>(load(kTimeMaxAt)) < limit) return known;
  const std::uint64_t* const checkpoints = words(fixed_.checkpoints_offset);
  std::uint64_t low = 0;
  std::uint64_t high =
      checkpoint_count();  // the first one that is not before `at` is in [low, high]
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto time =
        static_cast<std::int64_t>(relaxed(checkpoints + kCheckpointWords * middle + 1));
    if (time < limit) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return std::nullopt;
  const std::uint64_t sequence = relaxed(checkpoints + kCheckpointWords * (low - 1));
  return Position{fixed_.generation, sequence & kSequenceMask};
}

Result<std::string> ReplicaView::signing_keys_of(std::uint64_t version) const {
  const std::uint64_t* const copy =
      words(fixed_.jwks_offset + (version & 1) * (kJwksHeadBytes + fixed_.jwks_bytes_max));
  const std::uint64_t length = std::min(relaxed(copy), fixed_.jwks_bytes_max);
  const std::array<std::uint64_t, 2> checksum{relaxed(copy + 1), relaxed(copy + 2)};
  std::string text((length + 7) / 8 * 8, '\0');
  for (std::uint64_t at = 0; at < text.size(); at += 8) {
    const std::uint64_t word = relaxed(copy + 3 + at / 8);
    std::memcpy(text.data() + at, &word, sizeof word);
  }
  text.resize(length);
  if (checksum_of(text) == checksum) return text;
  return Error{ErrorCode::corrupted, Retry::after_human,
               "the signing keys in the replica are not what was written"};
}

Result<std::string> ReplicaView::signing_keys() const {
  for (int tries = 0;; ++tries) {
    const std::uint64_t version = load(kJwksVersionAt);
    if (version == 0) return std::string{};
    Result<std::string> keys = signing_keys_of(version);
    std::atomic_thread_fence(std::memory_order_acquire);
    // Another version: the writer may be in our copy already.
    const bool is_whole = relaxed(words(kJwksVersionAt)) == version;
    if (is_whole || tries == kJwksTriesMax) return keys;
  }
}

}  // namespace curfew
