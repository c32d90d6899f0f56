#include "revocation/signal_steps.hpp"

#include <utility>

#include "protocol/ssf/event_types.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

Result<bool> hears_of_plan(ReadTx& tx, const SignalStream& stream, const Plan& plan) {
  const std::string& user = plan.subject_id.str();
  CURFEW_TRY(const bool of_sessions,
             hears_of(tx, stream, signal_event::kSessionRevoked, user, plan.made_at));
  if (of_sessions || plan.options.mode == RunMode::sessions_only) return of_sessions;
  return hears_of(tx, stream, signal_event::kAccountDisabled, user, plan.made_at);
}

constexpr std::size_t kIdShown = 8;  // tells two streams of one application apart

Step step_for(const SignalStream& stream, const std::string& name, const RunId& run_id,
              const Plan& plan) {
  Step step = step_after(plan.steps, stream.tenant_id, run_id);
  step.connector = kSignalsConnector;
  step.target = stream.id;
  step.subject = plan.subject_id.str();
  step.title = "Security events to " + name + " (stream " + stream.id.substr(0, kIdShown) + ")";
  return step;
}

}  // namespace

Status add_signal_steps(ReadTx& tx, const TenantId& tenant_id, const RunId& run_id, Plan& plan) {
  CURFEW_TRY(const auto streams, all_streams(tx, tenant_id));
  for (const SignalStream& stream : streams) {
    CURFEW_TRY(const bool hears, hears_of_plan(tx, stream, plan));
    if (!hears) continue;
    CURFEW_TRY(const auto app, load<App>(tx, tenant_id, stream.app_id));
    const std::string name = app ? app->display_name : stream.app_id.str();
    plan.steps.push_back(step_for(stream, name, run_id, plan));
  }
  return Done{};
}

}  // namespace curfew
