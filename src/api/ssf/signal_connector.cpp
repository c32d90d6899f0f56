#include "api/ssf/signal_connector.hpp"

#include <utility>

#include "base/text.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

Error waits(std::string sentence) {
  return Error{ErrorCode::protocol, Retry::after_human, std::move(sentence)};
}

// "3 events were acknowledged": what the receiver said of this run's.
Result<std::string> acknowledged(ReadTx& tx, const TenantId& tenant_id, const RunId& run_id,
                                 const std::string& stream_id) {
  CURFEW_TRY(const auto stream, load<SignalStream>(tx, tenant_id, stream_id));
  if (!stream) return waits("the stream is gone, and nobody was told what was left in it");
  CURFEW_TRY(const auto signals, signals_of_run(tx, tenant_id, run_id.str(), stream_id));
  std::size_t pending = 0;
  std::string last_error;
  for (const Signal& signal : signals) {
    switch (signal.state) {
      case SignalState::refused:
        return waits("dead letter: the receiver refused " + signal.event + ": " +
                     signal.last_error);
      case SignalState::dropped:
        return waits(signal.event + " was never delivered: " + signal.last_error);
      case SignalState::pending:
        ++pending;
        if (last_error.empty()) last_error = signal.last_error;
        break;
      case SignalState::acknowledged: break;
    }
  }
  if (pending == 0) return std::to_string(signals.size()) + " events were acknowledged";
  std::string sentence = std::to_string(pending) + " of " + std::to_string(signals.size()) +
                         " events are not acknowledged yet; they are kept for the receiver";
  if (stream->status == StreamStatus::paused) sentence += ", whose stream is paused";
  if (!last_error.empty()) sentence += "; last error: " + last_error;
  return Error::transient(ErrorCode::timeout, sentence);
}

}  // namespace

Task<Result<std::string>> SignalConnector::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Task<Result<Applied>> SignalConnector::apply(ConnectorOrder order) {
  auto evidence = read_value<std::string>(
      store_, [&](ReadTx& tx) { return acknowledged(tx, tenant_id_, order.run_id, order.target); });
  if (!evidence.ok()) co_return evidence.error();
  co_return Applied{std::move(evidence).value(), ""};
}

Task<Result<Observation>> SignalConnector::observe(ConnectorOrder /*order*/) {
  co_return Observation{Finding::unobservable, ""};
}

Task<Result<Applied>> SignalConnector::undo(ConnectorOrder /*order*/) {
  co_return Applied{"what was given back is told in its own events", ""};
}

}  // namespace curfew
