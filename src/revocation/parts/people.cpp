// People whom somebody made: disabled, and given back with the run's hold. Target: the user's id.
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/words.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "user.add") return not_made();
  CURFEW_TRY(const auto user, load<User>(look.tx, look.tenant_id, UserId{record.subject_id}));
  if (!user) return made({});
  return made({{&people_part(), user->id.str(), user->user_principal_name,
                known_time(user->created_at), "", ""}});
}

Result<std::string> leads_to(const PartLook& /*look*/, const std::string& target) { return target; }

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = UserId{target};
  return removal;
}

Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto user, load<User>(look.tx, look.tenant_id, UserId{target}));
  return user ? std::optional<std::string>{target} : std::nullopt;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  const UserId id{target};
  const auto known = known_user(look.tx, look.tenant_id, id);
  if (!known.ok() && known.error().code() == ErrorCode::not_found) {
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
