#include "api/ssf/settled_signals.hpp"

#include <optional>
#include <set>
#include <utility>

#include "revocation/signal_steps.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema_runs.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

constexpr std::size_t kSettledLookedAt = 500;

Result<std::optional<Signal>> by_jti(ReadTx& tx, const SignalStream& stream,
                                     const std::string& jti) {
  Query query;
  query.index = "signals_by_jti";
  query.prefix = keys_of(stream.tenant_id, stream.id, jti);
  query.limit = 1;
  CURFEW_TRY(auto found, scan_as<Signal>(tx, query));
  return found.empty() ? std::nullopt : std::optional{std::move(found.front())};
}

bool waits_for(const Step& step, const std::string& stream_id) {
  return step.connector == kSignalsConnector && step.target == stream_id &&
         step.direction == StepDirection::take_away && step.closed_by.empty();
}

}  // namespace

Status settle_signals(WriteTx& tx, const ServerContext& context, SignalStream& stream,
                      const std::vector<SettledSignal>& settled) {
  bool settled_any = false;
  for (const SettledSignal& one : settled) {
    CURFEW_TRY(const auto signal, by_jti(tx, stream, one.jti));
    if (!signal) continue;
    settled_any = settled_any || signal->state == SignalState::pending;
    CURFEW_TRY_STATUS(settle_signal(tx, stream, *signal, one.state, one.why, context.clock.now()));
  }
  return settled_any ? save(tx, stream) : Status{Done{}};
}

Result<std::vector<Step>> steps_to_look_again(ReadTx& tx, const TenantId& tenant_id,
                                              TimePoint& since) {
  Query query;
  query.index = "signals_by_settling";
  query.prefix = keys_of(tenant_id);
  query.above = to_unix_millis(since) - 1;  // others may have come in the same moment
  query.limit = kSettledLookedAt;
  CURFEW_TRY(const auto settled, scan_as<Signal>(tx, query));
  std::set<std::pair<std::string, std::string>> places;
  for (const Signal& signal : settled) {
    since = *signal.settled_at;
    if (!signal.run_id.empty()) places.emplace(signal.run_id, signal.stream_id);
  }
  std::vector<Step> steps;
  for (const auto& [run_id, stream_id] : places) {
    Query of_run;
    of_run.prefix = keys_of(tenant_id, RunId{run_id});  // no limit: one run's steps
    CURFEW_TRY(const auto all, scan_as<Step>(tx, of_run));
    for (const Step& step : all) {
      if (waits_for(step, stream_id)) steps.push_back(step);
    }
  }
  return steps;
}

}  // namespace curfew
