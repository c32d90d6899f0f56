#include "apps/curfew-gate/gate_feed.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/log.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "gate/feed/message.hpp"
#include "gate/feed/signed_head.hpp"

namespace curfew {

namespace {

constexpr std::string_view kFeedPath = "/curfew/v1/gate";
constexpr std::string_view kHttps = "https://";
constexpr std::size_t kReasonBytesMax = 200;
constexpr std::size_t kSaidErrorsMax = 16;
constexpr Duration kStoreBlocksPause = std::chrono::seconds{5};  // they may be a megabyte
constexpr Duration kDivergencePause = std::chrono::minutes{1};

GateTime now() {
  const SystemClock clock;
  return {clock.since_boot(), clock.now()};
}

Error ended(const WebsocketEnding& ending) {
  const std::string code = std::to_string(ending.code);
  if (!ending.by_peer) {
    return Error::transient(ErrorCode::unavailable, "the connection was lost (" + code + ")");
  }
  const std::string reason =
      ending.reason.empty() ? "" : ": " + escape_for_display(ending.reason, kReasonBytesMax);
  return Error::transient(ErrorCode::unavailable,
                          "the server closed the connection (" + code + ")" + reason);
}

// A damaged memory costs a snapshot, and what it could have proved.
GateMemory memory_in(RunRecords& records) {
  auto memory = records.load();
  if (memory.ok()) return std::move(memory).value();
  log(LogLevel::warning, "gate.memory_lost", {{"why", memory.error().message()}});
  return {};
}

LogLevel level_of(const Error& error) {
  return error.retry() == Retry::later ? LogLevel::warning : LogLevel::error;
}

}  // namespace

WebsocketCall feed_call(const std::string& server, TlsContext trust, Secret token,
                        const FeedTimes& times) {
  WebsocketCall call;
  call.url = "wss://" + server.substr(kHttps.size()) + std::string{kFeedPath};
  call.trust = std::move(trust);
  call.bearer = std::move(token);
  call.subprotocol = kGateProtocol;
  call.random = fill_random;
  call.limits = {.message_bytes_max = gate_limits::kFromServerBytesMax,
                 .queue_bytes_max = limits::kWebsocketQueueBytesMax,
                 .times = times.websocket};
  call.time_max = times.connect_max;
  return call;
}

GateFeed::GateFeed(Runtime& runtime, OffloadPool& pool, GateFeedOptions options,
                   FileReplica& replica)
    : runtime_(runtime),
      executor_(runtime.executor(0)),
      options_(std::move(options)),
      replica_(replica),
      records_(pool, executor_, options_.folder, options_.identity.issuer, options_.replica_path),
      begun_with_(memory_in(records_)),
      access_(pool, executor_, options_.folder, options_.identity,
              begun_with_.jwks.empty() ? options_.identity.jwks : begun_with_.jwks),
      follower_(
          {.instance = GateInstanceId{random_token(16)},
           .greeting_time_max = options_.times.greeting_max,
           .program_version = CURFEW_VERSION},
          replica, begun_with_.follower,
          [this](std::string_view jws) {
            return verify_head(jws, access_.keys(), options_.identity.issuer);
          },
          random_u64),
      policy_(options_.servers.size(), now().boot, random_u64),
      wake_(executor_) {
  status_.pid = ::getpid();
  status_.started_at = status_.since = now().wall;
  status_.replica = options_.replica_path;
  const auto blocks = records_.load_blocks();
  if (blocks.ok()) follower_.restore_blocked(*blocks);
  if (!blocks.ok()) log(LogLevel::warning, "gate.memory_lost", {{"why", blocks.error().message()}});
  stored_blocks_ = follower_.blocked().changes();
}

// The loop.

Task<Done> GateFeed::follow() {
  beat();
  check();
  while (!is_stopping_) {
    const ReconnectAttempt attempt = policy_.next();
    co_await pause_until(attempt.at);
    if (is_stopping_) break;
    const Error why = co_await connect_once(options_.servers[attempt.address]);
    follower_.disconnected();
    note_failure(why);
    policy_.failed(now().boot);
  }
  beat_.cancel();
  check_.cancel();
  while (is_looking_after_) co_await wake_;
  status_.state = "stopped";
  status_.since = now().wall;
  const Status stored = co_await records_.store(memory_now(), status_, new_blocks());
  if (!stored.ok()) log(LogLevel::warning, "gate.not_stored", {{"why", stored.error().message()}});
  co_return Done{};
}

Task<Done> GateFeed::pause_until(Duration boot_at) {
  // Timers do not count while the machine sleeps.
  for (Duration at = now().boot; !is_stopping_ && at < boot_at; at = now().boot) {
    const Duration most = std::min(boot_at - at, options_.times.beat);
    pause_ = call_after(runtime_, executor_, most, [this] { wake_.wake(); });
    co_await wake_;
  }
  co_return Done{};
}

void GateFeed::stop() {
  if (std::exchange(is_stopping_, true)) return;
  replica_.end();
  if (session_) session_->close(kCloseGoingAway, "the gate stops");
  wake_.wake();
}

Task<Error> GateFeed::connect_once(std::string server) {
  const auto token = co_await access_.token(server);
  if (!token.ok()) co_return token.error();
  if (replica_.signing_keys().empty()) {
    // Until the feed says which.
    const Status known = replica_.set_signing_keys(access_.jwks());
    if (!known.ok()) co_return known.error();
  }
  WebsocketCall call = feed_call(server, options_.trust, *token, options_.times);
  auto opened = co_await connect_websocket(runtime_, std::move(call));
  if (!opened.ok()) {
    // Outdated by the journal, or over: the next try asks for another one.
    if (opened.error().code() == ErrorCode::unauthenticated) access_.drop();
    co_return opened.error().within("connecting to " + server);
  }
  status_.server = server;
  co_return co_await converse(std::move(opened).value());
}

Task<Error> GateFeed::converse(std::shared_ptr<WebsocketSession> session) {
  session_ = session;
  ending_.reset();
  asked_at_.reset();
  goal_ = {};
  if (is_stopping_) session->close(kCloseGoingAway, "the gate stops");
  send(follower_.connected(now()));
  arm();
  for (;;) {
    const std::optional<WebsocketMessage> message = co_await session->receive();
    if (!message) break;
    heard(*message);
    arm();
  }
  tick_.cancel();
  session_.reset();
  const Error why = ending_ ? *ending_ : ended(session->ending());
  // What it signed with keys that we do not know, or an end of the token: ask for both anew.
  if (why.code() == ErrorCode::unauthenticated) access_.drop();
  co_return why;
}

// A connection.

void GateFeed::heard(const WebsocketMessage& text) {
  if (ending_) return;
  if (!text.is_text) {
    return give_up(Error::transient(ErrorCode::protocol, "the server sent what is no text"));
  }
  const auto message = read_server_message(text.payload);
  if (!message.ok()) return give_up(message.error().within("a message of the server"));
  const FollowerStep step = follower_.received(*message, now());
  note_progress(*message);
  if (std::holds_alternative<FeedKeys>(*message)) access_.set_keys(replica_.signing_keys());
  take(step);
  const auto* const part = std::get_if<SnapshotPart>(&*message);
  if (part != nullptr && part->is_last && !step.close) {
    log(LogLevel::info, "gate.snapshot",
        {{"position", to_string(part->position)},
         {"keys", replica_.serving() ? replica_.serving()->entry_count() : std::uint64_t{0}}});
  }
}

void GateFeed::note_progress(const ServerMessage& message) {
  if (std::holds_alternative<ServerHello>(message)) goal_ = follower_.memory().newest.mark.position;
  if (std::holds_alternative<LeaseAnswer>(message)) return asked_at_.reset();
  if (asked_at_ && replica_.contiguous() < goal_) asked_at_ = now().boot;
}

void GateFeed::take(const FollowerStep& step) {
  // First what proves it, then the acknowledgement.
  const Status stored = records_.store_quickly(follower_.memory(), access_.jwks());
  if (!stored.ok()) return give_up(stored.error());
  for (const GateMessage& message : step.send) send(message);
  note_state();
  note_lease();
  if (step.close) give_up(*step.close);
}

void GateFeed::send(const GateMessage& message) {
  if (std::holds_alternative<LeaseRequest>(message)) asked_at_ = now().boot;
  session_->send({.is_text = true, .payload = to_json(message)});
}

void GateFeed::give_up(const Error& why) {
  if (ending_) return;
  ending_ = why;
  follower_.disconnected();
  tick_.cancel();
  if (why.code() == ErrorCode::timeout) return session_->cut();
  session_->close(kCloseNormal, "");
}

void GateFeed::arm() {
  if (!session_ || ending_) return;
  const Duration boot_now = now().boot;
  Duration due = follower_.next_due(boot_now).value_or(boot_now + options_.times.beat);
  if (asked_at_) due = std::min(due, *asked_at_ + options_.times.lease_answer_max);
  const Duration delay = std::clamp(due - boot_now, Duration{1}, options_.times.beat);
  tick_ = call_after(runtime_, executor_, delay, [this] { tick(); });
}

void GateFeed::tick() {
  if (!session_ || ending_) return;
  const bool is_dead = asked_at_ && now().boot >= *asked_at_ + options_.times.lease_answer_max;
  if (is_dead) {
    return give_up(
        Error::transient(ErrorCode::timeout, "the server does not answer a question for a lease"));
  }
  take(follower_.tick(now()));
  arm();
}

// What an operator is told.

void GateFeed::note_state() {
  const FollowerState state = follower_.state();
  if (state == logged_) return;
  logged_ = state;
  status_.since = now().wall;
  if (state == FollowerState::following) {
    policy_.succeeded(now().boot);
    said_errors_.clear();
    status_.divergence.clear();
    log(LogLevel::info, "gate.following",
        {{"server", status_.server}, {"position", to_string(replica_.contiguous())}});
  }
  if (state == FollowerState::diverged) note_divergence();
}

// Each try finds the same: said loudly, once a minute.
void GateFeed::note_divergence() {
  const auto& divergence = follower_.divergence();
  const Duration boot_now = now().boot;
  if (!divergence || (!status_.divergence.empty() && boot_now < say_divergence_at_)) return;
  status_.divergence = divergence->reason;
  say_divergence_at_ = boot_now + kDivergencePause;
  log(LogLevel::error, "gate.diverged",
      {{"server", status_.server},
       {"why", divergence->reason},
       {"ours", to_string(divergence->ours)},
       {"theirs", to_string(divergence->theirs.position)},
       {"todo",
        "the server's database is older than what it told this gate: put the newest one "
        "back, or fence the server (curfewd fence); until then the gate follows nobody"}});
}

void GateFeed::note_lease() {
  const bool has_lease = now().boot < follower_.lease_end() && !is_stopping_;
  if (has_lease == std::exchange(had_lease_, has_lease)) return;
  if (has_lease) {
    log(LogLevel::info, "gate.lease", {{"position", to_string(replica_.contiguous())}});
    return;
  }
  if (is_stopping_) return;
  const bool is_strict = replica_.serving() == nullptr || replica_.serving()->is_strict();
  const ReaderTable::Standing standing = replica_.standing();
  log(LogLevel::warning, "gate.without_lease",
      {{"effect", is_strict ? "everything is refused" : "goes on until tokens expire"},
       {"position", to_string(replica_.contiguous())},
       {"slowest_reader", standing.slowest_pid},
       {"last_error", status_.last_error}});
}

void GateFeed::note_failure(const Error& error) {
  note_state();
  if (is_stopping_) return;
  status_.last_error = error.message();
  status_.last_error_at = now().wall;
  if (said_errors_.size() >= kSaidErrorsMax) said_errors_.clear();
  if (!said_errors_.insert(error.message()).second) return;
  log(level_of(error), "gate.not_connected", {{"why", error.message()}});
}

// Now and then.

void GateFeed::beat() {
  note_lease();
  const Status kept = replica_.keep(now().boot);
  const std::string why = kept.ok() ? "" : kept.error().message();
  if (!why.empty() && why != said_keep_error_) {
    log(LogLevel::error, "gate.replica_not_kept", {{"why", why}});
  }
  said_keep_error_ = why;
  if (!is_looking_after_ && !is_stopping_) {
    is_looking_after_ = true;
    start<Done>(look_after(), [this](Done) {
      is_looking_after_ = false;
      wake_.wake();
    });
  }
  beat_ = call_after(runtime_, executor_, options_.times.beat, [this] { beat(); });
}

void GateFeed::check() {
  const Status found = replica_.check();
  if (!found.ok()) {
    log(LogLevel::error, "gate.replica_damaged",
        {{"replica", options_.replica_path},
         {"why", found.error().message()},
         {"effect", "everything is refused until it was fetched anew"}});
    follower_.replica_lost();
    if (session_) give_up(found.error());
    note_lease();
  }
  arm();  // readers may have said something that the server has to know
  check_ = call_after(runtime_, executor_, options_.times.check, [this] { check(); });
}

Task<Done> GateFeed::look_after() {
  const bool is_following = follower_.state() == FollowerState::following;
  if (is_following && access_.is_renewal_due(now().boot)) {
    const Status renewed = co_await access_.renew(status_.server);
    if (!renewed.ok()) {
      log(level_of(renewed.error()), "gate.token_not_renewed",
          {{"why", renewed.error().message()}});
    }
  }
  GateMemory memory = memory_now();
  RunStatus status = status_now();
  const std::uint64_t changes = follower_.blocked().changes();
  auto blocks = now().boot >= store_blocks_at_ ? new_blocks() : std::nullopt;
  if (!blocks && !records_.has_changed(memory, status)) co_return Done{};
  const bool has_blocks = blocks.has_value();
  const Status stored =
      co_await records_.store(std::move(memory), std::move(status), std::move(blocks));
  if (!stored.ok()) log(LogLevel::warning, "gate.not_stored", {{"why", stored.error().message()}});
  if (stored.ok() && has_blocks) {
    stored_blocks_ = changes;
    store_blocks_at_ = now().boot + kStoreBlocksPause;
  }
  co_return Done{};
}

std::optional<std::vector<GateBlock>> GateFeed::new_blocks() const {
  if (follower_.blocked().changes() == stored_blocks_) return std::nullopt;
  return follower_.blocked().all();
}

GateMemory GateFeed::memory_now() const { return {follower_.memory(), access_.jwks()}; }

RunStatus GateFeed::status_now() const {
  RunStatus status = status_;
  status.state = to_string(follower_.state());
  return status;
}

}  // namespace curfew
