// gate/follower/followed_replica.hpp: what a follower asks of the replica that it keeps.
//
// The file in shared memory is one; tests have a map. One thread. An error leaves the replica as it
// was, but for entries that were applied already; the follower then goes no further.
#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"
#include "gate/replica/entry.hpp"
#include "model/gate.hpp"

namespace curfew {

class FollowedReplica {
 public:
  FollowedReplica() = default;
  FollowedReplica(const FollowedReplica&) = delete;
  FollowedReplica& operator=(const FollowedReplica&) = delete;
  virtual ~FollowedReplica() = default;

  // Entries in any order and any number of times: taking the maximum. While a snapshot is built,
  // to that one as well.
  virtual Status apply(std::span<const ReplicaEntry> entries) = 0;
  // Every entry up to it has been applied.
  virtual Status advance(Position position) = 0;

  // Built beside what is served. Beginning one drops another that was not finished. All that was
  // applied beyond its position in its generation, before or after this call, is in it too when it
  // is finished: watermarks of every key, and holds. Of a hold that an earlier process applied the
  // watermark is enough: its entry comes again in its turn, and the server gives nobody anything
  // newer than it.
  virtual Status begin_snapshot(const SnapshotStart& start) = 0;
  virtual Status continue_snapshot(std::span<const ReplicaEntry> part) = 0;
  virtual Status finish_snapshot() = 0;

  // `closed_through` as closed_through() said, after the entries were applied. False: it does not
  // count yet, because its position, of the generation that is served, is beyond contiguous() or
  // that; it is offered again.
  virtual bool set_lease(const ReplicaLease& lease, Position closed_through) = 0;
  virtual void set_mode(GateMode mode) = 0;
  // Grows only. Of both: nothing happens for a position of another generation than the replica's.
  virtual void set_floor(Position floor) = 0;
  // Not set: nothing is bounded by it.
  virtual void set_newest_stamp(Position position) = 0;
  virtual Status set_signing_keys(std::string_view jwks) = 0;

  // Up to where it has everything; not set before there is anything. May stay behind what
  // advance() was told, never before it.
  [[nodiscard]] virtual Position contiguous() const = 0;
  // Up to where every living reader that has connections open, of the file that is served and of
  // those that it took the place of, has closed those that it had to; at least contiguous() where
  // nobody has any. Read after a fence that follows the last store (docs/gate-protocol.md,
  // Readers).
  [[nodiscard]] virtual Position closed_through() const = 0;
  // Whether requests are let in by it that closed_through() does not count, because who lets them
  // in does not see them end: a web server that asks. Once true, always true.
  [[nodiscard]] virtual bool has_uncut_requests() const { return false; }
  // The server has answered a question that said so: who lets such requests in waits for it. Stays
  // so over restarts of the process.
  virtual void note_uncut_requests_told() {}
  [[nodiscard]] virtual bool are_uncut_requests_told() const { return false; }
};

}  // namespace curfew
