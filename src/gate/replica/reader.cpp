#include "gate/replica/reader.hpp"

#include "gate/replica/trust.hpp"

namespace curfew {

using namespace replica;

std::string replica_path_by_default(std::string_view client_id) {
  return "/dev/shm/curfew-gate-" + std::string{client_id} + "/replica";
}

Result<ReplicaReader> ReplicaReader::open(const std::string& path, const ReaderRules& rules) {
  CURFEW_TRY(MappedFile file, MappedFile::open(path, MapAccess::read, kFileBytesMaxOfReplica));
  CURFEW_TRY_STATUS(check_trust(file.facts(), rules.owners, path));
  Result<ReplicaView> view = ReplicaView::over(file.bytes());
  if (!view.ok()) return view.error().within(path);
  if (const Status status = check_identity(view->fixed(), rules.identity); !status.ok()) {
    return status.error().within(path);
  }
  const FileState state = view->state();
  if (state != FileState::serving && state != FileState::superseded) {
    return Error{ErrorCode::corrupted, Retry::later, path + " is not in service"};
  }
  return ReplicaReader{std::move(file), *view};
}

Result<const ReplicaView*> ReplicaFollower::open_anew() {
  // Again, should the file be replaced between opening it and looking.
  for (int tries = 0; tries < 3; ++tries) {
    reader_.reset();
    CURFEW_TRY(ReplicaReader opened, ReplicaReader::open(path_, rules_));
    reader_ = std::move(opened);
    if (const ReplicaView* const view = serving()) return view;
  }
  return Error::transient(ErrorCode::unavailable, path_ + " is being replaced");
}

bool ReplicaFollower::look_again() {
  if (!reader_) return true;
  const std::optional<FileFacts> named = file_facts(path_);
  if (named && named->is_same_file(reader_->facts())) return false;
  reader_.reset();
  return true;
}

}  // namespace curfew
