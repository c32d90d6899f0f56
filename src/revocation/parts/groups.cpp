// Memberships in groups: what applications and roles go by. Target: group/user.
#include "revocation/membership.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

Result<FoundItem> item_of(const PartLook& look, const GroupMember& row) {
  CURFEW_TRY(const std::string group, group_name(look, row.group_id.str()));
  CURFEW_TRY(const std::string person, person_name(look, row.user_id.str()));
  return FoundItem{&groups_part(),
                   target_of({row.group_id.str(), row.user_id.str()}),
                   person + " in " + group,
                   known_time(row.created_at),
                   "",
                   ""};
}

Result<std::vector<FoundItem>> of_person(const PartLook& look, const UserId& user) {
  return items_of_rows<GroupMember>(look, "group_members_by_user", keys_of(look.tenant_id, user),
                                    item_of);
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "group.add_member") return not_made();
  if (record.detail.empty()) {
    return made({{&groups_part(), "", record.subject_name + " in a group", {}, "", ""}});
  }
  CURFEW_TRY(const auto row, load<GroupMember>(look.tx, look.tenant_id, GroupId{record.detail},
                                               UserId{record.subject_id}));
  if (!row) return made({});
  CURFEW_TRY(FoundItem item, item_of(look, *row));
  return made({std::move(item)});
}

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  Removal removal;
  removal.kind = RemovalKind::remove_group_member;
  removal.group_id = GroupId{ids[0]};
  removal.user_id = UserId{ids[1]};
  return removal;
}

Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  CURFEW_TRY(const auto row,
             load<GroupMember>(look.tx, look.tenant_id, GroupId{ids[0]}, UserId{ids[1]}));
  return row ? std::optional{time_text(row->created_at)} : std::nullopt;
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  return observe_row<GroupMember>(look, "membership", GroupId{ids[0]}, UserId{ids[1]});
}

Result<GivenBack> give_back(WriteTx& tx, const TenantId& tenant, const std::string& target,
                            const std::string& prior) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  const GroupMember row{tenant, GroupId{ids[0]}, UserId{ids[1]}, time_in(prior)};
  CURFEW_TRY(const auto standing, load<GroupMember>(tx, tenant, row.group_id, row.user_id));
  if (standing) return stays("somebody has added the member again since");
  CURFEW_TRY(const auto group, load<Group>(tx, tenant, row.group_id));
  const auto known = known_user(tx, tenant, row.user_id);
  if (!group || !known.ok()) return stays("the group or the person is not there any more");
  CURFEW_TRY_STATUS(add(tx, row));
  return GivenBack{true, ""};
}

}  // namespace

const RunPart& groups_part() {
  static constexpr RunPart kPart{.option = "groups",
                                 .option_help = "memberships in groups",
                                 .connector = "local.group_member",
                                 .path_kind = PathKind::group_membership,
                                 .noun = "Membership of",
                                 .control = "the membership is ended",
                                 .of_person = of_person,
                                 .made_by = made_by,
                                 .removal = removal,
                                 .prior_value = prior_value,
                                 .observe = observe,
                                 .give_back = give_back};
  return kPart;
}

}  // namespace curfew
