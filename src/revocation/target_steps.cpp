#include "revocation/target_steps.hpp"

#include <utility>

#include "base/target_limits.hpp"
#include "store/schema.hpp"
#include "store/schema_targets.hpp"

namespace curfew {

namespace {

constexpr std::string_view kAsked =
    "global token revocation: the server is asked, and ends sessions and refresh tokens by itself";
constexpr std::string_view kAskedUnseen =
    "the server says that it has begun; nobody can see from here what is left there";

Step step_at(const RevocationTarget& target, const RunId& run_id, const Plan& plan) {
  Step step;
  step.tenant_id = target.tenant_id;
  step.run_id = run_id;
  step.ordinal = static_cast<std::uint32_t>(plan.steps.size());
  step.id = StepId{run_id.str() + "." + std::to_string(step.ordinal)};
  step.connector = kGlobalRevocationConnector;
  step.target = target.id;
  step.subject = plan.subject_id.str();
  step.title = "Everything at " + target.display_name + " (global token revocation)";
  step.phase = StepPhase::apply;  // nothing is overwritten, so there is nothing to read first
  return step;
}

AccessPath path_at(const RevocationTarget& target, const Step& step, const Plan& plan) {
  AccessPath path;
  path.tenant_id = target.tenant_id;
  path.run_id = step.run_id;
  path.ordinal = static_cast<std::uint32_t>(plan.paths.size());
  path.kind = PathKind::app_session;
  path.target = target.id;
  path.display_name = target.display_name;
  path.control = kAsked;
  path.count_is_least = true;  // what there is over there is not known
  path.step_id = step.id;
  path.state = PathState::unknown;
  path.reason = kAskedUnseen;
  return path;
}

}  // namespace

Status add_target_steps(ReadTx& tx, const TenantId& tenant_id, const RunId& run_id, Plan& plan) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.limit = limits::kTargetsMax;
  CURFEW_TRY(const auto targets, scan_as<RevocationTarget>(tx, query));
  for (const RevocationTarget& target : targets) {
    if (!target.is_enabled) continue;
    const Step step = step_at(target, run_id, plan);
    plan.paths.push_back(path_at(target, step, plan));
    plan.steps.push_back(step);
  }
  return Done{};
}

}  // namespace curfew
