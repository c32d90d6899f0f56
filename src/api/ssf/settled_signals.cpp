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

Query settled_query(const TenantId& tenant_id) {
  Query query;
  query.index = "signals_by_settling";
  query.prefix = keys_of(tenant_id);
  return query;
}

Query query_of_moment(const TenantId& tenant_id, TimePoint at) {
  Query query = settled_query(tenant_id);
  query.prefix.emplace_back(to_unix_millis(at));  // no limit: kSignalsPendingMax of each stream
  return query;
}

// Others may have come in the moment that was looked at last.
Result<std::vector<Signal>> unseen_of_moment(ReadTx& tx, const TenantId& tenant_id,
                                             const SettledMark& mark) {
  Query query = query_of_moment(tenant_id, mark.at);
  query.table = &table_of<Signal>();
  CURFEW_TRY(const std::uint64_t count, tx.count(query));
  if (count <= mark.seen.size()) return std::vector<Signal>{};
  CURFEW_TRY(auto settled, scan_as<Signal>(tx, query));
  std::erase_if(settled, [&](const Signal& signal) {
    return mark.seen.contains({signal.stream_id, signal.sequence});
  });
  return settled;
}

// What was settled later, in whole moments: a page that ends within one could not be gone on from.
Status append_later(ReadTx& tx, const TenantId& tenant_id, TimePoint after, bool& has_more,
                    std::vector<Signal>& settled) {
  Query query = settled_query(tenant_id);
  query.above = to_unix_millis(after);
  query.limit = kSettledLookedAt;
  CURFEW_TRY(auto page, scan_as<Signal>(tx, query));
  has_more = page.size() == kSettledLookedAt;
  if (has_more) {
    const TimePoint last = *page.back().settled_at;
    std::erase_if(page, [&](const Signal& signal) { return *signal.settled_at == last; });
    CURFEW_TRY(const auto whole, scan_as<Signal>(tx, query_of_moment(tenant_id, last)));
    page.insert(page.end(), whole.begin(), whole.end());
  }
  settled.insert(settled.end(), page.begin(), page.end());
  return Done{};
}

Result<std::vector<Step>> steps_at(ReadTx& tx, const TenantId& tenant_id,
                                   const std::vector<Signal>& settled) {
  std::set<std::pair<std::string, std::string>> places;
  for (const Signal& signal : settled) {
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

Result<StepsToWake> steps_to_look_again(ReadTx& tx, const TenantId& tenant_id, SettledMark& mark) {
  StepsToWake found;
  CURFEW_TRY(auto settled, unseen_of_moment(tx, tenant_id, mark));
  CURFEW_TRY_STATUS(append_later(tx, tenant_id, mark.at, found.has_more, settled));
  CURFEW_TRY(found.steps, steps_at(tx, tenant_id, settled));
  for (const Signal& signal : settled) {
    if (*signal.settled_at != mark.at) mark = {*signal.settled_at, {}};
    mark.seen.emplace(signal.stream_id, signal.sequence);
  }
  return found;
}

}  // namespace curfew
