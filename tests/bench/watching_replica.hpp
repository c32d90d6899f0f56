// tests/bench/watching_replica.hpp: the replica of a gate of which there are a thousand in one
// process: the words of the keys that are watched, judged by the product's own rule.
//
// What else comes is looked up and let go, so that it costs little memory. Enough for a server that
// is not fenced while it is measured: positions only grow, and a snapshot is merged where it comes.
// One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "gate/follower/followed_replica.hpp"
#include "gate/follower/follower.hpp"
#include "tests/bench/watch.hpp"

namespace curfew::bench {

class WatchingReplica final : public FollowedReplica {
 public:
  // `watch` outlives it.
  explicit WatchingReplica(const Watch& watch) : watch_(watch), words_(watch.places()) {}

  Status apply(std::span<const ReplicaEntry> entries) override;
  Status advance(Position position) override;
  Status begin_snapshot(const SnapshotStart& start) override;
  Status continue_snapshot(std::span<const ReplicaEntry> part) override { return apply(part); }
  Status finish_snapshot() override;
  bool set_lease(const ReplicaLease& lease, Position closed_through) override;
  void set_mode(GateMode /*mode*/) override {}
  void set_floor(Position floor) override;
  void set_newest_stamp(Position /*position*/) override {}
  Status set_signing_keys(std::string_view /*jwks*/) override { return Done{}; }
  [[nodiscard]] Position contiguous() const override { return contiguous_; }
  [[nodiscard]] Position closed_through() const override { return contiguous_; }

  [[nodiscard]] bool has_lease(GateTime now) const;
  // Of the watched credential, without a look at the lease.
  [[nodiscard]] Verdict verdict(std::size_t credential, TimePoint now) const;
  // The newest entry of one of its keys.
  [[nodiscard]] Position newest_of(std::size_t credential) const;

  // The watched credentials whose keys were named since the last call.
  [[nodiscard]] std::vector<std::size_t> take_named();

 private:
  const Watch& watch_;
  std::vector<Watermark> words_;  // of each place
  std::vector<std::size_t> named_;
  Position contiguous_;
  Position floor_;
  SnapshotStart building_;
  std::optional<ReplicaLease> lease_;
};

}  // namespace curfew::bench
