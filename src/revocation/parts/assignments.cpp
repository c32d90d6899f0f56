// Assignments to applications. Target: application/kind/principal.
#include <cstdint>

#include "base/text.hpp"
#include "revocation/facts.hpp"
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

std::string target_of_row(const AppAssignment& row) {
  return target_of({row.app_id.str(), to_string(row.principal_kind), row.principal_id});
}

Result<AppAssignment> row_in(const TenantId& tenant, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<3>(target));
  AppAssignment row{tenant, AppId{ids[0]}, PrincipalKind::user, ids[2], TimePoint{}};
  if (parse_enum(ids[1], row.principal_kind)) return row;
  return Error::permanent(ErrorCode::corrupted, "a step's target does not parse");
}

Result<FoundItem> item_of(const PartLook& look, const AppAssignment& row) {
  CURFEW_TRY(const std::string app, app_name(look, row.app_id.str()));
  CURFEW_TRY(const std::string principal, row.principal_kind == PrincipalKind::user
                                              ? person_name(look, row.principal_id)
                                              : group_name(look, row.principal_id));
  return FoundItem{&assignments_part(),
                   target_of_row(row),
                   principal + " to " + app,
                   known_time(row.created_at),
                   "",
                   ""};
}

Result<std::vector<FoundItem>> of_person(const PartLook& look, const UserId& user) {
  return items_of_rows<AppAssignment>(look, "app_assignments_by_principal",
                                      keys_of(look.tenant_id, PrincipalKind::user, user), item_of);
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "app.add_assignment") return not_made();
  if (record.detail.empty()) {
    return made({{&assignments_part(), "", "somebody to " + record.subject_name, {}, "", ""}});
  }
  std::vector<FoundItem> items;
  for (const PrincipalKind kind : {PrincipalKind::user, PrincipalKind::group}) {
    CURFEW_TRY(const auto row, load<AppAssignment>(look.tx, look.tenant_id, AppId{record.detail},
                                                   kind, record.subject_id));
    if (!row) continue;
    CURFEW_TRY(FoundItem item, item_of(look, *row));
    items.push_back(std::move(item));
  }
  return made(std::move(items));
}

Result<Removal> removal(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const AppAssignment row, row_in(look.tenant_id, target));
  Removal removal;
  removal.kind = RemovalKind::remove_assignment;
  removal.app_id = row.app_id;
  if (row.principal_kind == PrincipalKind::user) {
    removal.user_id = UserId{row.principal_id};
  } else {
    removal.group_id = GroupId{row.principal_id};
  }
  return removal;
}

Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const AppAssignment row, row_in(look.tenant_id, target));
  CURFEW_TRY(const auto stored, load<AppAssignment>(look.tx, look.tenant_id, row.app_id,
                                                    row.principal_kind, row.principal_id));
  return stored ? std::optional{time_text(stored->created_at)} : std::nullopt;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  CURFEW_TRY(const AppAssignment row, row_in(look.tenant_id, target));
  return observe_row<AppAssignment>(look, "assignment", row.app_id, row.principal_kind,
                                    row.principal_id);
}

// With more than so many nobody could be revoked any more.
Result<bool> has_no_room(ReadTx& tx, const AppAssignment& row) {
  if (row.principal_kind != PrincipalKind::user) return false;
  Query query;
  query.table = &table_of<AppAssignment>();
  query.index = "app_assignments_by_principal";
  query.prefix = keys_of(row.tenant_id, row.principal_kind, row.principal_id);
  CURFEW_TRY(const std::uint64_t count, tx.count(query));
  return count >= kFactsObjectsMax;
}

Result<GivenBack> give_back(WriteTx& tx, const TenantId& tenant, const std::string& target,
                            const std::string& prior) {
  CURFEW_TRY(AppAssignment row, row_in(tenant, target));
  row.created_at = time_in(prior);
  CURFEW_TRY(const auto standing,
             load<AppAssignment>(tx, tenant, row.app_id, row.principal_kind, row.principal_id));
  if (standing) return stays("somebody has assigned them again since");
  CURFEW_TRY(const auto app, load<App>(tx, tenant, row.app_id));
  bool is_there = false;
  if (row.principal_kind == PrincipalKind::user) {
    is_there = known_user(tx, tenant, UserId{row.principal_id}).ok();
  } else {
    CURFEW_TRY(const auto group, load<Group>(tx, tenant, GroupId{row.principal_id}));
    is_there = group.has_value();
  }
  if (!app || !is_there) return stays("the application or who was assigned is not there any more");
  CURFEW_TRY(const bool is_full, has_no_room(tx, row));
  if (is_full) return stays("they have as many assignments as there can be");
  CURFEW_TRY_STATUS(add(tx, row));
  return GivenBack{true, ""};
}

}  // namespace

const RunPart& assignments_part() {
  static constexpr RunPart kPart{.option = kAssignmentsOption,
                                 .option_help = "their own assignments to applications",
                                 .connector = "local.assignment",
                                 .path_kind = PathKind::assignment,
                                 .noun = "Assignment of",
                                 .control = "the assignment is removed",
                                 .of_person = of_person,
                                 .made_by = made_by,
                                 .removal = removal,
                                 .prior_value = prior_value,
                                 .observe = observe,
                                 .give_back = give_back};
  return kPart;
}

}  // namespace curfew
