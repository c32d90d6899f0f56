#include "tests/bench/swarm_gate.hpp"

#include <algorithm>
#include <variant>

#include "crypto/random.hpp"
#include "gate/feed/signed_head.hpp"
#include "tests/bench/process.hpp"

namespace curfew::bench {

namespace {

constexpr std::size_t kMessagesKept = 16;
constexpr std::size_t kHeadsKept = 64;

GateTime gate_now() {
  const SystemClock clock;
  return {clock.since_boot(), clock.now()};
}

template <typename T>
const T* find_kept(const std::deque<std::pair<std::string, T>>& kept, std::string_view text) {
  const auto found = std::ranges::find(kept, text, &std::pair<std::string, T>::first);
  return found == kept.end() ? nullptr : &found->second;
}

template <typename T>
void keep(std::deque<std::pair<std::string, T>>& kept, std::string_view text, T value,
          std::size_t most) {
  kept.emplace_front(text, std::move(value));
  if (kept.size() > most) kept.pop_back();
}

}  // namespace

Result<std::shared_ptr<const ServerMessage>> SharedReading::read(const std::string& text) {
  if (const auto* const known = find_kept(messages_, text)) return *known;
  CURFEW_TRY(ServerMessage message, read_server_message(text));
  auto read = std::make_shared<const ServerMessage>(std::move(message));
  if (std::holds_alternative<FeedEntries>(*read)) keep(messages_, text, read, kMessagesKept);
  return read;
}

Result<ChainMark> SharedReading::verify(std::string_view jws) {
  if (const auto* const known = find_kept(heads_, jws)) return *known;
  CURFEW_TRY(ChainMark mark, verify_head(jws, keys_, issuer_));
  keep(heads_, jws, mark, kHeadsKept);
  return mark;
}

SwarmGate::SwarmGate(SwarmParts& parts, const Watch& watch, EnrolledGate gate)
    : parts_(parts),
      watch_(watch),
      gate_(std::move(gate)),
      replica_(watch),
      follower_(
          {.instance = GateInstanceId{random_token(16)}, .blocks_kept = 0}, replica_, {},
          [&parts](std::string_view jws) { return parts.reading.verify(jws); }, random_u64),
      times_{std::vector<double>(watch.count()), std::vector<double>(watch.count()), 0} {}

Task<Status> SwarmGate::open() {
  WebsocketCall call = feed_call(gate_.server, parts_.trust, gate_.token, parts_.times);
  auto opened = co_await connect_websocket(parts_.runtime, std::move(call));
  if (!opened.ok()) {
    lost_ = opened.error();
    co_return opened.error();
  }
  session_ = std::move(opened).value();
  session_->send({.is_text = true, .payload = to_json(follower_.connected(gate_now()))});
  arm();
  co_return Done{};
}

Task<Done> SwarmGate::converse() {
  for (;;) {
    const std::optional<WebsocketMessage> message = co_await session_->receive();
    if (!message) break;
    heard(*message);
  }
  due_.reset();
  follower_.disconnected();
  if (!lost_ && !is_stopping_) {
    lost_ = Error::transient(ErrorCode::unavailable,
                             "a gate's connection was closed: " + session_->ending().reason);
  }
  co_return Done{};
}

void SwarmGate::stop() {
  is_stopping_ = true;
  if (session_) session_->close(kCloseGoingAway, "the gate stops");
}

void SwarmGate::heard(const WebsocketMessage& text) {
  if (lost_ || is_stopping_) return;
  const auto message = parts_.reading.read(text.payload);
  if (!message.ok()) return lose(message.error());
  take(follower_.received(**message, gate_now()));
}

void SwarmGate::take(const FollowerStep& step) {
  note_refusals();
  for (const GateMessage& message : step.send) {
    session_->send({.is_text = true, .payload = to_json(message)});
    if (const auto* const ack = std::get_if<FeedAck>(&message)) note_acknowledged(ack->position);
  }
  if (step.close) return lose(*step.close);
  arm();
}

void SwarmGate::note_refusals() {
  for (const std::size_t at : replica_.take_named()) {
    const GateTime now = gate_now();
    if (times_.refused[at] != 0 || replica_.verdict(at, now.wall) == Verdict::live) continue;
    if (!replica_.has_lease(now)) ++times_.without_lease;
    times_.refused[at] = monotonic_micros();
    unacknowledged_.push_back(at);
  }
}

void SwarmGate::note_acknowledged(Position position) {
  std::erase_if(unacknowledged_, [&](std::size_t at) {
    if (replica_.newest_of(at) > position) return false;
    times_.acknowledged[at] = monotonic_micros();
    return true;
  });
}

void SwarmGate::lose(Error why) {
  lost_ = std::move(why);
  due_.reset();
  session_->close(kCloseNormal, "");
}

void SwarmGate::arm() {
  const Duration boot_now = gate_now().boot;
  due_ = follower_.next_due(boot_now).value_or(boot_now + parts_.times.beat);
}

void SwarmGate::look(Duration boot_now) {
  if (due_ && *due_ <= boot_now && !is_stopping_) take(follower_.tick(gate_now()));
}

bool SwarmGate::accepts_all() const {
  const GateTime now = gate_now();
  if (!replica_.has_lease(now)) return false;
  for (std::size_t at = 0; at < watch_.count(); ++at) {
    if (replica_.verdict(at, now.wall) != Verdict::live) return false;
  }
  return true;
}

bool SwarmGate::is_ready() const {
  return follower_.state() == FollowerState::following && replica_.has_lease(gate_now());
}

}  // namespace curfew::bench
