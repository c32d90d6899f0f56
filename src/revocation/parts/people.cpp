// People whom somebody made: disabled, and given back with the run's hold. Target: the user's id.
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "user.add") return not_made();
  CURFEW_TRY(const auto known, found_user(look, record.subject_id));
  if (!known) return made({});
  const User& user = known->user;
  return made({{&people_part(), user.id.str(), user.user_principal_name,
                known_time(user.created_at), "", ""}});
}

Result<std::string> leads_to(const PartLook& /*look*/, const std::string& target) { return target; }

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = UserId{target};
  return removal;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  CURFEW_TRY(const auto known, found_user(look, target));
  if (!known) return Observation{Finding::gone, "there is no such account any more"};
  return observe_held(look, "account", key_of(UserId{target}), known->user.account_enabled);
}

}  // namespace

const RunPart& people_part() {
  static constexpr RunPart kPart{.connector = "local.person",
                                 .path_kind = PathKind::person,
                                 .noun = "Person",
                                 .control = "the account is blocked",
                                 .made_by = made_by,
                                 .leads_to = leads_to,
                                 .removal = removal,
                                 .prior_value = person_if_there,
                                 .observe = observe};
  return kPart;
}

}  // namespace curfew
