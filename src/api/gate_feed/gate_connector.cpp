#include "api/gate_feed/gate_connector.hpp"

#include <utility>

#include "store/schema.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

// So that the answer is there before the engine's deadline.
constexpr Duration kAnswerTime = std::chrono::milliseconds{500};

}  // namespace

// Nothing is overwritten at a gate.
Task<Result<std::string>> GateConnector::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Result<Position> GateConnector::cut_of(const ConnectorOrder& order) const {
  if (!hub_) {
    return Error::transient(ErrorCode::unavailable, "this server serves no feed to gates");
  }
  CURFEW_TRY(const Run run, read_value<Run>(store_, [&](ReadTx& tx) {
               return require<Run>(tx, "run", tenant_id_, order.run_id);
             }));
  return run.cut_position;
}

Task<GatesAt> GateConnector::settled(Position cut, TimePoint deadline) {
  return hub_->await_gates(cut, deadline - kAnswerTime, executor_);
}

Error GateConnector::not_yet(const GatesAt& at) const {
  return Error::transient(ErrorCode::timeout, words_of_open(at, clock_.since_boot(), clock_.now()));
}

Task<Result<Applied>> GateConnector::apply(ConnectorOrder order) {
  CURFEW_CO_TRY(const Position cut, cut_of(order));
  const GatesAt at = co_await settled(cut, order.deadline);
  if (!at.is_settled()) co_return not_yet(at);
  co_return Applied{words_of(at), ""};
}

Task<Result<Observation>> GateConnector::observe(ConnectorOrder order) {
  CURFEW_CO_TRY(const Position cut, cut_of(order));
  GatesAt at = hub_->gates_of_run(cut);
  // A server that was started again knows no leases of before: no word of a gate ends that sooner.
  const Duration left = order.deadline - clock_.now();
  const bool is_in_time = !at.unknown_until || *at.unknown_until - clock_.since_boot() < left;
  if (is_in_time) at = co_await settled(cut, order.deadline);
  if (!at.is_settled()) co_return not_yet(at);
  if (at.may_have_uncut_requests()) {
    co_return Observation{Finding::unbounded, "without a bound: " + words_of(at)};
  }
  co_return Observation{at.is_complete() ? Finding::gone : Finding::unobservable, words_of(at)};
}

Task<Result<Applied>> GateConnector::undo(ConnectorOrder /*order*/) {
  co_return Applied{"gates follow the journal: there is nothing to give back", ""};
}

}  // namespace curfew
