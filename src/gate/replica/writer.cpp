#include "gate/replica/writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "io/file_error.hpp"

namespace curfew {

using namespace replica;

namespace {

Error conflict(std::string why) {
  return Error{ErrorCode::conflict, Retry::after_human, std::move(why)};
}

// Whether the file may be thrown away: a replica of any version and state, or one never written.
bool is_ours_to_remove(const MappedFile& file) {
  const std::span<const std::byte> bytes = file.bytes();
  if (bytes.size() < kMagic.size()) return bytes.empty();
  const std::array<char, kMagic.size()> zero{};
  return std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0 ||
         std::memcmp(bytes.data(), zero.data(), zero.size()) == 0;
}

// For readers that have it mapped: they look at the path again.
void mark_superseded(const MappedFile& file) {
  if (file.bytes().size() < kHeaderBytes) return;
  auto* const state = reinterpret_cast<std::uint64_t*>(file.writable().data() + kStateAt);
  __atomic_store_n(state, static_cast<std::uint64_t>(FileState::superseded), __ATOMIC_RELEASE);
}

bool is_nothing(const std::string& path) {
  return ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
}

// Whether a gate of ours had its replica there: its lock stays beside it.
bool had_replica(const std::string& lock_path) {
  const std::optional<FileFacts> lock = file_facts(lock_path);
  return lock && lock->owner == ::geteuid();
}

Status check_is_no_strangers(const std::string& path) {
  if (is_nothing(path)) return Done{};
  CURFEW_TRY(const MappedFile file,
             MappedFile::open(path, MapAccess::read, kFileBytesMaxOfReplica));
  if (is_ours_to_remove(file)) return Done{};
  return conflict(path + " is no replica of a gate: remove it, or give another path");
}

// Throws away what is under the path.
Status remove_replica(const std::string& path) {
  Result<MappedFile> file = MappedFile::open(path, MapAccess::write, kFileBytesMaxOfReplica);
  if (!file.ok()) return file.error();
  if (::unlink(path.c_str()) != 0) return file_error("removing", path, errno);
  mark_superseded(*file);
  return Done{};
}

}  // namespace

ReplicaWriter::ReplicaWriter(ReplicaOptions options, FileLock lock)
    : options_(std::move(options)), lock_(std::move(lock)) {}

ReplicaWriter::~ReplicaWriter() { end_lease(); }

Result<std::unique_ptr<ReplicaWriter>> ReplicaWriter::open(ReplicaOptions options) {
  const std::string lock_path = options.path + ".lock";
  // Before the lock is made, which would say at the next start that a gate was here.
  if (!had_replica(lock_path)) {
    CURFEW_TRY_STATUS(check_is_no_strangers(options.path));
  }
  CURFEW_TRY(FileLock lock, FileLock::acquire(lock_path));
  std::unique_ptr<ReplicaWriter> writer{new ReplicaWriter{std::move(options), std::move(lock)}};
  CURFEW_TRY_STATUS(writer->take_over());
  return writer;
}

Status ReplicaWriter::take_over() {
  // What an earlier process had not finished has no readers.
  drop_building();
  static_cast<void>(::unlink(copy_path().c_str()));
  if (is_nothing(options_.path)) return Done{};
  if (!file_facts(options_.path)) return conflict(options_.path + " is no regular file");
  Result<ReplicaTable> found = ReplicaTable::resume(options_.path, options_.table);
  if (found.ok()) {
    current_ = std::move(found).value();
    return current_->share(options_.path, options_.table);
  }
  discarded_ = found.error().message();
  return remove_replica(options_.path);
}

bool ReplicaWriter::has_its_name() const {
  const std::optional<FileFacts> named = file_facts(options_.path);
  return current_ && named && named->is_same_file(current_->facts());
}

Position ReplicaWriter::contiguous() const {
  return current_ ? current_->view().contiguous() : Position{};
}

Status ReplicaWriter::rename_over(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return Done{};
  const Error error = file_error("renaming", from, errno);
  static_cast<void>(::unlink(from.c_str()));
  return error;
}

Status ReplicaWriter::rebuild(ReplicaTable& table) {
  const Shape shape = table.shape();
  // Place for twice as many, or as it was where pruning made enough of it.
  const Shape wanted = shape_for(std::max({2 * table.surviving_entries(), options_.entries_min}),
                                 std::max(options_.checkpoint_capacity, shape.checkpoint_capacity),
                                 shape.jwks_bytes_max);
  if (!is_allowed(wanted)) {
    return Error{ErrorCode::exhausted, Retry::after_human,
                 "the replica would need " + std::to_string(wanted.slot_count) + " slots"};
  }
  Result<ReplicaTable> copy = table.copy_to(copy_path(), options_.table, wanted);
  if (!copy.ok()) {
    static_cast<void>(::unlink(copy_path().c_str()));
    return copy.error();
  }
  const bool is_served = current_ && &table == &*current_;
  CURFEW_TRY_STATUS(rename_over(copy_path(), is_served ? options_.path : building_path()));
  table.set_state(FileState::superseded);
  table = std::move(copy).value();
  return Done{};
}

Status ReplicaWriter::make_room(ReplicaTable& table) {
  if (table.has_room()) return Done{};
  CURFEW_TRY_STATUS(rebuild(table));
  if (table.has_room()) return Done{};
  return Error::permanent(ErrorCode::internal, "the replica has no room after it was grown");
}

Status ReplicaWriter::apply_to(ReplicaTable& table, const ReplicaEntry& entry) {
  CURFEW_TRY_STATUS(make_room(table));
  table.apply(entry);
  return Done{};
}

Status ReplicaWriter::apply(std::span<const ReplicaEntry> entries) {
  for (const ReplicaEntry& entry : entries) {
    const std::uint64_t generation = entry.position.generation;
    if (entry.position.sequence > kSequenceMask) {
      return Error::transient(ErrorCode::protocol, "an entry's position is out of bounds");
    }
    const bool is_for_current = current_ && current_->generation() == generation;
    const bool is_for_building = building_ && building_->generation() == generation;
    if (is_for_current) {
      CURFEW_TRY_STATUS(apply_to(*current_, entry));
    }
    if (is_for_building) {
      CURFEW_TRY_STATUS(apply_to(*building_, entry));
    }
    if (!is_for_current && !is_for_building) {
      return Error::transient(ErrorCode::protocol, "an entry is of generation " +
                                                       std::to_string(generation) +
                                                       ", of which there is no snapshot");
    }
  }
  return Done{};
}

Status ReplicaWriter::advance(Position position) {
  if (!current_ || current_->generation() != position.generation ||
      position.sequence > kSequenceMask) {
    return conflict("the replica is not of generation " + std::to_string(position.generation));
  }
  current_->advance(position);
  return Done{};
}

Status ReplicaWriter::begin_snapshot(const SnapshotStart& start) {
  const Position at = start.position;
  if (!at.is_set() || at.generation > kGenerationMax || at.sequence > kSequenceMask ||
      start.floor > at) {
    return Error::transient(ErrorCode::protocol, "a snapshot begins with impossible positions");
  }
  if (at < contiguous()) {
    return conflict("a snapshot of " + to_string(at) + " knows less than the replica, which has " +
                    to_string(contiguous()));
  }
  drop_building();
  const std::uint64_t known = current_ ? current_->view().entry_count() : 0;
  const Shape shape = shape_for(std::max(options_.entries_min, known + known / 2),
                                options_.checkpoint_capacity, options_.jwks_bytes_max);
  CURFEW_TRY(ReplicaTable made, ReplicaTable::create(building_path(), options_.table, shape, start,
                                                     current_ ? &*current_ : nullptr));
  building_ = std::move(made);
  if (current_) {
    building_->set_mode(current_->mode());
    CURFEW_TRY(const std::string keys, current_->view().signing_keys());
    if (!keys.empty()) {
      CURFEW_TRY_STATUS(building_->set_signing_keys(keys));
    }
  }
  return Done{};
}

Status ReplicaWriter::continue_snapshot(std::span<const ReplicaEntry> part) {
  if (!building_) return conflict("no snapshot has begun");
  for (const ReplicaEntry& entry : part) {
    CURFEW_TRY_STATUS(make_room(*building_));
    CURFEW_TRY_STATUS(building_->install(entry));
  }
  return Done{};
}

Status ReplicaWriter::finish_snapshot() {
  if (!building_) return conflict("no snapshot has begun");
  building_->finish_install();
  if (current_ && current_->generation() == building_->generation()) {
    // Since the beginning everything went to both.
    building_->advance(current_->told());
    building_->set_lease(current_->lease());
  }
  building_->set_state(FileState::serving);
  const Status renamed = rename_over(building_path(), options_.path);
  if (renamed.ok()) {
    if (current_) current_->set_state(FileState::superseded);
    current_ = std::move(building_);
  }
  building_.reset();
  return renamed;
}

bool ReplicaWriter::set_lease(const ReplicaLease& lease, Position closed_through) {
  const Position reached = std::min(contiguous(), closed_through);
  const bool counts =
      current_ && lease.position.generation == current_->generation() && lease.position <= reached;
  if (counts) current_->set_lease(lease);
  return counts;
}

void ReplicaWriter::end_lease() {
  if (current_) current_->end_lease();
}

void ReplicaWriter::set_mode(GateMode mode) {
  if (current_) current_->set_mode(mode);
  if (building_) building_->set_mode(mode);
}

void ReplicaWriter::set_floor(Position floor) {
  if (current_) current_->set_floor(floor);
  if (building_) building_->set_floor(floor);
}

void ReplicaWriter::set_newest_stamp(Position position) {
  if (current_) current_->set_newest_stamp(position);
  if (building_) building_->set_newest_stamp(position);
}

Status ReplicaWriter::set_signing_keys(std::string_view jwks) {
  if (current_) {
    CURFEW_TRY_STATUS(current_->set_signing_keys(jwks));
  }
  if (building_) {
    CURFEW_TRY_STATUS(building_->set_signing_keys(jwks));
  }
  return Done{};
}

Status ReplicaWriter::prune() {
  if (!current_) return Done{};
  return rebuild(*current_);
}

void ReplicaWriter::withdraw() {
  if (!current_) return;
  static_cast<void>(::unlink(options_.path.c_str()));
  current_->end_lease();
  current_->set_state(FileState::superseded);
  current_.reset();
}

void ReplicaWriter::drop_building() {
  building_.reset();
  static_cast<void>(::unlink(building_path().c_str()));
}

Status ReplicaWriter::check_some(std::uint64_t slots_max) {
  if (!current_) return Done{};
  Status found = current_->check_some(slots_max);
  if (found.ok()) return found;
  // What is built took over what came early from the one that is damaged.
  drop_building();
  withdraw();
  return found;
}

}  // namespace curfew
