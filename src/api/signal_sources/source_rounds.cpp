#include "api/signal_sources/source_rounds.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/signal_sources/hear.hpp"
#include "api/signal_sources/source_effects.hpp"
#include "api/signal_sources/source_right.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/signal_limits.hpp"
#include "io/runtime.hpp"
#include "model/audit.hpp"
#include "revocation/signals/received_queue.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

// Rights come back by no change of these tables.
constexpr Duration kLookAtLeastEvery = std::chrono::seconds{10};
// So many that wait for their next attempt are looked past.
constexpr std::size_t kLookedPast = 200;

// What led to no run would be seen nowhere else.
AuditEvent event_of(const SignalSource& source, const ReceivedSignal& signal) {
  AuditEvent event;
  event.action = "signal." + std::string{to_string(signal.state)};
  event.outcome = signal.state == ReceivedState::noted || signal.state == ReceivedState::acted
                      ? AuditOutcome::success
                      : AuditOutcome::failed;
  event.actor_kind = ActorKind::service_principal;
  event.actor_id = source.app_id.str();
  event.actor_name = source.display_name;
  event.subject_id = signal.user_id;
  event.detail = signal.event;
  if (!signal.last_error.empty()) event.detail += ": " + signal.last_error;
  return event;
}

}  // namespace

void SourceRounds::start_rounds() {
  executor_.post([self = shared_from_this()] { start<Done>(self->run(), [](Done) {}); });
}

Task<Done> SourceRounds::run() {
  const std::shared_ptr<SourceRounds> alive = shared_from_this();
  while (true) {
    co_await sleep_for(context_.runtime, executor_, kSourceRoundEvery);
    co_await round();
  }
}

bool SourceRounds::has_nothing_new() {
  const std::uint64_t sources = context_.store.version(table_of<SignalSource>());
  const std::uint64_t signals = context_.store.version(table_of<ReceivedSignal>());
  const bool is_same = sources == seen_sources_ && signals == seen_signals_;
  if (is_same && context_.clock.now() < look_again_at_) return true;
  seen_sources_ = sources;
  seen_signals_ = signals;
  look_again_at_ = context_.clock.now() + kLookAtLeastEvery;
  return false;
}

Task<Done> SourceRounds::round() {
  if (has_nothing_new()) co_return Done{};
  const auto all = read_value<std::vector<SignalSource>>(
      context_.store, [&](ReadTx& tx) { return all_sources(tx, context_.tenant_id); });
  if (!all.ok()) {
    log(LogLevel::warning, "sources.failed", {{"why", all.error().message()}});
    look_again_at_ = {};
    co_return Done{};
  }
  std::erase_if(tracks_, [&](const auto& track) {
    return !track.second.is_acting && !track.second.is_polling &&
           std::ranges::find(*all, track.first, &SignalSource::id) == all->end();
  });
  for (const SignalSource& source : *all) look_at(source);
  co_return Done{};
}

void SourceRounds::look_at(const SignalSource& source) {
  const Status stands =
      context_.store.read([&](ReadTx& tx) { return check_source_stands(tx, context_, source); });
  if (!stands.ok()) return;  // it is looked at again, at least every so often
  if (source.pending_count > 0) begin_act(source);
  if (source.delivery == StreamDelivery::poll) begin_poll(source);
}

void SourceRounds::begin_act(const SignalSource& source) {
  Track& track = tracks_[source.id];
  if (track.is_acting) return;
  track.is_acting = true;
  ++under_way_;
  start<Done>(act_on_all(source.id), [self = shared_from_this(), id = source.id](Done) {
    self->tracks_[id].is_acting = false;
    --self->under_way_;
  });
}

// As both are there now. When the next attempt is due of what waits, the source is looked at again.
Result<std::optional<SourceRounds::Due>> SourceRounds::next_due(const std::string& source_id) {
  return read_value<std::optional<Due>>(
      context_.store, [&](ReadTx& tx) -> Result<std::optional<Due>> {
        CURFEW_TRY(auto source, load<SignalSource>(tx, context_.tenant_id, source_id));
        if (!source || !check_source_stands(tx, context_, *source).ok()) {
          return std::optional<Due>{};
        }
        CURFEW_TRY(auto pending, pending_received(tx, *source, kLookedPast));
        for (ReceivedSignal& signal : pending) {
          if (signal.not_before <= context_.clock.now()) {
            return std::optional{Due{*std::move(source), std::move(signal)}};
          }
          look_again_at_ = std::min(look_again_at_, signal.not_before);
        }
        return std::optional<Due>{};
      });
}

Task<Done> SourceRounds::act_on_all(std::string source_id) {
  while (true) {
    auto due = next_due(source_id);
    if (!due.ok() || !*due) co_return Done{};
    const bool is_stored = co_await act(std::move((**due).source), std::move((**due).signal));
    if (!is_stored) co_return Done{};  // in a later round
  }
}

Task<bool> SourceRounds::act(SignalSource source, ReceivedSignal signal) {
  ReceivedSignal outcome = co_await act_on_signal(context_, std::move(source), std::move(signal));
  if (outcome.state == ReceivedState::pending) {
    outcome.not_before =
        context_.clock.now() +
        doubled(kActBackoffFirst, static_cast<std::uint32_t>(outcome.try_count), kActBackoffMax);
    if (++outcome.try_count >= limits::kReceivedTriesMax) outcome.state = ReceivedState::failed;
    log(LogLevel::warning, "sources.not_acted",
        {{"source", outcome.source_id}, {"why", outcome.last_error}});
  }
  co_return co_await store_outcome(std::move(outcome));
}

// What is not written is acted on again, and finds what was done.
Task<bool> SourceRounds::store_outcome(ReceivedSignal signal) {
  std::function<Result<Done>(WriteTx&)> body = [this, signal](WriteTx& tx) -> Result<Done> {
    const TimePoint now = context_.clock.now();
    CURFEW_TRY(auto source, load<SignalSource>(tx, context_.tenant_id, signal.source_id));
    if (!source) return Done{};
    if (signal.state == ReceivedState::pending) {
      CURFEW_TRY_STATUS(save(tx, signal));
      return Done{};
    }
    CURFEW_TRY_STATUS(settle_received(tx, *source, signal, now));
    if (signal.user_id.empty()) return Done{};  // about nobody here: counted
    CURFEW_TRY_STATUS(context_.audit.append(tx, event_of(*source, signal), now));
    return Done{};
  };
  const Result<Done> written =
      co_await write_value<Done>(context_.store, executor_, Urgency::normal, std::move(body));
  if (!written.ok()) {
    log(LogLevel::warning, "sources.failed", {{"why", written.error().message()}});
    look_again_at_ = {};
  }
  co_return written.ok();
}

// --- polls

void SourceRounds::begin_poll(const SignalSource& source) {
  Track& track = tracks_[source.id];
  if (track.is_polling || context_.receivers == nullptr) return;
  if (context_.clock.now() < track.poll_not_before) {
    look_again_at_ = std::min(look_again_at_, track.poll_not_before);
    return;
  }
  track.is_polling = true;
  ++under_way_;
  start<Done>(poll(source), [self = shared_from_this(), id = source.id](Done) {
    self->tracks_[id].is_polling = false;
    --self->under_way_;
    self->look_again_at_ = {};
  });
}

ReceiverCall SourceRounds::poll_call(const SignalSource& source, const PollRequest& request) {
  ReceiverCall call;
  call.url = source.poll_url;
  call.content_type = "application/json";
  call.body = poll_request_text(request);
  call.headers = {{"Accept", "application/json"}};
  if (!request.errors.empty()) call.headers.emplace_back("Content-Language", "en");
  const std::string authorization = open_source_authorization(context_, source);
  if (!authorization.empty()) call.headers.emplace_back("Authorization", authorization);
  call.deadline = limits::kSourceCallTimeMax;
  call.answer_bytes_max = limits::kSourcePollBytesMax;
  call.lane = tracks_[source.id].poll_failures > 0 ? CallLane::source_troubled : CallLane::source;
  // The row again: it may have waited for a thread.
  call.still_allowed = [this, id = source.id, url = source.poll_url]() -> Status {
    return context_.store.read([&](ReadTx& tx) -> Status {
      CURFEW_TRY(const auto row, load<SignalSource>(tx, context_.tenant_id, id));
      const bool is_same = row && row->delivery == StreamDelivery::poll && row->poll_url == url;
      if (!is_same) return Error::permanent(ErrorCode::denied, "the source is another one now");
      return check_source_stands(tx, context_, *row);
    });
  };
  return call;
}

Task<Done> SourceRounds::poll(SignalSource source) {
  PollRequest request = std::exchange(tracks_[source.id].next_poll, {});
  request.max_events = limits::kSourcePollEvents;
  const Result<ReceiverAnswer> answer =
      co_await call_receiver(*context_.receivers, executor_, poll_call(source, request));
  if (!answer.ok()) {
    put_off(source, answer.error().message());
    co_return Done{};
  }
  if (answer->status != 200) {
    put_off(source, "its status is " + std::to_string(answer->status) + ", not 200");
    co_return Done{};
  }
  auto read = read_poll_answer(answer->body);
  if (!read.ok()) {
    put_off(source, "its answer is none: " + read.error().message());
    co_return Done{};
  }
  co_return co_await hear_all(std::move(source), *std::move(read));
}

// What could not be kept is not acknowledged, and so comes again.
Task<Done> SourceRounds::hear_all(SignalSource source, PollAnswer answer) {
  PollRequest next;
  std::optional<std::string> why;
  for (auto& [jti, compact] : answer.sets) {
    const Hearing hearing = co_await hear_token(context_, source, std::move(compact));
    if (const auto* const problem = std::get_if<TokenProblem>(&hearing)) {
      next.errors.push_back({jti, std::string{problem->code}, problem->description});
    } else if (const auto* const error = std::get_if<Error>(&hearing)) {
      why = error->message();
      break;
    } else {
      next.acks.push_back(jti);
    }
  }
  // Only for what was of use: who sends nothing but what is refused is not asked for more of it.
  const bool at_once = !next.acks.empty();
  Track& track = tracks_[source.id];
  track.next_poll = std::move(next);
  if (why) {
    put_off(source, *why);
    co_return Done{};
  }
  track.poll_failures = 0;
  track.poll_not_before = context_.clock.now() + (at_once ? Duration{} : kPollSourcesEvery);
  co_return Done{};
}

void SourceRounds::put_off(const SignalSource& source, const std::string& why) {
  Track& track = tracks_[source.id];
  track.poll_not_before =
      context_.clock.now() + doubled(kPollSourcesEvery, track.poll_failures, kPollBackoffMax);
  ++track.poll_failures;
  log(LogLevel::warning, "sources.not_polled", {{"source", source.id}, {"why", why}});
}

}  // namespace curfew
