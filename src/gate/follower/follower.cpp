#include "gate/follower/follower.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace curfew {

namespace {

using namespace gate_limits;

Error broke_protocol(std::string message) {
  return Error::transient(ErrorCode::protocol, std::move(message));
}

// An empty hash says nothing.
bool contradicts(const ChainMark& one, const ChainMark& other) {
  return one.position == other.position && one.position.is_set() && one != other;
}

Duration boot_end_of(const ReplicaLease& lease) {
  return std::chrono::duration_cast<Duration>(lease.boot_end);
}

}  // namespace

std::string_view to_string(FollowerState state) {
  switch (state) {
    case FollowerState::away: return "away";
    case FollowerState::greeting: return "greeting";
    case FollowerState::following: return "following";
    case FollowerState::diverged: return "diverged";
  }
  CURFEW_CHECK(false);
}

Follower::Follower(FollowerSettings settings, FollowedReplica& replica, FollowerMemory memory,
                   GreetingVerifier verify, Chance chance)
    : settings_(std::move(settings)),
      replica_(replica),
      memory_(std::move(memory)),
      verify_(std::move(verify)),
      chance_(std::move(chance)) {}

GateHello Follower::connected(GateTime now) {
  disconnected();
  state_ = FollowerState::greeting;
  greeting_due_ = now.boot + settings_.greeting_time_max;
  const bool is_mark_of_replica = memory_.mark.position == replica_.contiguous();
  said_ = is_mark_of_replica ? memory_.mark : ChainMark{};
  return {.instance = settings_.instance, .has = said_, .greeting = memory_.greeting};
}

void Follower::disconnected() {
  state_ = divergence_ ? FollowerState::diverged : FollowerState::away;
  told_ = {};
  said_ = {};
  installing_.reset();
  requests_.clear();
  waiting_.clear();
  asked_at_.reset();
  is_ack_due_ = true;
}

FollowerStep Follower::received(const ServerMessage& message, GateTime now) {
  FollowerStep step;
  if (state_ != FollowerState::greeting && state_ != FollowerState::following) return step;
  const bool may_come = state_ == FollowerState::following ||
                        std::holds_alternative<ServerHello>(message) ||
                        std::holds_alternative<FeedRefusal>(message);
  const Status done = may_come
                          ? std::visit([&](const auto& each) { return on(each, now); }, message)
                          : Status{broke_protocol("the server did not greet first")};
  if (!done.ok()) {
    disconnected();
    step.close = done.error();
    return step;
  }
  go_on(now, step);
  return step;
}

FollowerStep Follower::tick(GateTime now) {
  FollowerStep step;
  if (state_ == FollowerState::greeting && now.boot >= greeting_due_) {
    disconnected();
    step.close = Error::transient(ErrorCode::timeout, "the server did not greet in time");
  }
  if (state_ == FollowerState::following) go_on(now, step);
  return step;
}

std::optional<Duration> Follower::next_due(Duration boot_now) const {
  if (state_ == FollowerState::greeting) return greeting_due_;
  if (state_ != FollowerState::following) return std::nullopt;
  Duration due = boot_now + lease_time_;
  if (may_ask()) due = std::min(due, ask_at());
  // Readers that have not closed yet tell nobody: look again.
  const Position reached = settled();
  if (has_to_acknowledge(reached) || reached < told_) {
    due = std::min(due, boot_now + settings_.ack_pause);
  }
  return due;
}

Position Follower::settled() const {
  return std::min({told_, replica_.contiguous(), replica_.closed_through()});
}

// Greetings.

Status Follower::on(const ServerHello& hello, GateTime) {
  const Result<Greeting> theirs = verify_(hello.greeting);
  if (!theirs.ok()) return theirs.error().within("the server's greeting");
  const bool is_first = state_ == FollowerState::greeting;
  return is_first ? greeted_first(*theirs, hello.greeting) : greeted_again(*theirs, hello.greeting);
}

// The furthest that we know the journal to have been.
Position Follower::newest_known() const {
  return std::max({replica_.contiguous(), memory_.mark.position, memory_.greeted.position});
}

std::optional<std::string> Follower::contradiction(const Greeting& theirs) const {
  const Position ours = newest_known();
  if (theirs.head.position.generation > ours.generation) return std::nullopt;  // it was fenced
  if (theirs.head.position < ours) return "the server's journal ends before what this gate has";
  const bool is_other = contradicts(theirs.head, memory_.greeted) ||
                        contradicts(theirs.head, memory_.mark) ||
                        (said_.position.generation == theirs.head.position.generation &&
                         theirs.chain_hash_at_yours != said_.chain_hash);
  if (is_other) return "the server's journal has other entries than the one that this gate knew";
  return std::nullopt;
}

Status Follower::greeted_first(const Greeting& theirs, const std::string& jws) {
  if (theirs.version != kGateProtocolVersion) {
    return Error::permanent(ErrorCode::protocol,
                            "the server chose a version of the gate protocol that was not offered");
  }
  if (auto reason = contradiction(theirs)) return diverge(std::move(*reason), theirs.head);
  // Of a new generation nothing is told yet: a snapshot comes.
  const bool goes_on = theirs.head.position.generation == said_.position.generation;
  told_ = goes_on ? said_.position : Position{};
  divergence_.reset();
  state_ = FollowerState::following;
  remember(theirs, jws);
  return Done{};
}

// It may have been signed before entries that came first, so an earlier one says nothing.
Status Follower::greeted_again(const Greeting& theirs, const std::string& jws) {
  if (contradicts(theirs.head, memory_.greeted) || contradicts(theirs.head, memory_.mark)) {
    return diverge("the server's journal changed while it was followed", theirs.head);
  }
  if (theirs.head.position > memory_.greeted.position) remember(theirs, jws);
  return Done{};
}

void Follower::remember(const Greeting& theirs, const std::string& jws) {
  memory_.greeted = theirs.head;
  memory_.greeting = jws;
}

Error Follower::diverge(std::string reason, const ChainMark& theirs) {
  divergence_ = Divergence{reason, newest_known(), theirs, memory_.greeting};
  return Error{ErrorCode::conflict, Retry::after_human,
               std::move(reason) + ": an older database took its place, and it must be fenced"};
}

// Snapshots.

Status Follower::begin_install(const SnapshotPart& part) {
  if (part.mark.position < replica_.contiguous() || part.mark.position < told_) {
    return broke_protocol("the snapshot has less than the gate");
  }
  installing_ = Installing{{part.mark, part.floor, part.floor_at, part.newest, 0, false, {}}, 0};
  return replica_.begin_snapshot({part.mark.position, part.floor, part.floor_at, part.newest});
}

Status Follower::on(const SnapshotPart& part, GateTime) {
  if (part.part == 0) {
    CURFEW_TRY_STATUS(begin_install(part));
  }
  const bool is_next =
      installing_ && installing_->next_part == part.part && installing_->begun.mark == part.mark;
  if (!is_next) return broke_protocol("a part of a snapshot is missing");
  CURFEW_TRY_STATUS(replica_.continue_snapshot(part.entries));
  ++installing_->next_part;
  if (!part.is_last) return Done{};
  const SnapshotPart begun = std::move(installing_->begun);
  installing_.reset();
  CURFEW_TRY_STATUS(replica_.finish_snapshot());
  memory_.mark = begun.mark;
  told_ = begun.mark.position;
  set_reach(begun.floor, begun.newest);
  return Done{};
}

// Entries.

Status Follower::on(const FeedEntries& feed, GateTime) {
  if (!feed.is_urgent) return in_order(feed);
  // Those of another generation than the replica wait for the snapshot that brings them.
  std::vector<ReplicaEntry> early;
  for (const ReplicaEntry& entry : feed.entries) {
    const bool is_new =
        entry.position > told_ && entry.position.generation == replica_.contiguous().generation;
    if (is_new) early.push_back(entry);
  }
  if (!early.empty()) return replica_.apply(early);
  return Done{};
}

Status Follower::in_order(const FeedEntries& feed) {
  if (!feed.entries.empty()) {
    if (!told_.is_set() || installing_) {
      return broke_protocol("entries came before the snapshot that they follow was whole");
    }
    if (feed.entries.front().position > told_.next()) {
      return broke_protocol("entries are missing after " + to_string(told_));
    }
    const ChainMark end{feed.entries.back().position, feed.chain_hash};
    if (contradicts(end, memory_.mark)) {
      return diverge("the server's journal changed while it was followed", end);
    }
    if (end.position > told_) {
      const auto skipped = std::ranges::count_if(
          feed.entries, [&](const ReplicaEntry& entry) { return entry.position <= told_; });
      CURFEW_TRY_STATUS(
          replica_.apply(std::span{feed.entries}.subspan(static_cast<std::size_t>(skipped))));
      CURFEW_TRY_STATUS(replica_.advance(end.position));
      told_ = end.position;
      memory_.mark = end;
    }
  }
  set_reach(feed.floor, feed.newest);
  return Done{};
}

void Follower::set_reach(Position floor, Position newest) {
  const std::uint64_t generation = replica_.contiguous().generation;
  if (floor.generation == generation) replica_.set_floor(floor);
  if (newest.generation == generation) replica_.set_newest_stamp(newest);
}

// The rest.

Status Follower::on(const LeaseAnswer& answer, GateTime now) {
  const auto request = requests_.find(answer.request);
  if (request == requests_.end()) return Done{};  // of a request that was given up
  const GateTime sent = request->second;
  requests_.erase(request);
  lease_time_ = std::min<Duration>(answer.duration, kLeaseTimeMax);
  const ReplicaLease lease{answer.position, sent.boot + lease_time_, sent.wall + lease_time_};
  if (boot_end_of(lease) <= now.boot) return Done{};
  if (waiting_.size() >= kWaitingLeasesMax) waiting_.erase(waiting_.begin());
  waiting_.push_back(lease);
  const auto most = static_cast<std::uint64_t>(lease_time_.count() / 12 + 1);
  ask_before_ = lease_time_ / 3 + Duration{static_cast<std::int64_t>(chance_() % most)};
  return Done{};
}

Status Follower::on(const FeedKeys& keys, GateTime) { return replica_.set_signing_keys(keys.jwks); }

Status Follower::on(const FeedPolicy& policy, GateTime) {
  replica_.set_strict(policy.is_strict);
  return Done{};
}

Status Follower::on(const FeedRefusal& refusal, GateTime) {
  return Error::transient(ErrorCode::unavailable, "the server refused: " + refusal.reason);
}

void Follower::go_on(GateTime now, FollowerStep& step) {
  if (state_ != FollowerState::following) return;
  // What would have ended by the time of an answer is given up.
  std::erase_if(requests_,
                [&](const auto& each) { return each.second.boot + lease_time_ <= now.boot; });
  const Position reached = settled();
  count_leases(now.boot, reached);
  const bool is_quiet = !acknowledged_at_ || now.boot >= *acknowledged_at_ + settings_.ack_pause;
  if (has_to_acknowledge(reached) && is_quiet) {
    acknowledged_ = reached;
    acknowledged_at_ = now.boot;
    is_ack_due_ = false;
    step.send.emplace_back(FeedAck{acknowledged_});
  }
  if (may_ask() && now.boot >= ask_at()) ask(now, step);
}

// Those whose position is settled count now; the others wait for it, or for their end.
void Follower::count_leases(Duration boot_now, Position reached) {
  std::erase_if(waiting_, [&](const ReplicaLease& lease) {
    const Duration end = boot_end_of(lease);
    if (end <= boot_now || end <= lease_end_) return true;
    if (lease.position > reached || !replica_.set_lease(lease)) return false;
    lease_end_ = end;
    return true;
  });
}

bool Follower::has_to_acknowledge(Position reached) const {
  if (!reached.is_set() || reached < acknowledged_) return false;
  return is_ack_due_ || reached > acknowledged_;
}

bool Follower::may_ask() const {
  return state_ == FollowerState::following && requests_.size() < kLeaseRequestsMax;
}

// When a third of the latest lease is left, but not so soon after the last request.
Duration Follower::ask_at() const {
  Duration end = lease_end_;
  for (const ReplicaLease& lease : waiting_) end = std::max(end, boot_end_of(lease));
  const Duration due = end - ask_before_;
  return asked_at_ ? std::max(due, *asked_at_ + lease_time_ / 6) : due;
}

void Follower::ask(GateTime now, FollowerStep& step) {
  asked_at_ = now.boot;
  requests_.emplace(next_request_, now);
  step.send.emplace_back(LeaseRequest{next_request_++});
}

}  // namespace curfew
