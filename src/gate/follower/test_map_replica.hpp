// gate/follower/test_map_replica.hpp: a replica for tests: a map, with readers that hold
// connections open.
//
// It believes its follower: a lease counts as soon as it is given, so that tests see what the
// follower does. Its contents can be copied, as a file can be.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gate/follower/followed_replica.hpp"
#include "gate/follower/follower.hpp"
#include "model/validity.hpp"

namespace curfew {

class MapReplica final : public FollowedReplica {
 public:
  struct KeyRecord {
    Watermark watermark;
    Position hold_at;  // of the newest block or unblock
  };
  using Table = std::map<Key, KeyRecord>;
  // What lies on the disk of a process that has ended.
  struct File {
    Table table;
    Position contiguous;
    Position floor;
    Position newest_stamp;
    GateMode mode = GateMode::strict;
    std::vector<ReplicaEntry> early;  // applied beyond `contiguous`
    // Of the readers: what they hold open, and up to where they have judged all of it.
    std::vector<CredentialFacts> open;
    Position judged_through;
  };

  MapReplica() = default;
  explicit MapReplica(File file) : file_(std::move(file)) {}

  Status apply(std::span<const ReplicaEntry> entries) override {
    if (is_full) return Error::transient(ErrorCode::exhausted, "the disk is full");
    for (const ReplicaEntry& entry : entries) {
      if (entry.position <= file_.contiguous) continue;
      apply_to(file_.table, entry);
      file_.early.push_back(entry);
    }
    return Done{};
  }
  Status advance(Position position) override {
    file_.contiguous = std::max(file_.contiguous, position);
    std::erase_if(file_.early,
                  [&](const ReplicaEntry& entry) { return entry.position <= file_.contiguous; });
    return Done{};
  }

  Status begin_snapshot(const SnapshotStart& start) override {
    building_.emplace(Building{start, {}});
    return Done{};
  }
  Status continue_snapshot(std::span<const ReplicaEntry> part) override {
    for (const ReplicaEntry& entry : part) apply_to(building_->table, entry);
    return Done{};
  }
  Status finish_snapshot() override {
    const Position position = building_->start.position;
    std::erase_if(file_.early, [&](const ReplicaEntry& entry) {
      return entry.position <= position || entry.position.generation != position.generation;
    });
    for (const ReplicaEntry& entry : file_.early) apply_to(building_->table, entry);
    file_.table = std::move(building_->table);
    file_.contiguous = position;
    file_.floor = building_->start.floor;
    file_.newest_stamp = building_->start.newest_stamp;
    building_.reset();
    return Done{};
  }

  bool set_lease(const ReplicaLease& lease, Position /*closed_through*/) override {
    lease_ = lease;
    return true;
  }
  void set_mode(GateMode mode) override { file_.mode = mode; }
  void set_floor(Position floor) override {
    if (is_of_generation(floor)) file_.floor = std::max(file_.floor, floor);
  }
  void set_newest_stamp(Position position) override {
    if (!position.is_set() || is_of_generation(position)) file_.newest_stamp = position;
  }
  Status set_signing_keys(std::string_view jwks) override {
    signing_keys = jwks;
    return Done{};
  }
  [[nodiscard]] Position contiguous() const override { return file_.contiguous; }
  [[nodiscard]] Position closed_through() const override {
    return file_.open.empty() ? file_.contiguous : std::min(file_.contiguous, file_.judged_through);
  }

  [[nodiscard]] bool has_uncut_requests() const override { return is_asked_once; }
  void note_uncut_requests_told() override { is_told = true; }
  [[nodiscard]] bool are_uncut_requests_told() const override { return is_told; }

  // Readers: each has the file's lease and words, and no more.
  [[nodiscard]] bool has_lease(GateTime now) const {
    return lease_ && std::chrono::nanoseconds{now.boot} < lease_->boot_end &&
           now.wall < lease_->wall_end;
  }
  [[nodiscard]] Verdict verdict(const CredentialFacts& facts, TimePoint now) const {
    std::vector<Watermark> states;
    for (const Key& key : facts.keys) {
      const auto found = file_.table.find(key);
      states.push_back(found == file_.table.end() ? Watermark{} : found->second.watermark);
    }
    return judge(facts, states, now, {.floor = file_.floor});
  }
  [[nodiscard]] bool accepts(const CredentialFacts& facts, GateTime now) const {
    return file_.contiguous.is_set() && (file_.mode == GateMode::best_effort || has_lease(now)) &&
           verdict(facts, now.wall) == Verdict::live;
  }
  // A connection that stays open, if the credential is accepted.
  void open(const CredentialFacts& facts, GateTime now) {
    if (!accepts(facts, now)) return;
    file_.open.push_back(facts);
    close_outdated(now);
  }
  void close_outdated(GateTime now) {
    std::erase_if(file_.open, [&](const CredentialFacts& facts) { return !accepts(facts, now); });
    file_.judged_through = file_.contiguous;
  }
  [[nodiscard]] const std::vector<CredentialFacts>& open_connections() const { return file_.open; }
  [[nodiscard]] const File& file() const { return file_; }

  // It was damaged, and withdrawn.
  void lose() {
    file_ = {};
    building_.reset();
    lease_.reset();
  }

  bool is_full = false;        // applying fails
  bool is_asked_once = false;  // by a web server, before each request
  bool is_told = false;        // that the server knows
  std::string signing_keys;

 private:
  struct Building {
    SnapshotStart start;
    Table table;
  };

  [[nodiscard]] bool is_of_generation(Position position) const {
    return position.generation == file_.contiguous.generation;
  }
  static void apply_to(Table& table, const ReplicaEntry& entry) {
    KeyRecord& known = table[entry.key];
    known.watermark = applied(known.watermark, entry.effect, entry.position, entry.at);
    const bool is_hold = entry.effect == Effect::block || entry.effect == Effect::unblock;
    if (!is_hold || entry.position < known.hold_at) return;
    known.hold_at = entry.position;
    const bool is_blocked = entry.effect == Effect::block || entry.is_blocked_after;
    known.watermark.hold_count = is_blocked ? 1 : 0;
  }

  File file_;
  std::optional<Building> building_;
  std::optional<ReplicaLease> lease_;
};

}  // namespace curfew
