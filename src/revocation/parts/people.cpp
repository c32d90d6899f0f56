// People whom somebody made: disabled, and given back with the run's hold. Target: the user's id.
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/words.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// Whoever is deleted and may be restored is somebody.
bool is_nobody(const Result<KnownUser>& known) {
  return !known.ok() && known.error().code() == ErrorCode::not_found;
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "user.add") return not_made();
  const auto known = known_user(look.tx, look.tenant_id, UserId{record.subject_id});
  if (is_nobody(known)) return made({});
  if (!known.ok()) return known.error();
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

Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  const auto known = known_user(look.tx, look.tenant_id, UserId{target});
  if (is_nobody(known)) return std::optional<std::string>{};
  if (!known.ok()) return known.error();
  return std::optional{target};
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  const UserId id{target};
  const auto known = known_user(look.tx, look.tenant_id, id);
  if (is_nobody(known)) {
    return Observation{Finding::gone, "there is no such account any more"};
  }
  if (!known.ok()) return known.error();
  CURFEW_TRY(const auto holds, holds_on(look.tx, look.tenant_id, key_of(id)));
  if (known->user.account_enabled || holds.empty()) {
    return Observation{Finding::alive, "the account is enabled"};
  }
  return Observation{Finding::gone, "account disabled; holds: " + std::to_string(holds.size())};
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
                                 .prior_value = prior_value,
                                 .observe = observe};
  return kPart;
}

}  // namespace curfew
