#include "api/gate_feed/feed_room.hpp"

#include <algorithm>
#include <utility>

#include "base/fence_limits.hpp"
#include "io/websocket/round.hpp"

namespace curfew {

namespace {

bool hands_over(const FeedLink& link) {
  return link.phase == LinkPhase::handing_over || link.phase == LinkPhase::writing;
}

// Gets what all gates get.
bool is_fed(const FeedLink& link) {
  return link.phase == LinkPhase::catching_up || link.phase == LinkPhase::live;
}

GateInstanceView view_of(const FeedLink& link, Duration now) {
  return {.instance = link.instance,
          .address = link.peer.address,
          .program_version = link.program_version,
          .connected_since = link.since,
          .sent = link.sent,
          .acknowledged = link.acknowledged,
          .acknowledged_at = link.acknowledged_at,
          .has_caught_up = link.phase == LinkPhase::live,
          .lease_left = std::max(Duration{0}, link.lease_end - now)};
}

}  // namespace

// Gates.

Status FeedRoom::add_gate(const Gate& gate, GateOrigin origin) {
  const std::lock_guard lock{mutex_};
  // One that was never enrolled has had no lease, and has let nobody in.
  const GateOrigin since = gate.enrolled_at ? origin : GateOrigin::enrolled_now;
  CURFEW_TRY_STATUS(
      ledger_.add_gate(gate.app_id, gate.mode == GateMode::strict, since, gate.uncut_requests));
  told_all_.reset();
  rows_.insert_or_assign(gate.app_id, gate);
  return Done{};
}

std::vector<FeedLinkPtr> FeedRoom::withdraw_gate(const AppId& gate) {
  const std::lock_guard lock{mutex_};
  ledger_.withdraw_gate(gate);
  std::vector<FeedLinkPtr> closed;
  for (const FeedLinkPtr& link : links_) {
    if (link->peer.gate == gate) closed.push_back(link);
  }
  return closed;
}

std::vector<AppId> FeedRoom::gates() const {
  const std::lock_guard lock{mutex_};
  return ledger_.gates();
}

bool FeedRoom::has_gate(const AppId& gate) const {
  const std::lock_guard lock{mutex_};
  return rows_.contains(gate);
}

void FeedRoom::count_refused(const AppId& gate) {
  const std::lock_guard lock{mutex_};
  ++refused_[gate];
}

bool FeedRoom::is_news(const AppId& gate, std::optional<bool> has_uncut_requests) const {
  const std::lock_guard lock{mutex_};
  return ledger_.is_news(gate, has_uncut_requests);
}

void FeedRoom::note_uncut_requests(const AppId& gate, std::optional<bool> has_some) {
  const std::lock_guard lock{mutex_};
  ledger_.note_uncut_requests(gate, has_some);
}

// Connections.

Status FeedRoom::admit(const FeedLinkPtr& link) {
  const std::lock_guard lock{mutex_};
  const auto open = std::ranges::count_if(
      links_, [&](const FeedLinkPtr& other) { return other->peer.gate == link->peer.gate; });
  if (static_cast<std::size_t>(open) >= kConnectionsOfGateMax) {
    return Error::transient(ErrorCode::exhausted,
                            "the gate has as many connections open as it may have");
  }
  links_.insert(link);
  for (const Key& key : link->peer.facts.keys) naming_[key].insert(link);
  return Done{};
}

Result<FeedLinkPtr> FeedRoom::connect(const FeedLinkPtr& link, const GateHello& hello, Position has,
                                      Duration now) {
  const std::lock_guard lock{mutex_};
  CURFEW_TRY(const Connected connected, ledger_.connect(link->peer.gate, hello.instance, has, now));
  ledger_.note_uncut_requests(link->peer.gate, hello.has_uncut_requests);
  link->connection = connected.connection;
  link->instance = hello.instance;
  link->program_version = hello.program_version;
  if (!connected.replaced) return FeedLinkPtr{};
  const auto replaced = std::ranges::find_if(
      links_, [&](const FeedLinkPtr& other) { return other->connection == connected.replaced; });
  return replaced == links_.end() ? FeedLinkPtr{} : *replaced;
}

Status FeedRoom::ask_for_blocks(const FeedLinkPtr& link, bool has_proof, Duration now) {
  const std::lock_guard lock{mutex_};
  const auto same = std::ranges::count_if(links_, [&](const FeedLinkPtr& other) {
    return other->peer.gate == link->peer.gate && hands_over(*other) &&
           other->has_proof == has_proof;
  });
  if (static_cast<std::size_t>(same) >= limits::kHandoversOfGateMax) {
    return Error::transient(ErrorCode::unavailable,
                            "other instances of the gate are handing over their blocks");
  }
  link->phase = LinkPhase::handing_over;
  link->has_proof = has_proof;
  link->blocks_asked = now;
  return Done{};
}

void FeedRoom::blocks_arrived(const FeedLinkPtr& link) {
  const std::lock_guard lock{mutex_};
  link->phase = LinkPhase::writing;
}

void FeedRoom::begin(const FeedLinkPtr& link, Position from) {
  const std::lock_guard lock{mutex_};
  link->sent = from;
  link->phase = LinkPhase::catching_up;
  if (!link->is_over) catching_up_.insert(link);
  told_all_.reset();  // it may have been told of others, before it was fed
}

void FeedRoom::leave(const FeedLinkPtr& link, Duration now, TimePoint at) {
  const std::lock_guard lock{mutex_};
  const bool was_there = links_.contains(link) && link->phase != LinkPhase::greeting;
  if (was_there && rows_.contains(link->peer.gate)) {
    last_seen_.insert_or_assign(link->peer.gate, GateLastSeen{view_of(*link, now), at});
  }
  link->is_over = true;
  links_.erase(link);
  catching_up_.erase(link);
  for (const Key& key : link->peer.facts.keys) {
    const auto naming = naming_.find(key);
    if (naming == naming_.end()) continue;
    naming->second.erase(link);
    if (naming->second.empty()) naming_.erase(naming);
  }
  if (link->connection) ledger_.disconnect(*link->connection, now);
}

std::vector<FeedLinkPtr> FeedRoom::links() const {
  const std::lock_guard lock{mutex_};
  return {links_.begin(), links_.end()};
}

std::set<FeedLinkPtr> FeedRoom::links_naming(const std::set<Key>& keys) const {
  const std::lock_guard lock{mutex_};
  std::set<FeedLinkPtr> found;
  for (const Key& key : keys) {
    const auto naming = naming_.find(key);
    if (naming != naming_.end()) found.insert(naming->second.begin(), naming->second.end());
  }
  return found;
}

std::optional<LinkPhase> FeedRoom::phase_of(const FeedLinkPtr& link) const {
  const std::lock_guard lock{mutex_};
  if (link->is_over) return std::nullopt;
  return link->phase;
}

bool FeedRoom::is_greeting(const FeedLinkPtr& link) const {
  const std::lock_guard lock{mutex_};
  return link->phase == LinkPhase::greeting;
}

std::optional<Duration> FeedRoom::blocks_asked(const FeedLinkPtr& link) const {
  const std::lock_guard lock{mutex_};
  if (link->phase != LinkPhase::handing_over) return std::nullopt;
  return link->blocks_asked;
}

// Leases.

Result<LeaseAnswer> FeedRoom::grant(const FeedLinkPtr& link, const LeaseRequest& request,
                                    const HeadReader& head, Duration now, Duration lasts) {
  const std::lock_guard lock{mutex_};
  if (link->is_over || !link->connection) {
    return Error::permanent(ErrorCode::denied, "the connection is over");
  }
  CURFEW_TRY(LeaseAnswer answer, ledger_.grant(*link->connection, request, head, now));
  link->lease_end = now + lasts;
  return answer;
}

Status FeedRoom::acknowledge(const FeedLinkPtr& link, const FeedAck& ack, Duration now,
                             TimePoint at) {
  const std::lock_guard lock{mutex_};
  if (link->is_over || !link->connection) {
    return Error::permanent(ErrorCode::denied, "the connection is over");
  }
  CURFEW_TRY_STATUS(ledger_.acknowledge(*link->connection, ack.position, now));
  link->acknowledged = ack.position;
  link->acknowledged_at = at;
  return Done{};
}

void FeedRoom::forget_ended(Duration now) {
  const std::lock_guard lock{mutex_};
  ledger_.forget_ended(now);
  const auto gone =
      std::erase_if(rows_, [&](const auto& row) { return !ledger_.knows(row.first); });
  if (gone != 0) told_all_.reset();
  std::erase_if(last_seen_, [&](const auto& last) { return !rows_.contains(last.first); });
}

GatesAt FeedRoom::gates_at(Position position, Duration now) const {
  const std::lock_guard lock{mutex_};
  GatesAt at;
  at.position = position;
  auto row = rows_.begin();  // goes along: both are in the order of ids
  const auto name_of = [&](const AppId& gate) {
    while (row != rows_.end() && row->first < gate) ++row;
    return row != rows_.end() && row->first == gate ? row->second.name : gate.str();
  };
  ledger_.each_gate({}, position, now, [&](const AppId& gate, const GateStanding& standing) {
    ++at.gates;
    const bool has_said_so = standing.connected > 0 && standing.acknowledged >= position;
    if (!standing.is_complete) {
      at.open.push_back({gate, name_of(gate), standing.until});
    } else if (has_said_so) {
      ++at.acknowledged;
    } else {
      at.ran_out.push_back(name_of(gate));
    }
    if (standing.uncut == UncutRequests::some) at.asked_once.push_back(name_of(gate));
    if (standing.uncut == UncutRequests::unknown) at.not_heard.push_back(name_of(gate));
    return true;
  });
  if (now < ledger_.unknown_until()) at.unknown_until = ledger_.unknown_until();
  return at;
}

std::optional<FirstOpen> FeedRoom::first_open(const AppId& from, Position position, Duration now,
                                              bool may_be_answered) const {
  const std::lock_guard lock{mutex_};
  std::optional<FirstOpen> open;
  ledger_.each_gate(from, position, now, [&](const AppId& gate, const GateStanding& standing) {
    const bool is_answered = may_be_answered && standing.may_answer;
    const bool holds_up = !standing.is_complete && (standing.until || is_answered);
    if (holds_up) open = FirstOpen{gate, standing.until};
    return !holds_up;
  });
  return open;
}

std::optional<Duration> FeedRoom::unknown_until(Duration now) const {
  const std::lock_guard lock{mutex_};
  if (now >= ledger_.unknown_until()) return std::nullopt;
  return ledger_.unknown_until();
}

std::size_t FeedRoom::gate_count() const {
  const std::lock_guard lock{mutex_};
  return rows_.size();
}

// What is sent.

bool FeedRoom::send_page(const FeedLinkPtr& link, Position end, WebsocketFrame frame) {
  const std::lock_guard lock{mutex_};
  if (link->is_over || !link->connection) return false;
  ledger_.sent(*link->connection, end);
  link->sent = std::max(link->sent, end);
  return link->socket->send(std::move(frame));
}

bool FeedRoom::send(const FeedLinkPtr& link, WebsocketFrame frame) {
  const std::lock_guard lock{mutex_};
  return !link->is_over && link->socket->send(std::move(frame));
}

Position FeedRoom::sent_to(const FeedLinkPtr& link) const {
  const std::lock_guard lock{mutex_};
  return link->sent;
}

bool FeedRoom::become_live(const FeedLinkPtr& link) {
  const std::lock_guard lock{mutex_};
  if (link->sent < published_) return false;
  link->phase = LinkPhase::live;
  catching_up_.erase(link);
  return true;
}

void FeedRoom::fall_behind(const FeedLinkPtr& link, std::vector<FeedLinkPtr>& fallen) {
  link->phase = LinkPhase::catching_up;
  catching_up_.insert(link);
  fallen.push_back(link);
}

ToldEntries FeedRoom::publish(const std::vector<EntriesFrame>& frames, std::function<void()> sent) {
  ToldEntries told;
  std::vector<std::shared_ptr<WebsocketSession>> takers;
  WebsocketRound round;
  const std::lock_guard lock{mutex_};
  for (const EntriesFrame& entries : frames) {
    published_ = std::max(published_, entries.last);
    takers.clear();
    for (const FeedLinkPtr& link : links_) {
      // What it has already out of the store it drops.
      if (link->phase != LinkPhase::live || entries.last <= link->sent) continue;
      const bool follows =
          entries.first <= link->sent.next() && entries.first.generation == link->sent.generation;
      if (!follows || link->socket->queued_bytes() > kFeedQueueBytes) {
        fall_behind(link, told.fallen);
        continue;
      }
      ledger_.sent(*link->connection, entries.last);
      link->sent = entries.last;
      takers.push_back(link->socket);
    }
    round.send(takers, entries.frame);
    told.entries += takers.size() * (entries.last.sequence - entries.first.sequence + 1);
  }
  round.begin(std::move(sent));
  return told;
}

void FeedRoom::send_urgent(const std::function<WebsocketFrame()>& frame) {
  const std::lock_guard lock{mutex_};
  WebsocketFrame made;
  for (const FeedLinkPtr& link : catching_up_) {
    if (link->socket->queued_bytes() > kUrgentQueueBytes) continue;
    if (!made) made = frame();
    link->socket->send(made);
  }
}

void FeedRoom::send_to_live(const WebsocketFrame& frame) {
  const std::lock_guard lock{mutex_};
  for (const FeedLinkPtr& link : links_) {
    if (link->phase == LinkPhase::live) link->socket->send(frame);
  }
}

void FeedRoom::tell(FeedLink& link, const FeedSettings& settings) {
  const auto row = rows_.find(link.peer.gate);
  const GateMode wanted = row == rows_.end() ? GateMode::strict : row->second.mode;
  const bool knows_policy = link.told_policy && link.told_policy->mode == wanted &&
                            link.told_policy->newest_stamp == settings.newest_stamp;
  if (!knows_policy) {
    link.told_policy = FeedPolicy{wanted, settings.newest_stamp};
    link.socket->send(frame_of(*link.told_policy));
  }
  if (link.told_keys != settings.keys) {
    link.told_keys = settings.keys;
    link.socket->send(settings.keys_frame);
  }
}

void FeedRoom::tell_settings(const FeedSettings& settings) {
  const std::lock_guard lock{mutex_};
  if (told_all_ && told_all_->newest_stamp == settings.newest_stamp &&
      told_all_->keys == settings.keys) {
    return;
  }
  for (const FeedLinkPtr& link : links_) {
    if (is_fed(*link)) tell(*link, settings);
  }
  told_all_ = ToldAll{settings.newest_stamp, settings.keys};
}

void FeedRoom::tell_settings(const FeedLinkPtr& link, const FeedSettings& settings) {
  const std::lock_guard lock{mutex_};
  if (!link->is_over) tell(*link, settings);
}

void FeedRoom::set_published(Position position) {
  const std::lock_guard lock{mutex_};
  published_ = std::max(published_, position);
}

// For people.

GateFeedView FeedRoom::view(const AppId& gate, Duration now) const {
  const std::lock_guard lock{mutex_};
  GateFeedView view;
  const auto refused = refused_.find(gate);
  if (refused != refused_.end()) view.refused = refused->second;
  const auto last = last_seen_.find(gate);
  if (last != last_seen_.end()) view.last = last->second;
  const auto known = ledger_.view(gate);
  if (known.ok()) {
    view.instances = known->instances;
    view.uncut = known->uncut;
  }
  for (const FeedLinkPtr& link : links_) {
    if (link->peer.gate != gate || link->phase == LinkPhase::greeting) continue;
    view.connected.push_back(view_of(*link, now));
  }
  return view;
}

FeedTotals FeedRoom::totals(Position head, Duration now) const {
  const std::lock_guard lock{mutex_};
  FeedTotals totals;
  totals.leases = ledger_.lease_count(now);
  for (const FeedLinkPtr& link : links_) {
    if (link->phase == LinkPhase::greeting) continue;
    ++totals.connected;
    const bool is_of_it = link->acknowledged.generation == head.generation;
    const std::uint64_t has = is_of_it ? std::min(link->acknowledged.sequence, head.sequence) : 0;
    totals.lag = std::max(totals.lag, head.sequence - has);
  }
  return totals;
}

std::size_t FeedRoom::connected() const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::size_t>(std::ranges::count_if(
      links_, [](const FeedLinkPtr& link) { return link->phase != LinkPhase::greeting; }));
}

}  // namespace curfew
