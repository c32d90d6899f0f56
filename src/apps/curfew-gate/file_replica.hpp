// apps/curfew-gate/file_replica.hpp: the file in shared memory as a follower keeps it: the writer
// and the table of its readers, and what is looked after now and then.
//
// The order of everything that safety rests on is the writer's (gate/replica/writer.hpp); here it
// meets the readers. Who has connections open holds acknowledgements and leases up until it has
// closed what it must, or is dead.
//
// A file grows where its entries come, on the feed's own thread: ten million keys take about a
// second, a million a tenth. That is less than the third of a lease that is left when the next one
// is asked for, and on a thread of its own every entry would have to wait for it all the same:
// nothing counts before it is applied.
//
// One thread. One process has the file: conflict for another one.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gate/follower/followed_replica.hpp"
#include "gate/replica/reader_table.hpp"
#include "gate/replica/writer.hpp"

namespace curfew {

class FileReplica final : public FollowedReplica {
 public:
  static constexpr Duration kPrunePause = std::chrono::hours{1};
  // How much of the file one check() looks at: a pass takes so many, or, of files of more than four
  // million slots, as many more as it needs, so that none of them holds the feed up.
  static constexpr std::uint64_t kChecksOfPass = 20;
  static constexpr std::uint64_t kSlotsOfCheckMax = 200'000;

  // As ReplicaWriter::open(), and the table of readers beside it. Files that are there are given to
  // the group that is named now.
  [[nodiscard]] static Result<std::unique_ptr<FileReplica>> open(const ReplicaOptions& options);

  Status apply(std::span<const ReplicaEntry> entries) override;
  Status advance(Position position) override;
  Status begin_snapshot(const SnapshotStart& start) override;
  Status continue_snapshot(std::span<const ReplicaEntry> part) override;
  Status finish_snapshot() override;
  bool set_lease(const ReplicaLease& lease, Position closed_through) override;
  void set_mode(GateMode mode) override;
  void set_floor(Position floor) override;
  void set_newest_stamp(Position position) override;
  Status set_signing_keys(std::string_view jwks) override;
  [[nodiscard]] Position contiguous() const override;
  [[nodiscard]] Position closed_through() const override;
  [[nodiscard]] bool has_uncut_requests() const override { return readers_.has_uncut_requests(); }
  void note_uncut_requests_told() override { readers_.note_uncut_requests_told(); }
  [[nodiscard]] bool are_uncut_requests_told() const override {
    return readers_.are_uncut_requests_told();
  }

  // The process is about to stop: the lease in the file is over, and none counts any more.
  void end();
  // Call it about once a second. Puts the file, and the table of readers, back under its name if
  // somebody has removed it or put another one there, and prunes once an hour where the floor has
  // moved.
  [[nodiscard]] Status keep(Duration boot_now);
  // Call it some times a second: looks at a piece of the file for damage. corrupted where there is
  // some: readers have found no file since, and a snapshot must come as if there had never been
  // one.
  [[nodiscard]] Status check();

  // Why the file of before was thrown away; empty where it was not.
  [[nodiscard]] const std::string& discarded() const { return writer_->discarded(); }
  [[nodiscard]] const ReplicaView* serving() const { return writer_->serving(); }
  // As last given, in this process; empty before.
  [[nodiscard]] const std::string& signing_keys() const { return jwks_; }
  [[nodiscard]] ReaderTable::Standing standing() const { return readers_.standing(); }

 private:
  FileReplica(const ReplicaOptions& options, std::unique_ptr<ReplicaWriter> writer,
              ReaderTable readers)
      : path_(options.path),
        entries_min_(options.entries_min),
        writer_(std::move(writer)),
        readers_(std::move(readers)) {}
  [[nodiscard]] Status keep_file(Duration boot_now);

  std::string path_;
  std::uint64_t entries_min_;
  std::unique_ptr<ReplicaWriter> writer_;
  ReaderTable readers_;
  // What may be told before there is a file to put it in.
  std::string jwks_;
  std::optional<GateMode> mode_;
  bool has_ended_ = false;
  Duration prune_at_{};
  Position pruned_below_;
};

}  // namespace curfew
