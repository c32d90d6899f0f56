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

Task<Result<GatesAt>> GateConnector::settled(ConnectorOrder order) {
  if (!hub_) {
    co_return Error::transient(ErrorCode::unavailable, "this server serves no feed to gates");
  }
  CURFEW_CO_TRY(const Run run, read_value<Run>(store_, [&](ReadTx& tx) {
                  return require<Run>(tx, "run", tenant_id_, order.run_id);
                }));
  co_return co_await hub_->await_gates(run.cut_position, order.deadline - kAnswerTime, executor_);
}

std::string GateConnector::still_open(const GatesAt& at) const {
  return words_of_open(at, clock_.since_boot(), clock_.now());
}

Task<Result<Applied>> GateConnector::apply(ConnectorOrder order) {
  CURFEW_CO_TRY(const GatesAt at, co_await settled(std::move(order)));
  if (!at.is_settled()) {
    co_return Error::transient(ErrorCode::timeout, still_open(at));
  }
  co_return Applied{words_of(at), ""};
}

Task<Result<Observation>> GateConnector::observe(ConnectorOrder order) {
  CURFEW_CO_TRY(const GatesAt at, co_await settled(std::move(order)));
  if (at.is_complete()) co_return Observation{Finding::gone, words_of(at)};
  if (at.is_all_that_leases_can_do()) {
    co_return Observation{Finding::unobservable, words_of(at)};
  }
  co_return Observation{Finding::alive, still_open(at)};
}

Task<Result<Applied>> GateConnector::undo(ConnectorOrder /*order*/) {
  co_return Applied{"gates follow the journal: there is nothing to give back", ""};
}

}  // namespace curfew
