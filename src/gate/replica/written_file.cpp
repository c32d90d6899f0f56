#include "gate/replica/written_file.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "base/check.hpp"

namespace curfew {

using namespace replica;

namespace {

Error damaged(std::string what) {
  return Error{ErrorCode::corrupted, Retry::later, "the replica was damaged: " + std::move(what)};
}

}  // namespace

WrittenFile::WrittenFile(MappedFile file, const ReplicaView& view)
    : file_(std::move(file)), view_(view), header_(kHeaderBytes / sizeof(std::uint64_t)) {
  std::memcpy(header_.data(), file_.bytes().data(), kHeaderBytes);
}

std::uint64_t* WrittenFile::words(std::size_t offset) const {
  return reinterpret_cast<std::uint64_t*>(file_.writable().data() + offset);
}

void WrittenFile::store(std::size_t offset, std::uint64_t value) {
  if (offset < kHeaderBytes) header_[offset / 8] = value;
  __atomic_store_n(words(offset), value, __ATOMIC_RELEASE);
}

void WrittenFile::store_digested(std::size_t offset, std::uint64_t value,
                                 std::uint64_t difference) {
  const std::uint64_t digest = load(kDigestAt) + difference;
  store(kNextDigestAt, digest);
  store(offset, value);
  store(kDigestAt, digest);
}

void WrittenFile::set_in_slot(std::uint64_t* slot, std::size_t word, std::uint64_t value) {
  const SlotWords before{own(slot), own(slot + 1), own(slot + 2)};
  if (before[word] == value) return;
  SlotWords after = before;
  after[word] = value;
  const std::size_t at = static_cast<std::size_t>(slot - words(0)) * sizeof value;
  const std::uint64_t index =
      (at - view_.fixed().slots_offset) / (kSlotWords * sizeof(std::uint64_t));
  const SipKey key = view_.hash_key();
  const std::uint64_t difference =
      digest_of_slot(key, index, after) - digest_of_slot(key, index, before);
  pass_.changed(index, difference, before[0] == 0);
  store_digested(at + sizeof value * word, value, difference);
}

void WrittenFile::append_checkpoint(std::uint64_t sequence, std::int64_t time) {
  const std::uint64_t count = load(kCheckpointCountAt);
  CURFEW_CHECK(count < view_.fixed().checkpoint_capacity);
  const auto time_word = static_cast<std::uint64_t>(time);
  std::uint64_t* const place = words(view_.fixed().checkpoints_offset) + kCheckpointWords * count;
  put(place, sequence);
  put(place + 1, time_word);
  store_digested(kCheckpointCountAt, count + 1,
                 digest_of_checkpoint(view_.hash_key(), count, sequence, time_word));
}

std::uint64_t WrittenFile::sum_of_checkpoints() const {
  const std::uint64_t* const first = words(view_.fixed().checkpoints_offset);
  std::uint64_t sum = 0;
  for (std::uint64_t index = 0; index < load(kCheckpointCountAt); ++index) {
    const std::uint64_t* const place = first + kCheckpointWords * index;
    sum += digest_of_checkpoint(view_.hash_key(), index, own(place), own(place + 1));
  }
  return sum;
}

Result<std::uint64_t> WrittenFile::verify_found() {
  const FixedPart& fixed = view_.fixed();
  const std::uint64_t checkpoints = load(kCheckpointCountAt);
  if (checkpoints > fixed.checkpoint_capacity || checkpoints == 0) {
    return damaged("it counts more than it has place for");
  }
  SlotsPass pass;
  CURFEW_TRY_STATUS(pass.look(view_, fixed.slot_count));
  // A writer that was killed may not have counted its last one.
  const std::uint64_t counted = load(kEntryCountAt);
  const bool is_counted = pass.used() == counted || pass.used() == counted + 1;
  if (!is_counted || pass.used() > entries_max(fixed.slot_count)) {
    return damaged("its entries are not as many as it says");
  }
  const std::uint64_t sum = pass.sum() + sum_of_checkpoints();
  if (sum != load(kDigestAt) && sum != load(kNextDigestAt)) {
    return damaged("its entries are not what was written");
  }
  CURFEW_TRY_STATUS(check_signing_keys());
  store(kDigestAt, sum);
  store(kEntryCountAt, pass.used());
  return pass.farthest();
}

Status WrittenFile::check_signing_keys() const {
  const Result<std::string> keys = view_.signing_keys();
  return keys.ok() ? Status{Done{}} : Status{damaged(keys.error().message())};
}

Status WrittenFile::check_header() const {
  if (std::memcmp(header_.data(), file_.bytes().data(), kHeaderBytes) == 0) return Done{};
  return damaged("its head is not what was written");
}

Status WrittenFile::check_sums(const SlotsPass& pass) const {
  const bool is_whole =
      pass.used() == load(kEntryCountAt) && pass.sum() + sum_of_checkpoints() == load(kDigestAt);
  if (is_whole) return Done{};
  return damaged("its entries are not what was written");
}

Status WrittenFile::check_contents() const {
  CURFEW_TRY_STATUS(check_header());
  SlotsPass pass;
  CURFEW_TRY_STATUS(pass.look(view_, view_.fixed().slot_count));
  return check_sums(pass);
}

Status WrittenFile::check_some(std::uint64_t slots_max) {
  CURFEW_TRY_STATUS(check_header());
  CURFEW_TRY_STATUS(pass_.look(view_, slots_max));
  if (!pass_.is_over(view_)) return Done{};
  CURFEW_TRY_STATUS(check_sums(std::exchange(pass_, {})));
  return check_signing_keys();
}

}  // namespace curfew
