// gate/replica/writer.hpp: the gate process's hand on its replica: the file under its name, the one
// that a snapshot is being built in, and the change from one to the next.
//
// The writer is alone by a lock beside the file. Readers find a whole file under the path or none:
// every new one is built beside it, renamed over it, and only then is the old one marked
// superseded, before anything else is applied. An error leaves the file as it was: the caller must
// not advance past what could not be applied, and readers refuse once their lease has ended. One
// thread at a time; growing a file of ten million entries takes about a second of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "gate/replica/entry.hpp"
#include "gate/replica/table.hpp"
#include "io/file.hpp"

namespace curfew {

struct ReplicaOptions {
  std::string path;  // in memory: /run or /dev/shm; better in a directory of the gate's own
  TableOptions table;
  std::uint64_t entries_min = 10'000;  // place for so many from the beginning
  std::uint64_t checkpoint_capacity = 16'384;
  std::uint64_t jwks_bytes_max = replica::kJwksBytesMax;
};

class ReplicaWriter {
 public:
  // Goes on with the file that an earlier process left, without its lease. One that is damaged, of
  // another tenant, issuer or start of the machine, or not ours alone to write, is thrown away.
  // conflict if another process is the writer, or the path names something that is no replica, and
  // no gate ever had one there: without a lock file beside it that is somebody else's.
  [[nodiscard]] static Result<std::unique_ptr<ReplicaWriter>> open(ReplicaOptions options);
  ReplicaWriter(const ReplicaWriter&) = delete;
  ReplicaWriter& operator=(const ReplicaWriter&) = delete;
  // Ends the lease; the file stays, to be gone on with.
  ~ReplicaWriter();

  // Why the file that was there could not be gone on with; empty where there was none, or it was.
  [[nodiscard]] const std::string& discarded() const { return discarded_; }
  // What readers are served from; nothing before the first snapshot is whole.
  [[nodiscard]] const ReplicaView* serving() const {
    return current_ ? &current_->view() : nullptr;
  }
  // Whether what is served is what the path names.
  [[nodiscard]] bool has_its_name() const;
  // P; not set before there is a file.
  [[nodiscard]] Position contiguous() const;

  // Entries of the journal, in any order and any number of times. protocol for one of a generation
  // that neither the file nor the snapshot is of. Some may have been applied before an error.
  [[nodiscard]] Status apply(std::span<const ReplicaEntry> entries);
  // Every entry up to it has been applied. conflict if it is of another generation than the file.
  [[nodiscard]] Status advance(Position position);

  // A snapshot is built beside the file, which goes on being served and written. Another one that
  // had begun is dropped. conflict if it knows less than what is served.
  [[nodiscard]] Status begin_snapshot(const SnapshotStart& start);
  // A part: entries in ascending order of position; for each key its newest reauth, its newest
  // reevaluate, and, instead of the reauth, a block where it is blocked.
  [[nodiscard]] Status continue_snapshot(std::span<const ReplicaEntry> part);
  // It is whole: it is what is served from now on.
  [[nodiscard]] Status finish_snapshot();

  // Whether it counts: not before P, and what readers have closed (`closed_through`, from
  // ReaderTable), have reached its position; offer it again then.
  [[nodiscard]] bool set_lease(const ReplicaLease& lease, Position closed_through);
  void end_lease();
  void set_mode(GateMode mode);
  void set_floor(Position floor);
  // Above it nothing of ours is stamped: only after a rollback was proved. Not set: not bounded
  // within the generation.
  void set_newest_stamp(Position position);
  [[nodiscard]] Status set_signing_keys(std::string_view jwks);

  // A new file without what is below the floor.
  [[nodiscard]] Status prune();
  // Readers find no file any more: on leaving the tenant, or when the file cannot be believed.
  void withdraw();

  // Looks for damage in what is served (ReplicaTable::check_some). corrupted where there is some:
  // then it is withdrawn, and what was being built is dropped: there is nothing, as if there had
  // never been a file, until a snapshot is whole.
  [[nodiscard]] Status check_some(std::uint64_t slots_max);

 private:
  ReplicaWriter(ReplicaOptions options, FileLock lock);
  [[nodiscard]] Status take_over();
  void drop_building();
  [[nodiscard]] Status apply_to(ReplicaTable& table, const ReplicaEntry& entry);
  [[nodiscard]] Status make_room(ReplicaTable& table);
  // Puts a copy in the table's place, also under its name.
  [[nodiscard]] Status rebuild(ReplicaTable& table);
  [[nodiscard]] Status rename_over(const std::string& from, const std::string& to);
  [[nodiscard]] std::string building_path() const { return options_.path + ".new"; }
  [[nodiscard]] std::string copy_path() const { return options_.path + ".copy"; }

  ReplicaOptions options_;
  FileLock lock_;
  std::optional<ReplicaTable> current_;
  std::optional<ReplicaTable> building_;
  std::string discarded_;
};

}  // namespace curfew
