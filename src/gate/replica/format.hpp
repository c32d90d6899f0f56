// gate/replica/format.hpp: the bytes of a replica file: a gate's copy of the journal's watermarks,
// in memory that other processes read. docs/replica-format.md says the same for other languages.
//
//   0      fixed part: 512 bytes that never change once the file has its name; a checksum ends it
//   512    words that change, each a 64-bit atomic; zero up to 4096
//   4096   signing keys: two copies of {length, checksum of 16 bytes, text}
//   then   checkpoints {sequence, unix milliseconds}, Bloom blocks of 32 bytes, slots of 24 bytes
//
// Everything is little endian, each part begins at a multiple of 64. One process writes; whoever
// reads maps the file read-only and takes no lock. Sequences are of the file's one generation:
// stamps of an older one are dead, and a fence makes a new file. A version that a reader does not
// know is refused; what changes a meaning gets a new version.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "crypto/siphash.hpp"
#include "model/gate.hpp"

namespace curfew::replica {

static_assert(std::endian::native == std::endian::little, "the file is read where it lies");

inline constexpr std::array<char, 8> kMagic{'C', 'U', 'R', 'F', 'E', 'W', 'R', 'W'};
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kHeaderBytes = 4096;

struct FixedPart {
  std::array<char, 8> magic{};              // 0
  std::uint32_t version = 0;                // 8
  std::uint32_t header_bytes = 0;           // 12
  std::uint64_t file_bytes = 0;             // 16
  std::uint64_t generation = 0;             // 24
  std::array<std::uint64_t, 2> file_id{};   // 32: random
  std::uint64_t hash_key_low = 0;           // 48: SipHash-2-4-128; kept when the file grows, new
  std::uint64_t hash_key_high = 0;          // 56: with each snapshot
  std::array<std::uint64_t, 2> boot_id{};   // 64: of the machine's start that the file is of
  std::uint64_t slot_count = 0;             // 80
  std::uint64_t bloom_block_count = 0;      // 88
  std::uint64_t checkpoint_capacity = 0;    // 96
  std::uint64_t jwks_bytes_max = 0;         // 104: of one copy's text
  std::uint64_t jwks_offset = 0;            // 112
  std::uint64_t checkpoints_offset = 0;     // 120
  std::uint64_t bloom_offset = 0;           // 128
  std::uint64_t slots_offset = 0;           // 136
  std::array<char, 64> tenant_id{};         // 144: padded with zeros
  std::array<char, 32> issuer_sha256{};     // 208
  std::array<char, 256> unused{};           // 240: zero
  std::array<std::uint64_t, 2> checksum{};  // 496: SipHash-2-4-128, key zero, of what is before
};
static_assert(sizeof(FixedPart) == 512);
static_assert(offsetof(FixedPart, generation) == 24);
static_assert(offsetof(FixedPart, hash_key_low) == 48);
static_assert(offsetof(FixedPart, slot_count) == 80);
static_assert(offsetof(FixedPart, jwks_offset) == 112);
static_assert(offsetof(FixedPart, tenant_id) == 144);
static_assert(offsetof(FixedPart, issuer_sha256) == 208);
static_assert(offsetof(FixedPart, checksum) == 496);
inline constexpr std::size_t kChecksummedBytes = offsetof(FixedPart, checksum);

// Words that change, by their offsets.
inline constexpr std::size_t kStateAt = 512;         // FileState
inline constexpr std::size_t kContiguousAt = 520;    // P: every entry up to it is in the file
inline constexpr std::size_t kNewestStampAt = 528;   // the newest that anything can be stamped with
inline constexpr std::size_t kFloorAt = 536;         // F: below it watermarks may be missing
inline constexpr std::size_t kTimeMaxAt = 544;       // the latest time of any entry, unix ms
inline constexpr std::size_t kChangesAt = 552;       // +1 whenever a key was changed
inline constexpr std::size_t kModeAt = 560;          // GateMode
inline constexpr std::size_t kLeaseBootEndAt = 576;  // CLOCK_BOOTTIME in ns; 0: no lease
inline constexpr std::size_t kLeaseWallEndAt = 584;  // unix ms
inline constexpr std::size_t kEntryCountAt = 640;    // used slots
inline constexpr std::size_t kCheckpointCountAt = 648;  // they are only appended
inline constexpr std::size_t kJwksVersionAt = 656;      // its lowest bit says which copy; 0: none
// The writer's own (gate/replica/digest.hpp): what slots and checkpoints add up to, and what they
// will after the store that comes next. Readers have no use for them.
inline constexpr std::size_t kDigestAt = 664;
inline constexpr std::size_t kNextDigestAt = 672;

enum class FileState : std::uint64_t {
  building = 1,    // not yet under its name
  serving = 2,     //
  superseded = 3,  // another file has the name: open the path again
};

static_assert(static_cast<int>(GateMode::strict) == 0 &&
              static_cast<int>(GateMode::best_effort) == 1);  // in every file that there is

// One copy of the signing keys: {length, checksum, text}.
inline constexpr std::size_t kJwksHeadBytes = 24;
inline constexpr std::size_t kCheckpointWords = 2;
inline constexpr std::size_t kBloomBlockWords = 4;
inline constexpr std::size_t kSlotWords = 3;

// A slot: word 0 the hash's `main`, never 0 once it is used; word 1 the blocked bit, 19 bits of the
// hash's `tag` and the 44-bit sequence of the newest reauth; word 2 the other 20 bits of the tag
// and the sequence of the newest reevaluate.
inline constexpr unsigned kSequenceBits = 44;
inline constexpr std::uint64_t kSequenceMask = (1ULL << kSequenceBits) - 1;
inline constexpr std::uint64_t kBlockedBit = 1ULL << 63;
inline constexpr unsigned kTagBits = 39;
inline constexpr unsigned kLowTagBits = 20;
inline constexpr std::uint64_t kLowTagMask = (1ULL << kLowTagBits) - 1;

// Limits. Ten million entries are 300 MB; four hundred million are more than any gate's machine.
inline constexpr std::uint64_t kSlotCountMin = 64;
inline constexpr std::uint64_t kSlotCountMax = 400'000'000;
inline constexpr std::uint64_t kCheckpointCapacityMin = 16;
inline constexpr std::uint64_t kCheckpointCapacityMax = 1U << 20;
inline constexpr std::uint64_t kJwksBytesMax = 64UL * 1024;
inline constexpr std::size_t kFileBytesMaxOfReplica = 16UL << 30;
// No key is further from its place; a reader that gets so far refuses. At the load allowed, the
// longest row of used slots among ten million is some 1,300 long.
inline constexpr std::uint64_t kProbesMax = 8192;
inline constexpr std::uint64_t kLoadPercentMax = 85;
inline constexpr std::uint64_t kBloomBitsOfEntry = 16;

struct Shape {
  std::uint64_t slot_count = kSlotCountMin;
  std::uint64_t checkpoint_capacity = kCheckpointCapacityMin;
  std::uint64_t jwks_bytes_max = kJwksBytesMax;
};

// The smallest shape that takes so many entries.
[[nodiscard]] Shape shape_for(std::uint64_t entries, std::uint64_t checkpoint_capacity,
                              std::uint64_t jwks_bytes_max);
// How many entries a file with so many slots takes.
[[nodiscard]] constexpr std::uint64_t entries_max(std::uint64_t slot_count) {
  return slot_count * kLoadPercentMax / 100;
}
// Whether the shape is within the limits.
[[nodiscard]] bool is_allowed(const Shape& shape);
// Fills in the sizes and offsets that follow from the shape, magic and version. Precondition:
// is_allowed(shape).
void lay_out(FixedPart& fixed, const Shape& shape);

[[nodiscard]] std::array<std::uint64_t, 2> checksum_of(std::string_view bytes);
[[nodiscard]] std::array<std::uint64_t, 2> checksum_of(const FixedPart& fixed);
// The fixed part of a file of these bytes (beginning at a multiple of 8), once everything about it
// is verified: magic, version, size, checksum, and that each offset follows from the shape. Any
// error says what is wrong with it: protocol for a foreign or newer file, corrupted for a damaged
// one.
[[nodiscard]] Result<FixedPart> verified_fixed_part(std::span<const std::byte> bytes);

}  // namespace curfew::replica
