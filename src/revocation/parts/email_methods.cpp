// Email methods, to which resets of a password are sent: whoever reads that mail can go on as the
// person. Given back, the address is the same and the method a new one: what was sent to the old
// one stays dead. Target: user/authenticator.
#include "crypto/random.hpp"
#include "model/password_reset.hpp"
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
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

// Kind and id of who set it, when, and the address, which may hold a '/' itself.
Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto method, standing(look.tx, look.tenant_id, target));
  if (!method) return std::optional<std::string>{};
  return std::optional{target_of({to_string(method->created_by_kind), method->created_by_id,
                                  time_text(method->created_at), method->email_address})};
}

Result<EmailMethod> method_in(const TenantId& tenant, const UserId& user,
                              const std::string& prior) {
  EmailMethod method;
  method.tenant_id = tenant;
  method.user_id = user;
  method.authenticator_id = new_guid();
  std::vector<std::string_view> parts = split(prior, '/');
  if (parts.size() < 4 || !parse_enum(parts[0], method.created_by_kind)) {
    return Error::permanent(ErrorCode::corrupted, "the prior value of a step does not parse");
  }
  method.created_by_id = std::string{parts[1]};
  method.created_at = time_in(parts[2]);
  const std::size_t before = parts[0].size() + parts[1].size() + parts[2].size() + 3;
  method.email_address = prior.substr(before);
  return method;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior*/) {
  CURFEW_TRY(const auto method, standing(look.tx, look.tenant_id, target));
  if (method) return Observation{Finding::alive, "the email method is stored"};
  return Observation{Finding::gone, "no such email method is stored any more"};
}

Result<GivenBack> give_back(WriteTx& tx, const TenantId& tenant, const std::string& target,
                            const std::string& prior, TimePoint /*now*/) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  const UserId user{ids[0]};
  CURFEW_TRY(const auto other, load<EmailMethod>(tx, tenant, user));
  if (other) return stays("another address has been set since");
  CURFEW_TRY(const auto person, load<User>(tx, tenant, user));
  if (!person) return stays("the person is not there any more");
  CURFEW_TRY(const EmailMethod method, method_in(tenant, user, prior));
  CURFEW_TRY_STATUS(add(tx, method));
  return GivenBack{true, ""};
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
                                 .give_back = give_back};
  return kPart;
}

}  // namespace curfew
