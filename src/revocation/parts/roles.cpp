// The directory roles of a person or an application. Target: principal/role.
#include "model/role.hpp"
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

std::string role_name(const RoleId& id) {
  const auto role = role_by_template_id(id.str());
  return role ? std::string{definition_of(*role).display_name} : id.str();
}

FoundItem item_of(const RoleAssignment& row, const std::string& principal) {
  return {&roles_part(),
          target_of({row.principal_id, row.role_id.str()}),
          role_name(row.role_id) + " of " + principal,
          known_time(row.created_at),
          "",
          ""};
}

Result<std::vector<FoundItem>> of_person(const PartLook& look, const UserId& user) {
  CURFEW_TRY(const std::string name, person_name(look, user.str()));
  CURFEW_TRY(const auto rows, roles_of(look.tx, look.tenant_id, user.str()));
  std::vector<FoundItem> items;
  for (const RoleAssignment& row : rows) items.push_back(item_of(row, name));
  return items;
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "role.add") return not_made();
  CURFEW_TRY(const std::string name, principal_name(look, record.subject_id));
  if (record.detail.empty()) return made({{&roles_part(), "", "a role of " + name, {}, "", ""}});
  CURFEW_TRY(const auto row, load<RoleAssignment>(look.tx, look.tenant_id, record.subject_id,
                                                  RoleId{record.detail}));
  if (!row) return made({});
  return made({item_of(*row, name)});
}

Result<Removal> removal(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  CURFEW_TRY(const auto app, load<App>(look.tx, look.tenant_id, AppId{ids[0]}));
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  if (app) {
    removal.app_id = app->id;
  } else {
    removal.user_id = UserId{ids[0]};
  }
  removal.role_id = RoleId{ids[1]};
  return removal;
}

Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  CURFEW_TRY(const auto row, load<RoleAssignment>(look.tx, look.tenant_id, ids[0], RoleId{ids[1]}));
  return row ? std::optional{time_text(row->created_at)} : std::nullopt;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  return observe_row<RoleAssignment>(look, "role", ids[0], RoleId{ids[1]});
}

Result<GivenBack> give_back(WriteTx& tx, const TenantId& tenant, const std::string& target,
                            const std::string& prior) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  const RoleAssignment row{tenant, ids[0], RoleId{ids[1]}, time_in(prior)};
  CURFEW_TRY(const auto standing, load<RoleAssignment>(tx, tenant, row.principal_id, row.role_id));
  if (standing) return stays("somebody has given the role again since");
  CURFEW_TRY(const auto app, load<App>(tx, tenant, AppId{ids[0]}));
  const auto known = known_user(tx, tenant, UserId{ids[0]});
  if (!app && !known.ok()) return stays("whose role it was is not there any more");
  CURFEW_TRY_STATUS(add(tx, row));
  return GivenBack{true, ""};
}

}  // namespace

const RunPart& roles_part() {
  static constexpr RunPart kPart{.option = "roles",
                                 .option_help = "directory roles",
                                 .connector = "local.role",
                                 .path_kind = PathKind::role,
                                 .noun = "Role",
                                 .control = "the role is taken away",
                                 .of_person = of_person,
                                 .made_by = made_by,
                                 .removal = removal,
                                 .prior_value = prior_value,
                                 .observe = observe,
                                 .give_back = give_back};
  return kPart;
}

}  // namespace curfew
