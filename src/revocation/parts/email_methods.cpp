// Email methods, to which resets of a password are sent: whoever reads that mail can go on as the
// person. It does not come back: nobody says whose address it was. Target: user/authenticator.
#include "model/password_reset.hpp"
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/words.hpp"
#include "store/schema.hpp"
#include "store/schema_password_reset.hpp"

namespace curfew {

namespace {

Result<FoundItem> item_of(const PartLook& look, const EmailMethod& method) {
  CURFEW_TRY(const std::string person, person_name(look, method.user_id.str()));
  return FoundItem{&email_methods_part(),
                   target_of({method.user_id.str(), method.authenticator_id}),
                   method.email_address + " of " + person,
                   known_time(method.created_at),
                   "",
                   ""};
}

Result<std::vector<FoundItem>> items_of(const PartLook& look, const UserId& user) {
  CURFEW_TRY(const auto method, load<EmailMethod>(look.tx, look.tenant_id, user));
  std::vector<FoundItem> items;
  if (!method) return items;
  CURFEW_TRY(FoundItem item, item_of(look, *method));
  items.push_back(std::move(item));
  return items;
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  const std::string& action = record.entry.action;
  if (action != "user.add_email_method" && action != "user.change_email_method") return not_made();
  CURFEW_TRY(const auto method,
             load<EmailMethod>(look.tx, look.tenant_id, UserId{record.subject_id}));
  if (!method || method->created_at > record.entry.at) return made({});  // another one by now
  CURFEW_TRY(FoundItem item, item_of(look, *method));
  return made({std::move(item)});
}

Result<std::string> leads_to(const PartLook& /*look*/, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  return ids[0];
}

// Whoever was given the address is not told that it is gone.
Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  Removal removal;
  removal.kind = RemovalKind::remove_method;
  removal.user_id = UserId{ids[0]};
  removal.object_id = ids[1];
  return removal;
}

Result<std::optional<EmailMethod>> standing(ReadTx& tx, const TenantId& tenant,
                                            const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  CURFEW_TRY(auto method, load<EmailMethod>(tx, tenant, UserId{ids[0]}));
  if (method && method->authenticator_id != ids[1]) method.reset();
  return method;
}

Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto method, standing(look.tx, look.tenant_id, target));
  return method ? std::optional{method->authenticator_id} : std::nullopt;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior*/) {
  CURFEW_TRY(const auto method, standing(look.tx, look.tenant_id, target));
  if (method) return Observation{Finding::alive, "the email method is stored"};
  return Observation{Finding::gone, "no such email method is stored any more"};
}

}  // namespace

const RunPart& email_methods_part() {
  static constexpr RunPart kPart{.option = kMethodsOption,
                                 .connector = "local.email_method",
                                 .path_kind = PathKind::method,
                                 .noun = "Email method",
                                 .control = "the email method is removed",
                                 .of_person = items_of,
                                 .made_by = made_by,
                                 .leads_to = leads_to,
                                 .removal = removal,
                                 .prior_value = prior_value,
                                 .observe = observe,
                                 .stays_away = "stays removed: set the address anew"};
  return kPart;
}

}  // namespace curfew
