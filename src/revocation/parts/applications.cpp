// Applications that somebody registered, or that registered themselves with somebody's initial
// access token, and gates that somebody made or enrolled anew: disabled, so that they can be looked
// at, and given back with the run's hold. Target: the application's id.
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  const std::string& action = record.entry.action;
  const bool is_made = action == "app.add" || action == "app.register" || action == "gate.add" ||
                       action == "gate.enrol";
  if (!is_made) return not_made();
  CURFEW_TRY(const auto app, load<App>(look.tx, look.tenant_id, AppId{record.subject_id}));
  if (!app) return made({});
  return made({{&applications_part(), app->id.str(), app->display_name, known_time(app->created_at),
                "", ""}});
}

Result<std::string> leads_to(const PartLook& /*look*/, const std::string& target) { return target; }

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = AppId{target};
  return removal;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  const AppId id{target};
  CURFEW_TRY(const auto app, load<App>(look.tx, look.tenant_id, id));
  if (!app) return Observation{Finding::gone, "there is no such application any more"};
  return observe_held(look, "application", key_of(id), app->account_enabled);
}

}  // namespace

const RunPart& applications_part() {
  static constexpr RunPart kPart{.connector = "local.application",
                                 .path_kind = PathKind::application,
                                 .noun = "Application",
                                 .control = "the application is blocked",
                                 .made_by = made_by,
                                 .leads_to = leads_to,
                                 .removal = removal,
                                 .prior_value = target_if_there<App, AppId>,
                                 .observe = observe};
  return kPart;
}

}  // namespace curfew
