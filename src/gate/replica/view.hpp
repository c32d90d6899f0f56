// gate/replica/view.hpp: reading a replica where it lies, while another process writes it.
//
// No locks and no waiting: each word is a 64-bit atomic, a key never changes once it is there, and
// what is known of it only grows. Who reads P first and then looks a key up finds every entry up to
// P. Nothing in the bytes leads to a read outside of them. From any thread; the bytes outlive the
// view.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gate/replica/format.hpp"
#include "gate/replica/key_hash.hpp"
#include "model/position.hpp"

namespace curfew {

// What a replica knows of one key: sequences of the file's generation, 0 for none.
struct KeyMarks {
  std::uint64_t reauth_sequence = 0;
  std::uint64_t reevaluate_sequence = 0;
  bool is_blocked = false;

  friend bool operator==(const KeyMarks&, const KeyMarks&) = default;
};

// All that a verdict depends on beside the credential, the lease and the clock, as numbers: who
// finds the same look again would find the same keys again.
struct ReplicaLook {
  std::array<std::uint64_t, 2> file_id{};
  std::uint64_t changes = 0;
  std::uint64_t newest_stamp = 0;
  std::uint64_t floor = 0;

  friend bool operator==(const ReplicaLook&, const ReplicaLook&) = default;
};

class ReplicaView {
 public:
  // Verifies everything that does not change (replica::verified_fixed_part). `bytes` begin at a
  // multiple of 8.
  [[nodiscard]] static Result<ReplicaView> over(std::span<const std::byte> bytes);

  [[nodiscard]] const replica::FixedPart& fixed() const { return fixed_; }
  [[nodiscard]] SipKey hash_key() const { return {fixed_.hash_key_low, fixed_.hash_key_high}; }
  [[nodiscard]] std::uint64_t generation() const { return fixed_.generation; }

  [[nodiscard]] replica::FileState state() const {
    return static_cast<replica::FileState>(load(replica::kStateAt));
  }
  // Every entry up to it is in the file.
  [[nodiscard]] Position contiguous() const { return position_at(replica::kContiguousAt); }
  // The newest position that anything of ours can be stamped with; the generation's last where that
  // is not bounded.
  [[nodiscard]] Position newest_stamp() const { return position_at(replica::kNewestStampAt); }
  [[nodiscard]] Position floor() const { return position_at(replica::kFloorAt); }
  // Not strict only where the file says so; anything else is strict.
  [[nodiscard]] bool is_strict() const {
    return load(replica::kModeAt) != static_cast<std::uint64_t>(GateMode::best_effort);
  }
  // Take it before what it stands for is read: what is changed meanwhile makes another one.
  [[nodiscard]] ReplicaLook look() const {
    return {fixed_.file_id, load(replica::kChangesAt), load(replica::kNewestStampAt),
            load(replica::kFloorAt)};
  }
  [[nodiscard]] std::uint64_t entry_count() const;
  // How many keys are blocked. Looks at every slot: for who asks how the gate is.
  [[nodiscard]] std::uint64_t count_blocked() const;
  [[nodiscard]] std::uint64_t lease_boot_end_ns() const { return load(replica::kLeaseBootEndAt); }
  [[nodiscard]] std::int64_t lease_wall_end_ms() const {
    return static_cast<std::int64_t>(load(replica::kLeaseWallEndAt));
  }
  // The server's signing keys as a JWK set (RFC 7517 5); empty where none were given. corrupted if
  // they are not what was written.
  [[nodiscard]] Result<std::string> signing_keys() const;
  // Another number, in one file, whenever other signing keys were given; 0 where none were. Read it
  // before them.
  [[nodiscard]] std::uint64_t signing_keys_version() const { return load(replica::kJwksVersionAt); }

  // Ask for each key of a credential before the first find(): they are then fetched together.
  void prefetch(const KeyHash& hash) const { __builtin_prefetch(bloom_block_of(hash)); }
  [[nodiscard]] KeyMarks find(const KeyHash& hash) const {
    return may_contain(hash) ? find_in_slots(hash) : KeyMarks{};
  }
  [[nodiscard]] KeyMarks find(const Key& key) const { return find(hash_of(hash_key(), key)); }

  // The highest position of which it is certain that it and all before it were written before `at`;
  // nothing where that is not known of any. At most about a second too low.
  [[nodiscard]] std::optional<Position> position_before(TimePoint at) const;

 private:
  friend class SlotsPass;
  ReplicaView(const replica::FixedPart& fixed, const std::byte* base)
      : fixed_(fixed), base_(base) {}
  [[nodiscard]] const std::uint64_t* words(std::size_t offset) const {
    return reinterpret_cast<const std::uint64_t*>(base_ + offset);
  }
  [[nodiscard]] std::uint64_t load(std::size_t offset) const {
    return __atomic_load_n(words(offset), __ATOMIC_ACQUIRE);
  }
  [[nodiscard]] Position position_at(std::size_t offset) const {
    return {fixed_.generation, load(offset) & replica::kSequenceMask};
  }
  [[nodiscard]] const std::uint64_t* bloom_block_of(const KeyHash& hash) const {
    return words(fixed_.bloom_offset) +
           replica::kBloomBlockWords * replica::bloom_block(hash, fixed_.bloom_block_count);
  }
  // Here, because nearly every key that is asked for was never revoked. Without a branch between
  // the words: among millions of entries a wrong guess costs more than the words of a line that is
  // there.
  [[nodiscard]] bool may_contain(const KeyHash& hash) const {
    const std::uint64_t* const block = bloom_block_of(hash);
    std::uint64_t missing = 0;
    for (std::size_t i = 0; i < replica::kBloomBlockWords; ++i) {
      missing |= replica::bloom_mask(hash, i) & ~__atomic_load_n(block + i, __ATOMIC_RELAXED);
    }
    return missing == 0;
  }
  [[nodiscard]] KeyMarks find_in_slots(const KeyHash& hash) const;
  [[nodiscard]] std::uint64_t checkpoint_count() const;
  [[nodiscard]] Result<std::string> signing_keys_of(std::uint64_t version) const;

  replica::FixedPart fixed_;
  const std::byte* base_;
};

}  // namespace curfew
