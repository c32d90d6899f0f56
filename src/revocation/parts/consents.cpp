// What a person agreed that applications may do in their name. Target: user/application.
#include "base/text.hpp"
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

Result<FoundItem> item_of(const PartLook& look, const Consent& row) {
  CURFEW_TRY(const std::string app, app_name(look, row.app_id.str()));
  CURFEW_TRY(const std::string person, person_name(look, row.user_id.str()));
  return FoundItem{&consents_part(),
                   target_of({row.user_id.str(), row.app_id.str()}),
                   app + " for " + person,
                   known_time(row.created_at),
                   "",
                   ""};
}

Result<std::vector<FoundItem>> of_person(const PartLook& look, const UserId& user) {
  return items_of_rows<Consent>(look, "", keys_of(look.tenant_id, user), item_of);
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "user.add_consent") return not_made();
  if (record.detail.empty()) {
    return made({{&consents_part(), "", "an application for " + record.subject_name, {}, "", ""}});
  }
  CURFEW_TRY(const auto row, load<Consent>(look.tx, look.tenant_id, UserId{record.subject_id},
                                           AppId{record.detail}));
  if (!row) return made({});
  CURFEW_TRY(FoundItem item, item_of(look, *row));
  return made({std::move(item)});
}

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  Removal removal;
  removal.kind = RemovalKind::remove_consent;
  removal.user_id = UserId{ids[0]};
  removal.app_id = AppId{ids[1]};
  return removal;
}

// When it was given, then its scopes, which hold no space.
Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  CURFEW_TRY(const auto row, load<Consent>(look.tx, look.tenant_id, UserId{ids[0]}, AppId{ids[1]}));
  if (!row) return std::optional<std::string>{};
  return std::optional{time_text(row->created_at) + " " + join(row->scopes, " ")};
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  return observe_row<Consent>(look, "consent", UserId{ids[0]}, AppId{ids[1]});
}

Result<GivenBack> give_back(WriteTx& tx, const TenantId& tenant, const std::string& target,
                            const std::string& prior) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  Consent row{tenant, UserId{ids[0]}, AppId{ids[1]}, split_words(prior), TimePoint{}};
  if (!row.scopes.empty()) {
    row.created_at = time_in(row.scopes.front());
    row.scopes.erase(row.scopes.begin());
  }
  CURFEW_TRY(const auto standing, load<Consent>(tx, tenant, row.user_id, row.app_id));
  if (standing) return stays("there is another consent since");
  CURFEW_TRY(const auto app, load<App>(tx, tenant, row.app_id));
  const auto known = known_user(tx, tenant, row.user_id);
  if (!app || !known.ok()) return stays("the application or the person is not there any more");
  CURFEW_TRY_STATUS(add(tx, row));
  return GivenBack{true, ""};
}

}  // namespace

const RunPart& consents_part() {
  static constexpr RunPart kPart{.option = "consents",
                                 .option_help = "what they agreed that applications may do",
                                 .connector = "local.consent",
                                 .path_kind = PathKind::consent,
                                 .noun = "Consent to",
                                 .control = "the consent is removed",
                                 .of_person = of_person,
                                 .made_by = made_by,
                                 .removal = removal,
                                 .prior_value = prior_value,
                                 .observe = observe,
                                 .give_back = give_back};
  return kPart;
}

}  // namespace curfew
