// gate/replica/reader.hpp: the way of a program beside the gate to its replica.
//
// Readers map the file read-only and take no lock. The path may get another file at any time: a
// follower opens it again when the one that it has says so. What is missing, damaged, of another
// version, tenant or issuer, or writable by others is an error: then refuse (503), and try again
// with the next request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gate/replica/table.hpp"
#include "gate/replica/view.hpp"
#include "io/mapped_file.hpp"

namespace curfew {

// Where a gate keeps its replica unless it is told otherwise.
[[nodiscard]] std::string replica_path_by_default(std::string_view client_id);

struct ReaderRules {
  ReplicaIdentity identity;
  std::vector<uid_t> owners;  // whose file is believed, beside root's
};

// One replica file, open. From any thread.
class ReplicaReader {
 public:
  [[nodiscard]] static Result<ReplicaReader> open(const std::string& path,
                                                  const ReaderRules& rules);
  [[nodiscard]] const ReplicaView& view() const { return view_; }
  [[nodiscard]] const FileFacts& facts() const { return file_.facts(); }

 private:
  ReplicaReader(MappedFile file, const ReplicaView& view) : file_(std::move(file)), view_(view) {}
  MappedFile file_;
  ReplicaView view_;
};

// The file that the path names now. For one thread; each thread has its own.
class ReplicaFollower {
 public:
  ReplicaFollower(std::string path, ReaderRules rules)
      : path_(std::move(path)), rules_(std::move(rules)) {}

  // Opens the path if there is no file yet, or the one that is open is not in service any more.
  // The view is valid until the next call.
  [[nodiscard]] Result<const ReplicaView*> current() {
    const ReplicaView* const view = serving();
    return view != nullptr ? Result<const ReplicaView*>{view} : open_anew();
  }
  // Whether the path names another file than the one that is open, or none; then current() opens
  // it again. A file that was removed under its gate, or that a gate was killed over while it
  // changed files, was never marked. Call it where there is no lease, at best effort too: what is
  // revoked meanwhile is in the other file only.
  bool look_again();

 private:
  // Null: there is none in service.
  [[nodiscard]] const ReplicaView* serving() const {
    const bool is_serving = reader_ && reader_->view().state() == replica::FileState::serving;
    return is_serving ? &reader_->view() : nullptr;
  }
  [[nodiscard]] Result<const ReplicaView*> open_anew();

  std::string path_;
  ReaderRules rules_;
  std::optional<ReplicaReader> reader_;
};

}  // namespace curfew
