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

struct Open {
  std::size_t pending = 0;
  std::string last_error;
};

Result<Open> look_through(const std::vector<Signal>& signals) {
  Open open;
  for (const Signal& signal : signals) {
    switch (signal.state) {
      case SignalState::refused:
        return waits("dead letter: the receiver refused " + signal.event + ": " +
                     signal.last_error);
      case SignalState::dropped:
        return waits(signal.event + " was never delivered: " + signal.last_error);
      case SignalState::pending:
        ++open.pending;
        if (open.last_error.empty()) open.last_error = signal.last_error;
        break;
      case SignalState::acknowledged: break;
    }
  }
  return open;
}

// "3 events were acknowledged": what the receiver said of this run's.
Result<std::string> acknowledged(ReadTx& tx, const SignalConnector::Stands& stands,
                                 const SignalStream& stream, const std::string& run_id) {
  CURFEW_TRY(const auto signals, signals_of_run(tx, stream.tenant_id, run_id, stream.id));
  CURFEW_TRY(const Open open, look_through(signals));
  if (open.pending == 0) return std::to_string(signals.size()) + " events were acknowledged";
  std::string sentence = std::to_string(open.pending) + " of " + std::to_string(signals.size()) +
                         " events are not acknowledged yet; they are kept for the receiver";
  if (stream.status == StreamStatus::paused) sentence += ", whose stream is paused";
  const Status may = stands(tx, stream);
  if (!may.ok() && may.error().code() != ErrorCode::denied) return may.error();
  if (!may.ok()) return waits(sentence + "; nothing is sent to it: " + may.error().message());
  if (!open.last_error.empty()) sentence += "; last error: " + open.last_error;
  return Error::transient(ErrorCode::timeout, sentence);
}

}  // namespace

Task<Result<std::string>> SignalConnector::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Task<Result<Applied>> SignalConnector::apply(ConnectorOrder order) {
  auto evidence = read_value<std::string>(store_, [&](ReadTx& tx) -> Result<std::string> {
    CURFEW_TRY(const auto stream, load<SignalStream>(tx, tenant_id_, order.target));
    if (!stream) return waits("the stream is gone, and nobody was told what was left in it");
    return acknowledged(tx, stands_, *stream, order.run_id.str());
  });
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
