// tests/fuzz/fuzz_replica.cpp: whatever a replica file holds, opening it and looking keys up reads
// inside of it, ends, and lets nothing live that it calls blocked.
//
// The first byte says whether the rest is taken as it is, or given a fixed part that is right, of
// a small shape that the next three bytes choose: then everything behind it is reached.
//
// Covers: gate/replica/format.cpp gate/replica/view.cpp gate/replica/decision.cpp
//   gate/replica/key_hash.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "gate/replica/decision.hpp"
#include "gate/replica/lease.hpp"
#include "gate/replica/view.hpp"

using namespace curfew;
using namespace curfew::replica;

namespace {

// A copy on the heap, at a multiple of 8 and not a byte longer, so that a sanitizer sees its ends.
class FileBytes {
 public:
  explicit FileBytes(std::size_t size) : size_(size), data_(new std::byte[size]{}) {}
  ~FileBytes() { delete[] data_; }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  [[nodiscard]] std::span<std::byte> bytes() const { return {data_, size_}; }

 private:
  std::size_t size_;
  std::byte* data_;
};

FixedPart small_fixed_part(std::span<const std::uint8_t> choices) {
  const Shape shape{kSlotCountMin + choices[0], kCheckpointCapacityMin + choices[1] % 32,
                    8 + 8UL * (choices[2] % 32)};
  FixedPart fixed;
  lay_out(fixed, shape);
  fixed.generation = 1 + choices[2] % 3;
  fixed.hash_key_low = choices[0];
  fixed.checksum = checksum_of(fixed);
  return fixed;
}

void judge_all(const ReplicaView& view, const std::vector<Key>& keys) {
  const std::vector<KeyHash> hashes = hash_keys(view.hash_key(), keys).hashes;
  bool is_any_blocked = false;
  for (const KeyHash& hash : hashes) {
    const KeyMarks marks = view.find(hash);
    CURFEW_CHECK(marks.reauth_sequence <= kSequenceMask);
    CURFEW_CHECK(marks.reevaluate_sequence <= kSequenceMask);
    CURFEW_CHECK(view.find(hash) == marks);
    is_any_blocked = is_any_blocked || marks.is_blocked;
  }
  const TimePoint now = from_unix_seconds(1'800'000'000);
  const Position last{view.generation(), kSequenceMask};
  const CredentialFacts facts{CredentialClass::access, {last, last}, now + Duration{1}, keys};
  const ForeignFacts foreign{now, now, now + Duration{1}, Duration{0}, keys};
  if (is_any_blocked) {
    CURFEW_CHECK(judge_by_replica(view, facts, hashes, now) != Verdict::live);
    CURFEW_CHECK(judge_foreign_by_replica(view, foreign, hashes, now) != Verdict::live);
  }
  const CredentialFacts older{CredentialClass::access,
                              {{view.generation() - 1, kSequenceMask}, last},
                              now + Duration{1},
                              keys};
  CURFEW_CHECK(judge_by_replica(view, older, hashes, now) != Verdict::live);
}

void use(const ReplicaView& view, std::span<const std::uint8_t> data) {
  std::vector<Key> keys;
  for (std::size_t i = 0; i < std::min<std::size_t>(data.size(), 20); ++i) {
    keys.push_back(
        {kKeyKinds[data[i] % kKeyKinds.size()], std::string(1, static_cast<char>(data[i]))});
  }
  // Where the file names no generation, there is no stamp of it.
  if (!keys.empty() && view.generation() != 0) judge_all(view, keys);
  std::int64_t millis = 0;
  std::memcpy(&millis, data.data(), std::min(data.size(), sizeof millis));
  millis = std::clamp<std::int64_t>(millis, 0, 1LL << 50);
  const std::optional<Position> before = view.position_before(from_unix_millis(millis));
  CURFEW_CHECK(!before || before->sequence <= kSequenceMask);
  const Result<std::string> keys_text = view.signing_keys();
  CURFEW_CHECK(!keys_text.ok() || keys_text->size() <= view.fixed().jwks_bytes_max);
  static_cast<void>(
      may_judge_by(HeldLease{view}, {{view.fixed().boot_id}, {}, from_unix_millis(millis)}));
  static_cast<void>(view.look());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::span<const std::uint8_t> input{data, size};
  const bool is_repaired = input[0] % 2 == 0;
  const FixedPart fixed = small_fixed_part(input.subspan(1, 3));
  const std::span<const std::uint8_t> rest = input.subspan(4);
  const FileBytes file{is_repaired ? fixed.file_bytes : rest.size()};
  const std::span<std::byte> bytes = file.bytes();
  if (is_repaired) {
    // Again and again, so that a short input fills every part.
    for (std::size_t i = sizeof fixed; i < bytes.size() && !rest.empty(); ++i) {
      bytes[i] = std::byte{rest[(i - sizeof fixed) % rest.size()]};
    }
    std::memcpy(bytes.data(), &fixed, sizeof fixed);
  } else {
    std::copy(rest.begin(), rest.end(), reinterpret_cast<std::uint8_t*>(bytes.data()));
  }
  const Result<ReplicaView> view = ReplicaView::over(bytes);
  CURFEW_CHECK(!is_repaired || view.ok());
  if (view.ok()) use(*view, rest);
  return 0;
}
