#include "gate/replica/format.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/check.hpp"

namespace curfew::replica {

namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kBloomBlockBits = kBloomBlockWords * 64;

constexpr std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

constexpr std::uint64_t bloom_blocks_for(std::uint64_t slot_count) {
  return (entries_max(slot_count) * kBloomBitsOfEntry + kBloomBlockBits - 1) / kBloomBlockBits;
}

Shape shape_of(const FixedPart& fixed) {
  return {fixed.slot_count, fixed.checkpoint_capacity, fixed.jwks_bytes_max};
}

Error damaged(std::string what) {
  return Error{ErrorCode::corrupted, Retry::after_human, std::move(what)};
}

Error foreign(std::string what) {
  return Error{ErrorCode::protocol, Retry::after_human, std::move(what)};
}

// Whether the sizes and offsets are those that the shape gives.
bool is_laid_out(const FixedPart& fixed) {
  if (!is_allowed(shape_of(fixed))) return false;
  FixedPart expected = fixed;
  lay_out(expected, shape_of(fixed));
  expected.checksum = fixed.checksum;
  return std::memcmp(&expected, &fixed, sizeof fixed) == 0;
}

}  // namespace

Shape shape_for(std::uint64_t entries, std::uint64_t checkpoint_capacity,
                std::uint64_t jwks_bytes_max) {
  const std::uint64_t slots = (entries + 1) * 100 / kLoadPercentMax + 1;
  return {std::max(slots, kSlotCountMin), checkpoint_capacity, jwks_bytes_max};
}

bool is_allowed(const Shape& shape) {
  return shape.slot_count >= kSlotCountMin && shape.slot_count <= kSlotCountMax &&
         shape.checkpoint_capacity >= kCheckpointCapacityMin &&
         shape.checkpoint_capacity <= kCheckpointCapacityMax && shape.jwks_bytes_max >= 8 &&
         shape.jwks_bytes_max <= kJwksBytesMax && shape.jwks_bytes_max % 8 == 0;
}

void lay_out(FixedPart& fixed, const Shape& shape) {
  CURFEW_CHECK(is_allowed(shape));
  fixed.magic = kMagic;
  fixed.version = kFormatVersion;
  fixed.header_bytes = kHeaderBytes;
  fixed.slot_count = shape.slot_count;
  fixed.bloom_block_count = bloom_blocks_for(shape.slot_count);
  fixed.checkpoint_capacity = shape.checkpoint_capacity;
  fixed.jwks_bytes_max = shape.jwks_bytes_max;
  fixed.jwks_offset = kHeaderBytes;
  fixed.checkpoints_offset =
      aligned(fixed.jwks_offset + 2 * (kJwksHeadBytes + shape.jwks_bytes_max));
  fixed.bloom_offset =
      aligned(fixed.checkpoints_offset + 8 * kCheckpointWords * shape.checkpoint_capacity);
  fixed.slots_offset = aligned(fixed.bloom_offset + 8 * kBloomBlockWords * fixed.bloom_block_count);
  fixed.file_bytes = aligned(fixed.slots_offset + 8 * kSlotWords * shape.slot_count);
}

std::array<std::uint64_t, 2> checksum_of(std::string_view bytes) {
  const SipHash128 hash = siphash128(SipKey{}, bytes);
  return {hash.low, hash.high};
}

std::array<std::uint64_t, 2> checksum_of(const FixedPart& fixed) {
  return checksum_of(std::string_view{reinterpret_cast<const char*>(&fixed), kChecksummedBytes});
}

Result<FixedPart> verified_fixed_part(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes) {
    return damaged("the replica has " + std::to_string(bytes.size()) +
                   " bytes, less than its header");
  }
  FixedPart fixed;
  std::memcpy(&fixed, bytes.data(), sizeof fixed);
  if (fixed.magic != kMagic) return foreign("this is no replica of a gate");
  if (fixed.version != kFormatVersion) {
    return foreign("the replica has format version " + std::to_string(fixed.version) +
                   ", and this program reads version " + std::to_string(kFormatVersion));
  }
  if (checksum_of(fixed) != fixed.checksum) {
    return damaged("the replica's header is not what was written");
  }
  if (!is_laid_out(fixed)) return damaged("the parts of the replica are not where they belong");
  if (fixed.file_bytes != bytes.size()) {
    return damaged("the replica has " + std::to_string(bytes.size()) + " bytes and should have " +
                   std::to_string(fixed.file_bytes));
  }
  return fixed;
}

}  // namespace curfew::replica
