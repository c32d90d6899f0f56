// gate/replica/table.hpp: one replica file as its only writer sees it: entries in, words out.
//
// Order of stores is the contract with readers: what a word promises is stored before the word. A
// key appears by its first word, after the two others; P moves after the entries that it covers; a
// time is raised before the entry that has it. So a writer that is killed at any instruction leaves
// a file that is right, only older. One thread at a time; not for whoever only reads.
//
// Nothing is copied from a file without looking for damage (gate/replica/written_file.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.hpp"
#include "gate/replica/entry.hpp"
#include "gate/replica/format.hpp"
#include "gate/replica/key_hash.hpp"
#include "gate/replica/machine_time.hpp"
#include "gate/replica/view.hpp"
#include "gate/replica/written_file.hpp"
#include "io/mapped_file.hpp"

namespace curfew {

// Whose watermarks a file has.
struct ReplicaIdentity {
  std::string tenant_id;  // at most 64 bytes
  std::string issuer;     // the URL; the file keeps its SHA-256
};

// Denied or conflict, with the reason, unless the file is this tenant's and issuer's.
[[nodiscard]] Status check_identity(const replica::FixedPart& fixed,
                                    const ReplicaIdentity& identity);

struct TableOptions {
  ReplicaIdentity identity;
  BootId boot_id;
  std::optional<gid_t> reader_group;  // who may read the file beside its owner
};

class ReplicaTable {
 public:
  // A new file in state `building`; mode 0640. exhausted if there is no space. With a predecessor
  // of the same generation it has that one's hash key, and what that one knows beyond the snapshot;
  // `shape` has place for both; corrupted if that one is damaged. Otherwise its hash key is new.
  [[nodiscard]] static Result<ReplicaTable> create(const std::string& path,
                                                   const TableOptions& options,
                                                   const replica::Shape& shape,
                                                   const SnapshotStart& start,
                                                   const ReplicaTable* predecessor);
  // A file that an earlier process left: verified, slot by slot. Every error means that it cannot
  // be gone on with. Its lease is ended.
  [[nodiscard]] static Result<ReplicaTable> resume(const std::string& path,
                                                   const TableOptions& options);
  // As files of these options are: see gate/replica/file_sharing.hpp.
  [[nodiscard]] Status share(const std::string& path, const TableOptions& options) const;
  // A new file beside it with everything that this one knows, but what is below the floor and not
  // blocked; with every second checkpoint dropped when they take more than half of their place.
  // In the same state. corrupted if this one is damaged.
  [[nodiscard]] Result<ReplicaTable> copy_to(const std::string& path, const TableOptions& options,
                                             const replica::Shape& shape) const;

  [[nodiscard]] const ReplicaView& view() const { return view_; }
  [[nodiscard]] const FileFacts& facts() const { return file_.mapped().facts(); }
  [[nodiscard]] std::uint64_t generation() const { return view_.generation(); }
  [[nodiscard]] replica::Shape shape() const;
  // Whether one more entry certainly fits.
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] GateMode mode() const;
  // As set_lease() was told, but for the position.
  [[nodiscard]] ReplicaLease lease() const;
  // How many keys a copy would have.
  [[nodiscard]] std::uint64_t surviving_entries() const;

  // One entry of the journal. Nothing happens for one at or before what advance() was told.
  // Precondition: has_room(), and the entry's generation is the table's.
  void apply(const ReplicaEntry& entry);
  // One entry of the snapshot that the table is built from; older generations may come, of which
  // blocks stay. protocol if it is out of the order of positions or past the snapshot.
  [[nodiscard]] Status install(const ReplicaEntry& entry);
  [[nodiscard]] Position told() const { return {generation(), told_}; }
  // Every entry up to it was applied. P follows, though not past an unblock that cannot be believed
  // before more is known.
  void advance(Position position);
  // The snapshot is whole: P is its position.
  void finish_install() { advance(snapshot_); }

  void set_state(replica::FileState state);
  void set_mode(GateMode mode);
  void set_floor(Position floor);  // grows only
  // Above it nothing of ours is stamped: only after a rollback was proved. Not set: not bounded.
  void set_newest_stamp(Position position);
  void set_lease(const ReplicaLease& lease);
  void end_lease();
  // exhausted if it is longer than the file has place for.
  [[nodiscard]] Status set_signing_keys(std::string_view jwks);

  // As WrittenFile's.
  [[nodiscard]] Status check_some(std::uint64_t slots_max) { return file_.check_some(slots_max); }

 private:
  // The newest block or unblock of a key among those that are not yet contiguous.
  struct HoldChange {
    std::uint64_t sequence = 0;
    bool is_blocked = false;
    bool is_settled = true;
  };

  ReplicaTable(MappedFile file, const ReplicaView& view)
      : file_(std::move(file), view), view_(view) {}
  static Result<ReplicaTable> make(const std::string& path, const TableOptions& options,
                                   const replica::FixedPart& prepared);
  void copy_slots(const ReplicaTable& from);
  void adopt_early(const ReplicaTable& from);
  void copy_checkpoints(const ReplicaTable& from);
  [[nodiscard]] std::uint64_t load(std::size_t offset) const { return file_.load(offset); }
  [[nodiscard]] std::uint64_t* words(std::size_t offset) const { return file_.words(offset); }
  void store(std::size_t offset, std::uint64_t value) { file_.store(offset, value); }
  [[nodiscard]] std::uint64_t* find_slot(const KeyHash& hash) const;
  // Words are those of a slot without the tag.
  void raise(const KeyHash& hash, std::uint64_t reauth, std::uint64_t reevaluate, bool is_blocked);
  void insert(const KeyHash& hash, std::uint64_t word_1, std::uint64_t word_2);
  void change_hold(const KeyHash& hash, const ReplicaEntry& entry);
  [[nodiscard]] bool try_unblock(const KeyHash& hash, std::uint64_t sequence);
  void raise_time(TimePoint at, std::uint64_t complete_to, std::int64_t complete_at);
  [[nodiscard]] std::int64_t latest_time() const {
    return static_cast<std::int64_t>(load(replica::kTimeMaxAt));
  }
  void note_change();

  WrittenFile file_;
  ReplicaView view_;
  Position snapshot_;              // that this is built from
  std::uint64_t installed_ = 0;    // sequence of the snapshot's last entry so far
  std::int64_t installed_at_ = 0;  // the latest time among those
  std::uint64_t told_ = 0;         // by advance(); the snapshot's from the beginning
  std::uint64_t farthest_ = 0;     // how far a key is from its place at most
  std::unordered_map<KeyHash, HoldChange> holds_;
};

}  // namespace curfew
