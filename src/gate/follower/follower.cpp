#include "gate/follower/follower.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace curfew {

namespace {

using namespace gate_limits;

// Whoever may write the table of readers cannot have the server asked more often.
constexpr Duration kNewsPause = std::chrono::seconds{1};

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
                   HeadVerifier verify, Chance chance)
    : settings_(std::move(settings)),
      replica_(replica),
      memory_(std::move(memory)),
      blocked_(settings_.blocks_kept),
      verify_(std::move(verify)),
      chance_(std::move(chance)) {
  // Of the entries between the two it is not known whose they are: the whole snapshot says it.
  if (memory_.applied.position != replica_.contiguous()) memory_.applied = {};
}

GateHello Follower::connected(GateTime now) {
  disconnected();
  state_ = FollowerState::greeting;
  greeting_due_ = now.boot + settings_.greeting_time_max;
  said_ = memory_.applied;
  return {.instance = settings_.instance,
          .has = said_,
          .head = memory_.newest.jws,
          .has_uncut_requests = replica_.has_uncut_requests(),
          .program_version = settings_.program_version};
}

void Follower::disconnected() {
  state_ = divergence_ ? FollowerState::diverged : FollowerState::away;
  told_ = {};
  said_ = {};
  installing_.reset();
  request_.reset();
  waiting_.reset();
  is_ack_due_ = true;
  ack_pause_ = Duration{};
  owes_blocks_ = false;
}

// What was acknowledged stays so, and where the journal was: nobody gets a snapshot of before that.
void Follower::replica_lost() {
  disconnected();
  memory_.applied = {};
  lease_end_ = {};
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
  Duration due = std::min(boot_now + lease_time_, ask_at());
  if (has_news_of_readers()) due = std::min(due, std::max(boot_now, news_at_));
  const Position reached = settled();
  if (has_to_acknowledge(reached)) due = std::min(due, std::max(boot_now, acknowledges_at()));
  // Readers that have not closed yet tell nobody: look again.
  if (reached < told_) due = std::min(due, boot_now + settings_.ack_pause);
  return due;
}

Position Follower::settled() const {
  return std::min({told_, replica_.contiguous(), replica_.closed_through()});
}

// Heads.

Result<ChainMark> Follower::verified(const std::string& jws) {
  if (last_verified_.jws != jws || jws.empty()) {
    Result<ChainMark> head = verify_(jws);
    if (!head.ok()) return head.error().within("the server's head");
    last_verified_ = {std::move(head).value(), jws};
  }
  return last_verified_.mark;
}

// One of before what we know says nothing: it may have been signed before entries that came first.
Result<ChainMark> Follower::heard(const std::string& jws) {
  CURFEW_TRY(ChainMark head, verified(jws));
  if (contradicts_known(head)) {
    return diverge("the server's journal changed while it was followed", head);
  }
  remember(head, jws);
  return head;
}

void Follower::remember(const ChainMark& head, const std::string& jws) {
  if (head.position > memory_.newest.mark.position) memory_.newest = {head, jws};
}

bool Follower::contradicts_known(const ChainMark& head) const {
  return contradicts(head, memory_.newest.mark) || contradicts(head, memory_.applied);
}

// The furthest that we know the journal to have been.
Position Follower::newest_known() const {
  return std::max({replica_.contiguous(), memory_.applied.position, memory_.newest.mark.position});
}

std::optional<std::string> Follower::contradiction(const ServerHello& hello,
                                                   const ChainMark& theirs) const {
  const Position ours = newest_known();
  if (theirs.position.generation > ours.generation) return std::nullopt;  // it was fenced
  if (theirs.position < ours) return "the server's journal ends before what this gate has";
  const bool is_other_at_ours =
      said_.position.generation == theirs.position.generation &&
      judge_mark(said_, theirs.position, hello.chain_hash_at_yours) != MarkVerdict::consistent;
  if (contradicts_known(theirs) || is_other_at_ours) {
    return "the server's journal has other entries than the one that this gate knew";
  }
  return std::nullopt;
}

Error Follower::diverge(std::string reason, const ChainMark& theirs) {
  divergence_ = Divergence{reason, newest_known(), theirs};
  return Error{ErrorCode::conflict, Retry::after_human,
               std::move(reason) + ": an older database took its place, and it must be fenced"};
}

Status Follower::on(const ServerHello& hello, GateTime) {
  if (state_ != FollowerState::greeting) return broke_protocol("the server greeted twice");
  if (hello.version != kGateProtocolVersion) {
    return Error::permanent(ErrorCode::protocol,
                            "the server chose a version of the gate protocol that was not offered");
  }
  CURFEW_TRY(const ChainMark theirs, verified(hello.head));
  if (auto reason = contradiction(hello, theirs)) return diverge(std::move(*reason), theirs);
  // Of a new generation nothing is told yet: a snapshot comes.
  const bool goes_on = theirs.position.generation == said_.position.generation;
  told_ = goes_on ? said_.position : Position{};
  divergence_.reset();
  state_ = FollowerState::following;
  remember(theirs, hello.head);
  replica_.set_floor(hello.floor);
  owes_blocks_ = hello.wants_blocks;
  return Done{};
}

// Snapshots.

Status Follower::begin_install(const SnapshotPart& part) {
  if (part.position < replica_.contiguous() || part.position < told_) {
    return broke_protocol("the snapshot has less than the gate");
  }
  installing_ = Installing{{part.position, part.floor, part.floor_at, part.newest_stamp}, 0};
  blocked_.begin_snapshot();
  return replica_.begin_snapshot(installing_->start);
}

Status Follower::on(const SnapshotPart& part, GateTime) {
  if (part.part == 0) {
    CURFEW_TRY_STATUS(begin_install(part));
  }
  const bool is_next = installing_ && installing_->next_part == part.part &&
                       installing_->start.position == part.position;
  if (!is_next) return broke_protocol("a part of a snapshot is missing");
  CURFEW_TRY_STATUS(replica_.continue_snapshot(part.entries));
  blocked_.continue_snapshot(part.entries);
  ++installing_->next_part;
  if (part.is_last) return finish_install(part);
  return Done{};
}

Status Follower::finish_install(const SnapshotPart& part) {
  CURFEW_TRY(ChainMark head, heard(part.head));
  if (head.position != part.position) {
    return broke_protocol("the snapshot came with a head of another position");
  }
  const Position floor = installing_->start.floor;
  installing_.reset();
  CURFEW_TRY_STATUS(replica_.finish_snapshot());
  blocked_.finish_snapshot(part.position);
  told_ = part.position;
  memory_.applied = std::move(head);
  replica_.set_floor(floor);
  return Done{};
}

// Entries.

Status Follower::on(const FeedEntries& feed, GateTime now) {
  if (feed.is_urgent) {
    CURFEW_TRY_STATUS(urgent(feed));
  } else if (!feed.entries.empty()) {
    const bool has_owed = acknowledged_ < told_;
    CURFEW_TRY_STATUS(in_order(feed));
    if (!has_owed) take_turn(now.boot, feed.ack_pause);
  }
  replica_.set_floor(feed.floor);
  return Done{};
}

// Those of another generation than the replica wait for the snapshot that brings them.
Status Follower::urgent(const FeedEntries& feed) {
  const Position known = std::max(told_, replica_.contiguous());
  std::vector<ReplicaEntry> early;
  for (const ReplicaEntry& entry : feed.entries) {
    const bool is_new =
        entry.position > known && entry.position.generation == replica_.contiguous().generation;
    if (is_new) early.push_back(entry);
  }
  if (early.empty()) return Done{};
  CURFEW_TRY_STATUS(replica_.apply(early));
  blocked_.apply(early);
  return Done{};
}

Status Follower::in_order(const FeedEntries& feed) {
  if (!told_.is_set() || installing_) {
    return broke_protocol("entries came before the snapshot that they follow was whole");
  }
  if (feed.entries.front().position > told_.next()) {
    return broke_protocol("entries are missing after " + to_string(told_));
  }
  CURFEW_TRY(ChainMark head, heard(feed.head));
  if (head.position != feed.entries.back().position) {
    return broke_protocol("entries came with a head of another position");
  }
  if (head.position <= told_) return Done{};
  const auto first_new = std::ranges::upper_bound(feed.entries, told_, {}, &ReplicaEntry::position);
  const std::span<const ReplicaEntry> news{first_new, feed.entries.end()};
  CURFEW_TRY_STATUS(replica_.apply(news));
  blocked_.apply(news);
  CURFEW_TRY_STATUS(replica_.advance(head.position));
  told_ = head.position;
  ack_pause_ = feed.ack_pause;
  memory_.applied = std::move(head);
  return Done{};
}

// The rest.

Status Follower::on(const LeaseAnswer& answer, GateTime now) {
  if (!request_ || request_->request != answer.request) return Done{};  // it was given up
  const GateTime sent = request_->sent;
  if (request_->says_uncut_requests) replica_.note_uncut_requests_told();
  request_.reset();
  CURFEW_TRY(const ChainMark head, heard(answer.head));
  if (head.position < answer.position) {
    return broke_protocol("a lease came with a head of before its position");
  }
  lease_time_ = std::min<Duration>(answer.duration, kLeaseTimeMax);
  const auto most = static_cast<std::uint64_t>(lease_time_.count() / 12 + 1);
  ask_before_ = lease_time_ / 3 + Duration{static_cast<std::int64_t>(chance_() % most)};
  const ReplicaLease lease{answer.position, sent.boot + lease_time_, sent.wall + lease_time_};
  if (boot_end_of(lease) > now.boot) waiting_ = lease;
  return Done{};
}

Status Follower::on(const FeedKeys& keys, GateTime) { return replica_.set_signing_keys(keys.jwks); }

Status Follower::on(const FeedPolicy& policy, GateTime) {
  replica_.set_mode(policy.mode);
  replica_.set_newest_stamp(policy.newest_stamp);
  return Done{};
}

Status Follower::on(const FeedRefusal& refusal, GateTime) {
  if (refusal.is_rolled_back) return diverge("the server was shown that it was rolled back", {});
  return Error::transient(ErrorCode::unavailable, "the server refused: " + refusal.reason);
}

void Follower::go_on(GateTime now, FollowerStep& step) {
  if (state_ != FollowerState::following) return;
  if (std::exchange(owes_blocks_, false)) hand_over_blocks(step);
  const Position reached = settled();
  count_waiting(now.boot, reached);
  if (has_to_acknowledge(reached) && now.boot >= acknowledges_at()) {
    acknowledged_ = reached;
    acknowledged_at_ = now.boot;
    is_ack_due_ = false;
    step.send.emplace_back(FeedAck{acknowledged_, replica_.has_uncut_requests()});
  }
  const bool tells_news = has_news_of_readers() && now.boot >= news_at_;
  if (tells_news || now.boot >= ask_at()) ask(now, step);
}

// In parts, of which there is one at least: the server waits for the last.
void Follower::hand_over_blocks(FollowerStep& step) {
  const std::vector<GateBlock> all = blocked_.all();
  std::size_t from = 0;
  for (GateBlocks part; !part.is_last; ++part.part) {
    const std::size_t to = std::min(from + kBlocksOfMessageMax, all.size());
    part.blocks.assign(all.begin() + static_cast<std::ptrdiff_t>(from),
                       all.begin() + static_cast<std::ptrdiff_t>(to));
    part.is_last = to == all.size();
    step.send.emplace_back(part);
    from = to;
  }
}

// A lease whose position is settled counts now; another one waits for it, or for its end.
void Follower::count_waiting(Duration boot_now, Position reached) {
  if (!waiting_) return;
  const Duration end = boot_end_of(*waiting_);
  const bool is_of_use = end > boot_now && end > lease_end_;
  if (is_of_use) {
    if (waiting_->position > reached || !replica_.set_lease(*waiting_, reached)) return;
    lease_end_ = end;
  }
  waiting_.reset();
}

bool Follower::has_to_acknowledge(Position reached) const {
  if (!reached.is_set() || reached < acknowledged_) return false;
  return is_ack_due_ || reached > acknowledged_;
}

// At once where the last one was long ago, unless the server has many gates to hear.
Duration Follower::acknowledges_at() const {
  const Duration pause =
      std::max(settings_.ack_pause, std::min<Duration>(ack_pause_, kAckPauseMax));
  const Duration after_last = acknowledged_at_ ? *acknowledged_at_ + pause : Duration{};
  return std::max(after_last, ack_turn_);
}

// Many gates hear of an entry at once: were all of them to acknowledge it at once, the server would
// have no time to tell anybody of the next one.
void Follower::take_turn(Duration boot_now, Duration ack_pause) {
  const Duration most = std::min<Duration>(ack_pause, kAckPauseMax) / kAckTurns;
  ack_turn_ =
      boot_now +
      Duration{static_cast<std::int64_t>(chance_() % static_cast<std::uint64_t>(most.count() + 1))};
}

// When a third of the latest lease is left. A request that was not answered in half of the time of
// a lease is given up for another one: what an answer is still worth ends with it.
Duration Follower::ask_at() const {
  if (request_) return request_->sent.boot + lease_time_ / 2;
  const Duration waiting_end = waiting_ ? boot_end_of(*waiting_) : Duration{};
  return std::max(lease_end_, waiting_end) - ask_before_;
}

// That requests go on which nobody sees end, and somebody waits for the server to know it.
bool Follower::has_news_of_readers() const {
  return !request_ && !replica_.are_uncut_requests_told() && replica_.has_uncut_requests();
}

void Follower::ask(GateTime now, FollowerStep& step) {
  request_ = OpenRequest{next_request_++, now, replica_.has_uncut_requests()};
  if (request_->says_uncut_requests) news_at_ = now.boot + kNewsPause;
  step.send.emplace_back(LeaseRequest{request_->request, request_->says_uncut_requests});
}

}  // namespace curfew
