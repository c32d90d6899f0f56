// Polling (RFC 8936): what a receiver has, and what it is still to be told.
#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "api/ssf/settled_signals.hpp"
#include "api/ssf/signal_text.hpp"
#include "api/ssf/ssf_call.hpp"
#include "api/ssf/ssf_endpoints.hpp"
#include "api/ssf/stream_right.hpp"
#include "base/signal_limits.hpp"
#include "io/runtime.hpp"
#include "protocol/ssf/stream_requests.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds{250};

std::vector<SettledSignal> settled_in(const PollWish& wish) {
  std::vector<SettledSignal> settled;
  for (const std::string& jti : wish.acks) settled.push_back({jti, SignalState::acknowledged, ""});
  for (const SignalError& error : wish.errors) {
    settled.push_back({error.jti, SignalState::refused, error.text});
  }
  return settled;
}

struct Batch {
  SignalStream stream;
  std::vector<Signal> signals;
  bool has_more = false;
};

// The stream, if the caller may be told of it now: a long poll waits, and a page is signed, longer
// than it takes to be cut off.
Result<SignalStream> polled_stream(ReadTx& tx, const SsfCall& call, const std::string& stream_id) {
  CURFEW_TRY_STATUS(check_caller(tx, call));
  CURFEW_TRY(SignalStream stream, own_stream(tx, call, stream_id));
  if (stream.delivery != StreamDelivery::poll) {
    return Error::permanent(ErrorCode::invalid_argument, "the stream's events are pushed");
  }
  CURFEW_TRY_STATUS(check_stream_stands(tx, call.context, stream));
  return stream;
}

Result<Batch> next_batch(ReadTx& tx, const SsfCall& call, const std::string& stream_id,
                         std::size_t most) {
  Batch batch;
  CURFEW_TRY(batch.stream, polled_stream(tx, call, stream_id));
  if (most == 0) return batch;
  CURFEW_TRY(auto pending, pending_signals(tx, batch.stream, limits::kPollEventsMax + 1));
  std::erase_if(pending, [&](const Signal& signal) { return !may_tell(batch.stream, signal); });
  batch.has_more = pending.size() > most;
  if (batch.has_more) pending.resize(most);
  batch.signals = std::move(pending);
  return batch;
}

// How much long polls look: the time is counted in looks, so that a clock that is set does not
// hold up anybody.
constexpr int kLooksMax = static_cast<int>(limits::kLongPollTime / kLookEvery);

Task<Result<Batch>> wait_for_batch(const SsfCall& call, const std::string& stream_id,
                                   const PollWish& wish) {
  Store& store = call.context.store;
  for (int look = 0;; ++look) {
    // Before the rows: what is committed in between is looked at again.
    const std::uint64_t version = store.version(table_of<Signal>());
    auto batch = read_value<Batch>(
        store, [&](ReadTx& tx) { return next_batch(tx, call, stream_id, wish.max_events); });
    const bool is_full = !batch.ok() || !batch->signals.empty();
    if (is_full || wish.return_immediately || look >= kLooksMax) co_return batch;
    do {
      co_await sleep_for(call.context.runtime, current_executor(), kLookEvery);
    } while (store.version(table_of<Signal>()) == version && ++look < kLooksMax);
  }
}

using SignedPage = Result<std::vector<std::string>>;

// When no other page of the stream is being signed.
Task<SignedPage> signed_page(const SsfCall& call, const Batch& batch) {
  if (batch.signals.empty()) co_return std::vector<std::string>{};
  PageTurns::Turn turn = call.context.page_turns->take(batch.stream.id);
  for (int look = 0; turn == nullptr; ++look) {
    if (look >= kLooksMax) {
      co_return Error::transient(ErrorCode::unavailable, "other pages of the stream are signed");
    }
    co_await sleep_for(call.context.runtime, current_executor(), kLookEvery);
    turn = call.context.page_turns->take(batch.stream.id);
  }
  co_return co_await signed_signals(call.context, current_executor(), batch.stream, batch.signals);
}

// Who was cut off while it was signed is told nothing of it, and of a stream that was paused
// meanwhile only what is about itself.
Task<Result<boost::json::object>> answer_of(const SsfCall& call, const Batch& batch) {
  const SignedPage tokens = co_await signed_page(call, batch);
  if (!tokens.ok()) co_return tokens.error();
  CURFEW_CO_TRY(const SignalStream stream,
                read_value<SignalStream>(call.context.store, [&](ReadTx& tx) {
                  return polled_stream(tx, call, batch.stream.id);
                }));
  boost::json::object sets;
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    const Signal& signal = batch.signals[i];
    if (may_tell(stream, signal)) sets[signal.jti] = (*tokens)[i];
  }
  boost::json::object answer{{"sets", std::move(sets)}};
  if (batch.has_more) answer["moreAvailable"] = true;
  co_return answer;
}

Task<HttpResponse> poll(const SsfCall& call) {
  const auto wish = read_poll_wish(call.request.http.body);
  if (!wish.ok()) co_return ssf_error(call, wish.error());
  const std::string stream_id = call.request.values.at("stream");
  const auto settled = settled_in(*wish);
  if (!settled.empty()) {
    auto how = [&call, settled](WriteTx& tx, SignalStream& stream) -> Result<Done> {
      CURFEW_TRY_STATUS(settle_signals(tx, call.context, stream, settled));
      return Done{};
    };
    const Result<Done> written = co_await change_stream(call, stream_id, std::move(how));
    if (!written.ok()) co_return ssf_error(call, written.error());
  }
  const Result<Batch> batch = co_await wait_for_batch(call, stream_id, *wish);
  if (!batch.ok()) co_return ssf_error(call, batch.error());
  const auto answer = co_await answer_of(call, *batch);
  if (!answer.ok()) co_return ssf_error(call, answer.error());
  co_return ssf_answer(200, *answer);
}

}  // namespace

Task<HttpResponse> ssf_poll_endpoint(const ServerContext& context, RoutedRequest request) {
  auto admitted = admit_receiver(context, std::move(request), SsfRight::read);
  if (auto* refusal = std::get_if<HttpResponse>(&admitted)) co_return std::move(*refusal);
  co_return co_await poll(std::get<SsfCall>(admitted));
}

}  // namespace curfew
