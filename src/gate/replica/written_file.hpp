// gate/replica/written_file.hpp: a replica file's words as its only writer stores them, and whether
// they are still what it stored.
//
// Nobody else writes the file, so whatever is otherwise is damage. The header is held against a
// copy in this process, and the writer goes by the copy; slots and checkpoints against their digest
// (gate/replica/digest.hpp); the signing keys against their checksum. Every store that changes what
// is digested goes through one function: first what the digest will be, then the word, then the
// digest. A writer that is killed at any instruction leaves a file that adds up to one of the two.
// One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "gate/replica/digest.hpp"
#include "gate/replica/format.hpp"
#include "gate/replica/view.hpp"
#include "io/mapped_file.hpp"

namespace curfew {

namespace replica {

// The only writer reads its own words without order.
inline std::uint64_t own(const std::uint64_t* word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
// For what readers do not see before another word is stored.
inline void put(std::uint64_t* word, std::uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

}  // namespace replica

class WrittenFile {
 public:
  // A file opened for writing, and its view. What the header says now is what it must say.
  WrittenFile(MappedFile file, const ReplicaView& view);

  [[nodiscard]] const MappedFile& mapped() const { return file_; }
  [[nodiscard]] std::uint64_t* words(std::size_t offset) const;

  // A word of the header, as it was stored.
  [[nodiscard]] std::uint64_t load(std::size_t offset) const { return header_[offset / 8]; }
  // For a word of the header. What was stored or put before is seen by who sees it.
  void store(std::size_t offset, std::uint64_t value);
  // The one way in which a slot that readers see, or are to see by this, is changed. Bloom bits
  // come before.
  void set_in_slot(std::uint64_t* slot, std::size_t word, std::uint64_t value);
  // Precondition: there is place.
  void append_checkpoint(std::uint64_t sequence, std::int64_t time);

  // Of a file that an earlier process left, possibly killed in the middle of a store, which is
  // completed: how far a key is from its place at most. corrupted if its entries or its signing
  // keys are not what was written.
  [[nodiscard]] Result<std::uint64_t> verify_found();
  // Header, slots and checkpoints, all of them. corrupted, with what is damaged.
  [[nodiscard]] Status check_contents() const;
  // All of the header, and so many slots after those of the last call, in a pass that begins again
  // when it is over; at its end what slots and checkpoints add up to, and the signing keys. Errors
  // as check_contents().
  [[nodiscard]] Status check_some(std::uint64_t slots_max);

 private:
  void store_digested(std::size_t offset, std::uint64_t value, std::uint64_t difference);
  [[nodiscard]] std::uint64_t sum_of_checkpoints() const;
  [[nodiscard]] Status check_header() const;
  [[nodiscard]] Status check_signing_keys() const;
  [[nodiscard]] Status check_sums(const SlotsPass& pass) const;

  MappedFile file_;
  ReplicaView view_;
  std::vector<std::uint64_t> header_;  // as the file must have it
  SlotsPass pass_;                     // check_some()'s
};

}  // namespace curfew
