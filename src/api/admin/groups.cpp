#include "api/admin/groups.hpp"

#include <boost/json.hpp>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/json/members.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

Task<Result<boost::json::value>> list_groups(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto groups, read_page<Group>(call, page));
  boost::json::array shown;
  for (const Group& group : groups) shown.push_back(to_json(group));
  boost::json::object answer{{"value", std::move(shown)}};
  if (groups.size() == page.limit) answer["next"] = groups.back().id.str();
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_group(const AdminCall& call) {
  const boost::json::object& body = call.body;
  Group group;
  group.tenant_id = call.tenant_id();
  group.id = GroupId{new_guid()};
  CURFEW_CO_TRY(group.display_name, get_string(body, "displayName"));
  CURFEW_CO_TRY(const auto for_roles, get_optional_bool(body, "isAssignableToRole"));
  group.is_assignable_to_role = for_roles.value_or(false);
  if (group.is_assignable_to_role && !holds_right(call.actor(), AdminRight::manage_roles)) {
    co_return Error{ErrorCode::denied, Retry::after_human,
                    "only a Privileged Role Administrator makes a role-assignable group"};
  }
  group.created_at = call.context.clock.now();
  auto write = [&call, group](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(add(tx, group));
    return audit_change(tx, call, "group.add", group.id.str(), group.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return boost::json::value(to_json(group));
}

Task<Result<boost::json::value>> show_group(const AdminCall& call) {
  CURFEW_CO_TRY(const Group group, look_up(call, &find_group, call.value("id")));
  co_return boost::json::value(to_json(group));
}

Task<Result<boost::json::value>> list_members(const AdminCall& call) {
  CURFEW_CO_TRY(const Group group, look_up(call, &find_group, call.value("id")));
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  auto answer = read_value<boost::json::object>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::object> {
        Query query;
        query.prefix = keys_of(call.tenant_id(), group.id);
        if (!page.after.empty()) query.above = page.after;
        query.limit = page.limit;
        CURFEW_TRY(const auto members, scan_as<GroupMember>(tx, query));
        boost::json::array shown;
        for (const GroupMember& member : members) {
          CURFEW_TRY(std::optional<User> user, load<User>(tx, call.tenant_id(), member.user_id));
          if (user) shown.push_back(to_json(*user));
        }
        boost::json::object made{{"value", std::move(shown)}};
        // By the memberships, not by the users found: the list must not end early.
        if (members.size() == page.limit) made["next"] = members.back().user_id.str();
        return made;
      });
  if (!answer.ok()) co_return answer.error();
  co_return boost::json::value(std::move(*answer));
}

Task<Result<boost::json::value>> add_member(const AdminCall& call) {
  CURFEW_CO_TRY(const Group group, look_up(call, &find_group, call.value("id")));
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("user")));
  auto write = [&call, group, user](WriteTx& tx) -> Result<Done> {
    GuardSubject subject;
    subject.user_id = user.id;
    subject.group_id = group.id;
    CURFEW_TRY_STATUS(
        check_guard(tx, call.tenant_id(), GuardedAction::change_group, call.actor(), subject));
    CURFEW_TRY_STATUS(
        save(tx, GroupMember{call.tenant_id(), group.id, user.id, call.context.clock.now()}));
    return audit_change(tx, call, "group.add_member", user.id.str(), user.user_principal_name,
                        group.id.str());
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return boost::json::value{{"groupId", group.id.str()}, {"userId", user.id.str()}};
}

Task<Result<boost::json::value>> remove_member(const AdminCall& call) {
  CURFEW_CO_TRY(const Group group, look_up(call, &find_group, call.value("id")));
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("user")));
  Removal removal;
  removal.kind = RemovalKind::remove_group_member;
  removal.group_id = group.id;
  removal.user_id = user.id;
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

}  // namespace curfew
