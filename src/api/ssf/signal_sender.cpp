#include "api/ssf/signal_sender.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "api/ssf/signal_text.hpp"
#include "api/ssf/stream_right.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "io/rounds.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

// Rights come back, and what was put off becomes due, by no change of these tables.
constexpr Duration kLookAtLeastEvery = std::chrono::seconds{10};
// What was settled right before a crash may have woken nobody.
constexpr Duration kLookedBackAtStart = std::chrono::minutes{10};
constexpr int kAccepted = 202;  // RFC 8935 2.2: nothing else says that the receiver has it
constexpr int kBadRequest = 400;

// The first that may be told now. A stream that is not enabled says only what is about itself.
Result<std::optional<Signal>> next_signal(ReadTx& tx, const SignalStream& stream) {
  const std::size_t looked_at = stream.status == StreamStatus::enabled ? 1 : limits::kPollEventsMax;
  CURFEW_TRY(auto pending, pending_signals(tx, stream, looked_at));
  for (Signal& signal : pending) {
    if (may_tell(stream, signal)) return std::optional{std::move(signal)};
  }
  return std::optional<Signal>{};
}

// What the receiver says is wrong (RFC 8935 2.4), as operators are shown it.
std::string refusal_in(const ReceiverAnswer& answer) {
  const auto body = parse_json_object(answer.body);
  if (!body.ok()) return "status " + std::to_string(answer.status);
  const auto code = get_optional_string(*body, "err");
  const auto description = get_optional_string(*body, "description");
  std::string text = code.ok() && *code ? **code : "status " + std::to_string(answer.status);
  if (description.ok() && *description) text += ": " + **description;
  return escape_for_display(text);
}

}  // namespace

SignalSender::SignalSender(const ServerContext& context, Executor& executor, LookAgain look_again)
    : context_(context),
      executor_(executor),
      look_again_(std::move(look_again)),
      watch_(context.store, context.clock, {&table_of<Signal>(), &table_of<SignalStream>()},
             kLookAtLeastEvery),
      woken_up_to_{context.clock.now() - kLookedBackAtStart, {}} {}

void SignalSender::wake_runs() {
  const auto woken = read_value<StepsToWake>(context_.store, [&](ReadTx& tx) {
    return steps_to_look_again(tx, context_.tenant_id, woken_up_to_);
  });
  if (!woken.ok() || woken->has_more) watch_.look_again();
  if (!woken.ok()) return;
  for (const Step& step : woken->steps) look_again_(step.run_id, step.id);
}

void SignalSender::start_rounds() {
  start_rounds_of(shared_from_this(), context_.runtime, executor_, kSendEvery);
}

Task<Done> SignalSender::round() {
  if (watch_.has_nothing_new()) co_return Done{};
  wake_runs();
  const auto all = read_value<std::vector<SignalStream>>(
      context_.store, [&](ReadTx& tx) { return all_streams(tx, context_.tenant_id); });
  if (!all.ok()) {
    log(LogLevel::warning, "signals.failed", {{"why", all.error().message()}});
    watch_.look_again();
    co_return Done{};
  }
  std::erase_if(tracks_, [&](const auto& track) {
    return !track.second.is_under_way &&
           std::ranges::find(*all, track.first, &SignalStream::id) == all->end();
  });
  for (const SignalStream& stream : *all) look_at(stream);
  co_return Done{};
}

void SignalSender::look_at(const SignalStream& stream) {
  if (stream.delivery != StreamDelivery::push || stream.pending_count == 0) return;
  Track& track = tracks_[stream.id];
  if (track.is_under_way) return;
  if (context_.clock.now() < track.not_before) {
    watch_.look_again_at(track.not_before);
    return;
  }
  const auto next = read_value<std::optional<Signal>>(
      context_.store, [&](ReadTx& tx) -> Result<std::optional<Signal>> {
        CURFEW_TRY_STATUS(check_stream_stands(tx, context_, stream));
        return next_signal(tx, stream);
      });
  if (!next.ok() || !*next) return;  // it is looked at again, at least every so often
  begin(stream, **next);
}

void SignalSender::begin(const SignalStream& stream, const Signal& signal) {
  tracks_[stream.id].is_under_way = true;
  ++under_way_;
  using Tokens = Result<std::vector<std::string>>;
  start<Tokens>(signed_signals(context_, executor_, stream, {signal}),
                [self = shared_from_this(), stream, signal](const Tokens& tokens) {
                  if (tokens.ok()) return self->send(stream, signal, tokens->front());
                  log(LogLevel::warning, "signals.failed", {{"why", tokens.error().message()}});
                  // That others have a lot to be signed is no failure of this receiver's.
                  const bool is_crowded = tokens.error().retry() == Retry::later;
                  if (is_crowded) self->watch_.look_again();
                  if (!is_crowded) self->put_off(self->tracks_[stream.id]);
                  self->end(stream.id);
                });
}

void SignalSender::end(const std::string& stream_id) {
  tracks_[stream_id].is_under_way = false;
  --under_way_;
}

void SignalSender::send(const SignalStream& stream, const Signal& signal,
                        const std::string& token) {
  ReceiverCall call;
  call.url = stream.endpoint_url;
  call.content_type = "application/secevent+jwt";
  call.body = token;
  call.headers = {{"Accept", "application/json"}};
  const std::string authorization = open_authorization(context_, stream);
  if (!authorization.empty()) call.headers.emplace_back("Authorization", authorization);
  call.deadline = limits::kSignalCallTimeMax;
  const bool is_troubled = tracks_[stream.id].failures > 0;
  call.lane = is_troubled ? CallLane::ending_troubled : CallLane::ending;
  // The row again, and the rule again: it was signed meanwhile, and may have waited for a thread.
  call.still_allowed = [this, id = stream.id, url = stream.endpoint_url]() -> Status {
    return context_.store.read([&](ReadTx& tx) -> Status {
      CURFEW_TRY(const auto row, load<SignalStream>(tx, context_.tenant_id, id));
      const bool is_same = row && row->delivery == StreamDelivery::push && row->endpoint_url == url;
      if (!is_same) return Error::permanent(ErrorCode::denied, "the stream is another one now");
      return check_stream_stands(tx, context_, *row);
    });
  };
  context_.receivers->post(std::move(call), [self = shared_from_this(), id = stream.id,
                                             signal](Result<ReceiverAnswer> answer) {
    auto kept = std::make_shared<Result<ReceiverAnswer>>(std::move(answer));
    self->executor_.post([self, id, signal, kept] {
      start<Done>(self->settle(id, signal, std::move(*kept)), [self, id](Done) { self->end(id); });
    });
  });
}

void SignalSender::put_off(Track& track) {
  track.not_before =
      context_.clock.now() + doubled(kSendBackoffFirst, track.failures, kSendBackoffMax);
  ++track.failures;
  watch_.look_again();
}

Task<Done> SignalSender::settle(std::string stream_id, Signal signal,
                                Result<ReceiverAnswer> answer) {
  Track& track = tracks_[stream_id];
  watch_.look_again();
  if (answer.ok() && answer->status == kAccepted) {
    track.failures = 0;
    track.not_before = {};
    std::function<Result<Done>(WriteTx&)> body = [this, stream_id,
                                                  jti = signal.jti](WriteTx& tx) -> Result<Done> {
      CURFEW_TRY(auto stream, load<SignalStream>(tx, context_.tenant_id, stream_id));
      if (!stream) return Done{};
      CURFEW_TRY_STATUS(
          settle_signals(tx, context_, *stream, {{jti, SignalState::acknowledged, ""}}));
      return Done{};
    };
    co_return co_await write(std::move(body));
  }
  if (was_not_sent(answer)) co_return Done{};  // it is looked at again in the next round
  put_off(track);
  const bool is_refused = answer.ok() && answer->status == kBadRequest;
  const std::string why = answer.ok() ? refusal_in(*answer) : answer.error().message();
  log(LogLevel::info, "signals.refused",
      {{"stream", stream_id},
       {"event", signal.event},
       {"failures", static_cast<std::int64_t>(track.failures)},
       {"why", why}});
  co_return co_await note(std::move(stream_id), std::move(signal), why, is_refused);
}

// In the row as it is there. Refused too often, it is a dead letter.
Task<Done> SignalSender::note(std::string stream_id, Signal signal, std::string why,
                              bool is_refused) {
  std::function<Result<Done>(WriteTx&)> body = [this, stream_id, signal, why,
                                                is_refused](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(auto stream, load<SignalStream>(tx, context_.tenant_id, stream_id));
    CURFEW_TRY(auto row, load<Signal>(tx, context_.tenant_id, signal.stream_id, signal.sequence));
    if (!stream || !row || row->state != SignalState::pending) return Done{};
    if (is_refused && ++row->refusal_count >= limits::kSignalRefusalsMax) {
      CURFEW_TRY_STATUS(
          settle_signals(tx, context_, *stream, {{row->jti, SignalState::refused, why}}));
      return Done{};
    }
    row->last_error = why;
    CURFEW_TRY_STATUS(save(tx, *row));
    return Done{};
  };
  co_return co_await write(std::move(body));
}

// What is not written is told again, with the same jti.
Task<Done> SignalSender::write(std::function<Result<Done>(WriteTx&)> body) {
  const Result<Done> written =
      co_await write_value<Done>(context_.store, executor_, Urgency::normal, std::move(body));
  if (!written.ok()) {
    log(LogLevel::warning, "signals.failed", {{"why", written.error().message()}});
  }
  co_return Done{};
}

}  // namespace curfew
