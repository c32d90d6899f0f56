#include "apps/curfew-gate/file_replica.hpp"

#include <algorithm>
#include <utility>

namespace curfew {

Result<std::unique_ptr<FileReplica>> FileReplica::open(const ReplicaOptions& options) {
  // The writer first: its lock says that the table is ours to make as well.
  CURFEW_TRY(std::unique_ptr<ReplicaWriter> writer, ReplicaWriter::open(options));
  CURFEW_TRY(ReaderTable readers,
             ReaderTable::open(reader_table_path(options.path), options.table.reader_group));
  return std::unique_ptr<FileReplica>{
      new FileReplica{options, std::move(writer), std::move(readers)}};
}

Status FileReplica::apply(std::span<const ReplicaEntry> entries) { return writer_->apply(entries); }

Status FileReplica::advance(Position position) { return writer_->advance(position); }

Status FileReplica::begin_snapshot(const SnapshotStart& start) {
  CURFEW_TRY_STATUS(writer_->begin_snapshot(start));
  if (mode_) writer_->set_mode(*mode_);
  if (jwks_.empty()) return Done{};
  return writer_->set_signing_keys(jwks_);
}

Status FileReplica::continue_snapshot(std::span<const ReplicaEntry> part) {
  return writer_->continue_snapshot(part);
}

Status FileReplica::finish_snapshot() { return writer_->finish_snapshot(); }

bool FileReplica::set_lease(const ReplicaLease& lease, Position closed_through) {
  return !has_ended_ && writer_->set_lease(lease, closed_through);
}

void FileReplica::set_mode(GateMode mode) {
  mode_ = mode;
  writer_->set_mode(mode);
}

void FileReplica::set_floor(Position floor) { writer_->set_floor(floor); }

void FileReplica::set_newest_stamp(Position position) { writer_->set_newest_stamp(position); }

Status FileReplica::set_signing_keys(std::string_view jwks) {
  CURFEW_TRY_STATUS(writer_->set_signing_keys(jwks));
  jwks_ = jwks;
  return Done{};
}

Position FileReplica::contiguous() const { return writer_->contiguous(); }

Position FileReplica::closed_through() const { return readers_.standing().closed_through; }

void FileReplica::end() {
  has_ended_ = true;
  writer_->end_lease();
}

Status FileReplica::keep(Duration boot_now) {
  const Status file = keep_file(boot_now);
  const Status readers = readers_.keep();
  return file.ok() ? readers : file;
}

Status FileReplica::check() {
  const ReplicaView* const view = writer_->serving();
  if (view == nullptr) return Done{};
  const std::uint64_t piece = view->fixed().slot_count / kChecksOfPass + 1;
  return writer_->check_some(std::min(piece, kSlotsOfCheckMax));
}

Status FileReplica::keep_file(Duration boot_now) {
  const ReplicaView* const view = writer_->serving();
  if (view == nullptr) return Done{};
  const bool is_gone = !writer_->has_its_name();
  const Position floor = view->floor();
  const bool has_more_below = floor.sequence != 0 && floor > pruned_below_;
  const bool is_due = boot_now >= prune_at_ && has_more_below && view->entry_count() > entries_min_;
  if (!is_gone && !is_due) return Done{};
  pruned_below_ = floor;
  prune_at_ = boot_now + kPrunePause;
  return writer_->prune();
}

}  // namespace curfew
