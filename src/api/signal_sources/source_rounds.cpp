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
#include "io/rounds.hpp"
#include "model/audit.hpp"
#include "revocation/signals/received_queue.hpp"
#include "revocation/signals/source_brake.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

// Rights come back by no change of these tables.
constexpr Duration kLookAtLeastEvery = std::chrono::seconds{10};

AuditEvent event_by(const SignalSource& source) {
  AuditEvent event;
  event.actor_kind = ActorKind::service_principal;
  event.actor_id = source.app_id.str();
  event.actor_name = source.display_name;
  return event;
}

// What led to no run would be seen nowhere else.
AuditEvent event_of(const SignalSource& source, const ReceivedSignal& signal) {
  AuditEvent event = event_by(source);
  event.action = "signal." + std::string{to_string(signal.state)};
  const bool is_done = signal.state == ReceivedState::noted ||
                       signal.state == ReceivedState::acted ||
                       signal.state == ReceivedState::covered;
  event.outcome = is_done ? AuditOutcome::success : AuditOutcome::failed;
  event.subject_id = signal.user_id;
  if (!signal.run_id.empty()) event.run_id = RunId{signal.run_id};
  event.detail = signal.event;
  if (!signal.last_error.empty()) event.detail += ": " + signal.last_error;
  return event;
}

// A transmitter that waits for us to read less is not one that cannot be reached.
bool was_too_long(const Result<ReceiverAnswer>& answer) {
  return !answer.ok() && answer.error().code() == ErrorCode::exhausted && !was_not_sent(answer);
}

}  // namespace

SourceRounds::SourceRounds(const ServerContext& context, Executor& executor)
    : context_(context),
      executor_(executor),
      watch_(context.store, context.clock, {&table_of<SignalSource>(), &table_of<ReceivedSignal>()},
             kLookAtLeastEvery) {}

void SourceRounds::start_rounds() {
  start_rounds_of(shared_from_this(), context_.runtime, executor_, kSourceRoundEvery);
}

Task<Done> SourceRounds::round() {
  if (watch_.has_nothing_new()) co_return Done{};
  const auto all = read_value<std::vector<SignalSource>>(
      context_.store, [&](ReadTx& tx) { return all_sources(tx, context_.tenant_id); });
  if (!all.ok()) {
    log(LogLevel::warning, "sources.failed", {{"why", all.error().message()}});
    watch_.look_again();
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

// As both are there now. When the next attempt is due of what waits, the source is looked at again;
// one that is due later than anything is put off was put off by another clock.
Result<std::optional<SourceRounds::Due>> SourceRounds::next_due(const std::string& source_id) {
  return read_value<std::optional<Due>>(
      context_.store, [&](ReadTx& tx) -> Result<std::optional<Due>> {
        CURFEW_TRY(auto source, load<SignalSource>(tx, context_.tenant_id, source_id));
        const bool stands = source && check_source_stands(tx, context_, *source).ok();
        if (!stands || source->held_at) return std::optional<Due>{};
        CURFEW_TRY(auto pending, pending_received(tx, *source, 1));
        if (pending.empty()) return std::optional<Due>{};
        ReceivedSignal& first = pending.front();
        const TimePoint now = context_.clock.now();
        if (first.not_before > now && first.not_before <= now + kActBackoffMax) {
          watch_.look_again_at(first.not_before);
          return std::optional<Due>{};
        }
        return std::optional{Due{*std::move(source), std::move(first)}};
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
  std::string source_id = source.id;
  auto [outcome, hold_because] =
      co_await act_on_signal(context_, std::move(source), std::move(signal));
  if (!hold_because.empty()) {
    co_await hold(std::move(source_id), std::move(hold_because));
    co_return false;
  }
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
  co_return co_await write([this, signal](WriteTx& tx) -> Result<Done> {
    const TimePoint now = context_.clock.now();
    CURFEW_TRY(auto source, load<SignalSource>(tx, context_.tenant_id, signal.source_id));
    CURFEW_TRY(const auto row,
               load<ReceivedSignal>(tx, context_.tenant_id, signal.source_id, signal.sequence));
    // Settled meanwhile, because its source was switched off or removed: that stays said.
    if (!source || !row || row->state != ReceivedState::pending) return Done{};
    if (signal.state == ReceivedState::pending) {
      CURFEW_TRY_STATUS(save(tx, signal));
      return Done{};
    }
    CURFEW_TRY_STATUS(settle_received(tx, *source, signal, now));
    if (signal.user_id.empty()) return Done{};  // about nobody here: counted
    CURFEW_TRY_STATUS(context_.audit.append(tx, event_of(*source, signal), now));
    return Done{};
  });
}

// Nothing was tried of what waits.
Task<Done> SourceRounds::hold(std::string source_id, std::string because) {
  log(LogLevel::warning, "sources.held", {{"source", source_id}, {"why", because}});
  static_cast<void>(co_await write([this, source_id, because](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(auto source, load<SignalSource>(tx, context_.tenant_id, source_id));
    if (!source || source->held_at) return Done{};
    const TimePoint now = context_.clock.now();
    hold_source(*source, because, now);
    CURFEW_TRY_STATUS(save(tx, *source));
    AuditEvent event = event_by(*source);
    event.action = "source.hold";
    event.outcome = AuditOutcome::failed;
    event.subject_id = source->id;
    event.subject_name = source->display_name;
    event.detail = because;
    CURFEW_TRY_STATUS(context_.audit.append(tx, event, now));
    return Done{};
  }));
  co_return Done{};
}

Task<bool> SourceRounds::write(std::function<Result<Done>(WriteTx&)> body) {
  const Result<Done> written =
      co_await write_value<Done>(context_.store, executor_, Urgency::normal, std::move(body));
  if (!written.ok()) {
    log(LogLevel::warning, "sources.failed", {{"why", written.error().message()}});
    watch_.look_again();
  }
  co_return written.ok();
}

// --- polls

void SourceRounds::begin_poll(const SignalSource& source) {
  Track& track = tracks_[source.id];
  if (track.is_polling) return;
  const Duration wait = track.poll_not_before - context_.clock.since_boot();
  if (wait > Duration{}) {
    watch_.look_again_at(context_.clock.now() + wait);
    return;
  }
  // What came from one address means nothing at another.
  if (track.polled_url != source.poll_url) track.next_poll = {};
  track.polled_url = source.poll_url;
  track.is_polling = true;
  ++under_way_;
  start<Done>(poll(source), [self = shared_from_this(), id = source.id](Done) {
    self->tracks_[id].is_polling = false;
    --self->under_way_;
    self->watch_.look_again();
  });
}

ReceiverCall SourceRounds::poll_call(const SignalSource& source, const PollRequest& request,
                                     const std::string& authorization) {
  ReceiverCall call;
  call.url = source.poll_url;
  call.content_type = "application/json";
  call.body = poll_request_text(request);
  call.headers = {{"Accept", "application/json"}};
  if (!request.errors.empty()) call.headers.emplace_back("Content-Language", "en");
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
  const auto authorization = open_source_authorization(context_, source);
  if (!authorization.ok()) {
    co_return co_await put_off(std::move(source), authorization.error().message());
  }
  PollRequest request = tracks_[source.id].next_poll;
  request.max_events = tracks_[source.id].max_events;
  Result<ReceiverAnswer> answer = co_await call_receiver(
      *context_.receivers, executor_, poll_call(source, request, *authorization));
  if (was_not_sent(answer)) co_return Done{};  // it is looked at again in the next round
  tracks_[source.id].next_poll = {};
  co_return co_await take_answer(std::move(source), std::move(answer));
}

Task<Done> SourceRounds::take_answer(SignalSource source, Result<ReceiverAnswer> answer) {
  Track& track = tracks_[source.id];
  if (was_too_long(answer)) track.max_events = std::max<std::size_t>(track.max_events / 2, 1);
  if (!answer.ok()) {
    co_return co_await put_off(std::move(source),
                               "it cannot be polled: " + answer.error().message());
  }
  if (answer->status != 200) {
    co_return co_await put_off(std::move(source), "polled, it answers with status " +
                                                      std::to_string(answer->status) + ", not 200");
  }
  auto read = read_poll_answer(answer->body);
  if (!read.ok()) {
    co_return co_await put_off(std::move(source),
                               "its answer to a poll is none: " + read.error().message());
  }
  track.max_events = limits::kSourcePollEvents;
  co_return co_await hear_all(std::move(source), *std::move(read));
}

// What could not be kept is not acknowledged, and so comes again; the others are heard all the
// same, unless nothing of this source is heard now.
Task<Done> SourceRounds::hear_all(SignalSource source, PollAnswer answer) {
  PollRequest next;
  std::optional<Error> why;
  std::string trouble;
  bool is_new = false;
  for (auto& [jti, compact] : answer.sets) {
    const Hearing hearing = co_await hear_token(context_, source, std::move(compact));
    if (trouble.empty()) trouble = trouble_of(hearing);
    if (const auto* const problem = std::get_if<TokenProblem>(&hearing)) {
      next.errors.push_back({jti, std::string{problem->code}, problem->description});
    } else if (const auto* const error = std::get_if<Error>(&hearing)) {
      why = *error;
      if (error->code() != ErrorCode::unavailable) break;
    } else {
      next.acks.push_back(jti);
      is_new = is_new || std::get<Heard>(hearing).is_new;
    }
  }
  Track& track = tracks_[source.id];
  track.next_poll = std::move(next);
  if (why) co_return co_await put_off(std::move(source), why->message());
  track.poll_failures = 0;
  // At once for what was of use alone: who sends what is refused, or known, is not asked for more.
  track.poll_not_before = context_.clock.since_boot() + (is_new ? Duration{} : kPollSourcesEvery);
  if (answer.sets.empty() && is_of_a_token(source.trouble)) co_return Done{};
  co_return co_await note_trouble(context_, source.id, trouble);
}

Task<Done> SourceRounds::put_off(SignalSource source, std::string why) {
  Track& track = tracks_[source.id];
  track.poll_not_before = context_.clock.since_boot() +
                          doubled(kPollSourcesEvery, track.poll_failures, kPollBackoffMax);
  ++track.poll_failures;
  log(LogLevel::warning, "sources.not_polled", {{"source", source.id}, {"why", why}});
  co_return co_await note_trouble(context_, source.id, std::move(why));
}

}  // namespace curfew
