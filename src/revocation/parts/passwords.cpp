// The password: replaced by one that nobody knows. It does not come back, whoever knew it; an
// administrator sets a new one. Target: the user's id.
#include <utility>

#include "crypto/password_hash.hpp"
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/words.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

Result<std::vector<FoundItem>> of_person(const PartLook& look, const UserId& id) {
  CURFEW_TRY(const KnownUser known, known_user(look.tx, look.tenant_id, id));
  const User& user = known.user;
  if (!user.password_hash) return std::vector<FoundItem>{};
  const TimePoint set_at = user.last_password_change_at.value_or(user.created_at);
  return std::vector<FoundItem>{{&passwords_part(), id.str(),
                                 "password of " + user.user_principal_name, known_time(set_at), "",
                                 ""}};
}

// The id of this very password: as long as it is the user's, it is not gone.
Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto known, found_user(look, target));
  return known ? std::optional{known->user.password_id} : std::nullopt;
}

// Set by somebody else, or through an address that may be theirs; whoever has changed it since, as
// the next sign-in asks for. The person in question has to be asked, and needs a new one at once.
MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  const std::string& action = record.entry.action;
  const bool is_by_other = action == "user.reset_password" && record.actor_id != record.subject_id;
  if (!is_by_other && action != "user.reset_own_password") return not_made();
  const UserId id{record.subject_id};
  CURFEW_TRY(const auto is_there, prior_value(look, id.str()));
  if (!is_there) return made({});
  CURFEW_TRY(std::vector<FoundItem> items, of_person(look, id));
  for (FoundItem& item : items) {
    item.waits_for = "whoever set it may know what it is now: reset the " + item.display_name +
                     " and ask them whether they wanted it";
  }
  return made(std::move(items));
}

Result<std::string> leads_to(const PartLook& /*look*/, const std::string& target) { return target; }

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  Removal removal;
  removal.kind = RemovalKind::reset_password;
  removal.user_id = UserId{target};
  removal.password_hash = unknown_password_hash();
  removal.force_change_password = true;
  return removal;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& prior) {
  CURFEW_TRY(const auto now, prior_value(look, target));
  if (now && now == prior) return Observation{Finding::alive, "the password is the same"};
  return Observation{Finding::gone, "the password is another one"};
}

}  // namespace

const RunPart& passwords_part() {
  static constexpr RunPart kPart{
      .option = kMethodsOption,
      .option_help =
          "what they prove with who they are: the password, and the address of its reset",
      .connector = "local.password",
      .path_kind = PathKind::method,
      .noun = "The",
      .control = "the password is replaced by one that nobody knows",
      .of_person = of_person,
      .made_by = made_by,
      .leads_to = leads_to,
      .removal = removal,
      .prior_value = prior_value,
      .observe = observe,
      .stays_away = "stays replaced: an administrator sets a new password"};
  return kPart;
}

}  // namespace curfew
