#include "revocation/target_steps.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/target_limits.hpp"
#include "store/schema.hpp"
#include "store/schema_commands.hpp"
#include "store/schema_targets.hpp"

namespace curfew {

namespace {

// What is asked of whom.
struct Asked {
  std::string_view connector;
  std::string target;
  std::string display_name;
  std::string title;
  std::string_view control;
  std::string_view unseen;  // what is known once the target has said that it did it
};

Asked asked_of(const RevocationTarget& target) {
  return {kGlobalRevocationConnector,
          target.id,
          target.display_name,
          "Everything at " + target.display_name + " (global token revocation)",
          "global token revocation: the server is asked, and ends sessions and refresh tokens by "
          "itself",
          "the server says that it has begun; nobody can see from here what is left there"};
}

Asked asked_of(const App& app, RunMode mode) {
  const bool suspends = mode == RunMode::revoke;
  return {kProviderCommandsConnector,
          app.id.str(),
          app.display_name,
          std::string{suspends ? "Account at " : "Sessions and tokens at "} + app.display_name +
              " (provider commands)",
          suspends ? "provider command: the application suspends the account, and ends its "
                     "sessions and tokens"
                   : "provider command: the application ends the account's sessions and tokens",
          "the application says that it did it; only one that can be audited shows it"};
}

Step step_for(const Asked& asked, const TenantId& tenant_id, const RunId& run_id,
              const Plan& plan) {
  Step step = step_after(plan.steps, tenant_id, run_id);
  step.connector = asked.connector;
  step.target = asked.target;
  step.subject = plan.subject_id.str();
  step.title = asked.title;
  step.phase = StepPhase::apply;  // nothing is read before it: what takes access away goes first
  return step;
}

// What is commanded is the account; the application's own session has a path of its own where it is
// told that it ended (back-channel logout). Two of one name would contradict each other in a
// report.
std::string path_name(const Asked& asked, const Plan& plan) {
  const bool has_another = std::ranges::any_of(plan.paths, [&](const AccessPath& path) {
    return path.kind == PathKind::app_session && path.target == asked.target;
  });
  return asked.display_name + (has_another ? ", by its account there" : "");
}

AccessPath& add_path(const Asked& asked, const Step& step, Plan& plan) {
  AccessPath path;
  path.tenant_id = step.tenant_id;
  path.run_id = step.run_id;
  path.ordinal = static_cast<std::uint32_t>(plan.paths.size());
  path.kind = PathKind::app_session;
  path.target = asked.target;
  path.display_name = path_name(asked, plan);
  path.count_is_least = true;  // what there is over there is not known
  path.state = PathState::unknown;
  plan.paths.push_back(std::move(path));
  return plan.paths.back();
}

// Of the application's own session, where no step ends it. It keeps its bound.
AccessPath* path_without_step(const Asked& asked, Plan& plan) {
  const auto found = std::ranges::find_if(plan.paths, [&](const AccessPath& path) {
    return path.kind == PathKind::app_session && path.target == asked.target && !path.step_id;
  });
  return found == plan.paths.end() ? nullptr : &*found;
}

void add(const Asked& asked, const TenantId& tenant_id, const RunId& run_id, Plan& plan) {
  Step step = step_for(asked, tenant_id, run_id, plan);
  AccessPath* const known = path_without_step(asked, plan);
  AccessPath& path = known != nullptr ? *known : add_path(asked, step, plan);
  path.step_id = step.id;
  path.control = asked.control;
  path.reason = asked.unseen;
  plan.steps.push_back(std::move(step));
}

template <typename T>
Result<std::vector<T>> load_all(ReadTx& tx, const TenantId& tenant_id, std::size_t limit) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.limit = limit;
  return scan_as<T>(tx, query);
}

}  // namespace

Status add_target_steps(ReadTx& tx, const TenantId& tenant_id, const RunId& run_id, Plan& plan) {
  CURFEW_TRY(const auto targets, load_all<RevocationTarget>(tx, tenant_id, limits::kTargetsMax));
  for (const RevocationTarget& target : targets) {
    if (target.is_enabled) add(asked_of(target), tenant_id, run_id, plan);
  }
  CURFEW_TRY(const auto parties, load_all<CommandParty>(tx, tenant_id, limits::kCommandPartiesMax));
  for (const CommandParty& party : parties) {
    CURFEW_TRY(const auto app, load<App>(tx, tenant_id, party.app_id));
    if (app) add(asked_of(*app, plan.options.mode), tenant_id, run_id, plan);
  }
  return Done{};
}

}  // namespace curfew
