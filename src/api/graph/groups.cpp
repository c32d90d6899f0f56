#include <boost/json.hpp>
#include <utility>

#include "api/directory/changed_properties.hpp"
#include "api/directory/removal_steps.hpp"
#include "api/directory/stored_properties.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/group_entity.hpp"
#include "api/graph/object_list.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

// /groups and their members.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{
    "Group.ReadBasic.All Group.Read.All Group.ReadWrite.All GroupMember.Read.All "
    "GroupMember.ReadBasic.All GroupMember.ReadWrite.All Directory.Read.All "
    "Directory.ReadWrite.All Directory.AccessAsUser.All",
    "Group.ReadBasic.All Group.Read.All Group.ReadWrite.All GroupMember.Read.All "
    "GroupMember.ReadBasic.All GroupMember.ReadWrite.All Directory.Read.All "
    "Directory.ReadWrite.All",
    ""};
constexpr NeededPermissions kCreates{
    "Group.ReadWrite.All Directory.ReadWrite.All Directory.AccessAsUser.All",
    "Group.Create Group.ReadWrite.All Directory.ReadWrite.All", ""};
constexpr NeededPermissions kWrites{
    "Group.ReadWrite.All Directory.ReadWrite.All Directory.AccessAsUser.All",
    "Group.ReadWrite.All Directory.ReadWrite.All", ""};
constexpr NeededPermissions kChangesMembers{
    "GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All", ""};

constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kBoundMembersMax = 20;

Task<GraphOutcome> list_groups(const GraphCall& call) {
  co_return co_await answer_list(call, list_of_groups(call));
}
Task<GraphOutcome> count_groups(const GraphCall& call) {
  co_return co_await answer_count(call, list_of_groups(call));
}

GraphOutcome show(const GraphCall& call, Group group) {
  const Listing<Group, GroupView> listing{group_kind(), nullptr, &group_view};
  return answer_entity(call, listing, group_view(call, std::move(group)));
}

Task<GraphOutcome> show_group(const GraphCall& call) {
  CURFEW_CO_TRY(Group group, group_of(call));
  co_return show(call, std::move(group));
}

// --- create and change

struct GroupWish {
  std::optional<std::string> display_name;
  std::optional<bool> is_assignable_to_role;
  std::vector<std::pair<const StoredProperty*, boost::json::value>> stored;
  std::vector<std::string> members;  // of members@odata.bind: ids

  [[nodiscard]] bool is_of_row() const { return display_name || !stored.empty(); }
};

GraphResult<std::vector<std::string>> bound_members(const boost::json::value& value) {
  const auto* array = value.if_array();
  if (array == nullptr || array->size() > kBoundMembersMax) {
    return GraphError::bad_request("members@odata.bind is an array of at most " +
                                   std::to_string(kBoundMembersMax) + " URLs.");
  }
  std::vector<std::string> ids;
  for (const boost::json::value& url : *array) {
    CURFEW_TRY(std::string id, reference_in(boost::json::object{{"@odata.id", url}}));
    ids.push_back(std::move(id));
  }
  return ids;
}

GraphResult<GroupWish> read_wish(const GraphCall& call) {
  GroupWish wish;
  GraphMembers members{call.body};
  CURFEW_TRY(wish.display_name, members.text("displayName"));
  CURFEW_TRY(wish.is_assignable_to_role, members.boolean("isAssignableToRole"));
  if (const auto* bound = members.take("members@odata.bind")) {
    CURFEW_TRY(wish.members, bound_members(*bound));
  }
  for (const StoredProperty& property : stored_group_properties()) {
    if (const auto* value = members.take(property.name))
      wish.stored.emplace_back(&property, *value);
  }
  CURFEW_TRY_STATUS(members.nothing_else("group"));
  const bool is_named = !wish.display_name ||
                        (!wish.display_name->empty() && wish.display_name->size() <= kNameBytesMax);
  if (!is_named) {
    return GraphError::bad_request("Invalid value specified for property 'displayName'.");
  }
  return wish;
}

Status apply_wish(const GroupWish& wish, Group& group) {
  if (wish.display_name) group.display_name = *wish.display_name;
  boost::json::object stored = parse_stored(group.properties);
  for (const auto& [property, value] : wish.stored) {
    CURFEW_TRY_STATUS(set_stored(stored, *property, value));
  }
  const auto* types = stored.if_contains("groupTypes");
  if (types != nullptr && !types->as_array().empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "groupTypes is empty here: there are security groups with assigned "
                            "members only");
  }
  group.properties = boost::json::serialize(stored);
  return Done{};
}

// Who makes a group that roles can be given to, or changes one, must be one who gives roles.
Status check_group_guard(ReadTx& tx, const GraphCall& call, const Group& group) {
  if (!group.is_assignable_to_role) return Done{};
  return check_guard(tx, call.tenant_id(), GuardedAction::change_role, call.actor(), {});
}

Status put_member(WriteTx& tx, const GraphCall& call, const GroupId& group, const std::string& id) {
  CURFEW_TRY(const User user, require<User>(tx, "such user", call.tenant_id(), UserId{id}));
  CURFEW_TRY_STATUS(check_guard(tx, call.tenant_id(), GuardedAction::change_group, call.actor(),
                                {user.id, group, {}}));
  CURFEW_TRY(const auto member, load<GroupMember>(tx, call.tenant_id(), group, user.id));
  if (member) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "One or more added object references already exist for the following "
                            "modified properties: 'members'.");
  }
  CURFEW_TRY_STATUS(
      save(tx, GroupMember{call.tenant_id(), group, user.id, call.context.clock.now()}));
  return audit_change(tx, call, "group.add_member", id, user.user_principal_name, group.str());
}

// All of them, or none.
Status put_members(WriteTx& tx, const GraphCall& call, const GroupId& group,
                   const std::vector<std::string>& ids) {
  if (ids.empty()) return Done{};
  CURFEW_TRY_STATUS(check_may_give(call.context));
  for (const std::string& id : ids) {
    CURFEW_TRY_STATUS(put_member(tx, call, group, id));
  }
  return Done{};
}

Task<Status> add_member(const GraphCall& call, const GroupId& group, const std::string& id) {
  auto write = [&call, group, id](WriteTx& tx) -> Result<Done> {
    return put_members(tx, call, group, {id});
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

Task<GraphOutcome> create_group(const GraphCall& call) {
  CURFEW_CO_TRY(const GroupWish wish, read_wish(call));
  if (!wish.display_name) {
    co_return GraphError::bad_request("A required property 'displayName' is missing.");
  }
  Group group;
  group.tenant_id = call.tenant_id();
  group.id = GroupId{new_guid()};
  group.created_at = call.context.clock.now();
  group.is_assignable_to_role = wish.is_assignable_to_role.value_or(false);
  CURFEW_CO_TRY_STATUS(apply_wish(wish, group));
  auto write = [&call, group, members = wish.members](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_group_guard(tx, call, group));
    CURFEW_TRY_STATUS(add(tx, group));
    CURFEW_TRY_STATUS(audit_change(tx, call, "group.add", group.id.str(), group.display_name));
    return put_members(tx, call, group.id, members);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  CURFEW_CO_TRY(GraphAnswer answer, show(call, group));
  answer.status = 201;
  answer.headers.emplace_back("Location", call.root() + "/groups/" + group.id.str());
  co_return answer;
}

Task<GraphOutcome> update_group(const GraphCall& call) {
  CURFEW_CO_TRY(const GroupWish wish, read_wish(call));
  CURFEW_CO_TRY(const Group group, group_of(call));
  if (wish.is_assignable_to_role && *wish.is_assignable_to_role != group.is_assignable_to_role) {
    co_return GraphError::bad_request("isAssignableToRole is set when a group is made.");
  }
  Group probe = group;
  CURFEW_CO_TRY_STATUS(apply_wish(wish, probe));
  auto write = [&call, id = group.id, wish](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const Group before, require<Group>(tx, "such group", call.tenant_id(), id));
    Group changed = before;
    if (wish.is_of_row()) {
      CURFEW_TRY_STATUS(check_group_guard(tx, call, changed));
      CURFEW_TRY_STATUS(apply_wish(wish, changed));
      CURFEW_TRY_STATUS(save(tx, changed));
      CURFEW_TRY_STATUS(audit_change(tx, call, "group.change", id.str(), changed.display_name,
                                     changed_properties(before, changed)));
    }
    return put_members(tx, call, id, wish.members);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> delete_group(const GraphCall& call) {
  CURFEW_CO_TRY(const Group group, group_of(call));
  const Status removed = co_await remove_group_of(call, group);
  if (!removed.ok()) co_return removed.error();
  co_return GraphAnswer::no_content();
}

// --- members

// Pages through the memberships: a group may have very many.
Listing<User, UserView> list_of_members(const GraphCall& call, const Group& group,
                                        bool shows_type) {
  Listing<User, UserView> listing{user_kind(), nullptr, &user_view};
  constexpr std::size_t kUserColumn = 2;
  listing.candidates = std::make_shared<IndexCandidates<User>>(
      IndexPlace{"", &table_of<GroupMember>(), keys_of(call.tenant_id(), group.id), kUserColumn,
                 kUserColumn},
      ValueRange::all(), [tenant = call.tenant_id()](ReadTx& tx, const PagePlace& place) {
        return load<User>(tx, tenant, UserId{place.id});
      });
  listing.is_ordered = call.options.order_by.empty();
  listing.shows_type = shows_type;
  if (shows_type) listing.fragment = "directoryObjects";
  return listing;
}

Task<GraphOutcome> list_members(const GraphCall& call) {
  CURFEW_CO_TRY(const Group group, group_of(call));
  co_return co_await answer_list(call, list_of_members(call, group, true));
}
Task<GraphOutcome> list_user_members(const GraphCall& call) {
  CURFEW_CO_TRY(const Group group, group_of(call));
  co_return co_await answer_list(call, list_of_members(call, group, false));
}
Task<GraphOutcome> count_members(const GraphCall& call) {
  CURFEW_CO_TRY(const Group group, group_of(call));
  co_return co_await answer_count(call, list_of_members(call, group, true));
}

// Owners, and groups in groups, are not kept here.
Task<GraphOutcome> list_none(const GraphCall& call) {
  CURFEW_CO_TRY_STATUS(group_of(call));
  ObjectList none{call};
  none.add_kind(user_kind());
  none.add_kind(group_kind());
  co_return none.answer("directoryObjects");
}

Task<GraphOutcome> add_member_reference(const GraphCall& call) {
  CURFEW_CO_TRY(const Group group, group_of(call));
  CURFEW_CO_TRY(const std::string id, reference_in(call.body));
  const Status added = co_await add_member(call, group.id, id);
  if (added.ok()) co_return GraphAnswer::no_content();
  if (added.error().code() == ErrorCode::not_found) co_return GraphError::not_found(id);
  co_return added.error();
}

Task<GraphOutcome> remove_one_member(const GraphCall& call, const std::string& id) {
  CURFEW_CO_TRY(const Group group, group_of(call));
  const auto member = read_value<std::optional<GroupMember>>(call.context.store, [&](ReadTx& tx) {
    return load<GroupMember>(tx, call.tenant_id(), group.id, UserId{id});
  });
  if (!member.ok()) co_return member.error();
  if (!*member) co_return GraphError::not_found(id);
  Removal removal;
  removal.kind = RemovalKind::remove_group_member;
  removal.group_id = group.id;
  removal.user_id = UserId{id};
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> remove_member_reference(const GraphCall& call) {
  const std::string id = ascii_lower(call.key("member"));
  co_return co_await remove_one_member(call, id);
}

// DELETE /groups/{group}/members/$ref?@id=URL
Task<GraphOutcome> remove_member_by_id(const GraphCall& call) {
  CURFEW_CO_TRY(const std::string id,
                reference_in(boost::json::object{{"@odata.id", call.options.id.value_or("")}}));
  co_return co_await remove_one_member(call, id);
}

// Without /$ref the real service deletes the member itself: here nothing is.
Task<GraphOutcome> refuse_member_deletion(const GraphCall& /*call*/) {
  co_return GraphError::bad_request(
      "This would delete the member itself. To take it out of the group, add /$ref to the address; "
      "to delete a person, use DELETE /users/{id}.");
}

GraphOperation reading(std::string_view name, std::string_view path, GraphBody run,
                       unsigned options) {
  GraphOperation operation;
  operation.name = name;
  operation.path = path;
  operation.permissions = kReads;
  operation.run = run;
  operation.options = options;
  return operation;
}

GraphOperation writing(std::string_view name, M method, std::string_view path, GraphBody run,
                       const NeededPermissions& permissions) {
  GraphOperation operation;
  operation.name = name;
  operation.method = method;
  operation.path = path;
  operation.permissions = permissions;
  operation.run = run;
  operation.input = method == M::delete_ ? GraphInput::none : GraphInput::object;
  operation.right = R::manage_groups;
  operation.areas = {PermittedArea::groups};
  operation.when_rolled_back = method == M::post ? WhenRolledBack::refuses : WhenRolledBack::serves;
  return operation;
}

}  // namespace

std::vector<GraphOperation> group_operations() {
  constexpr unsigned kObjects = kSelectOption | kTopOption | kCountOption | kSkipTokenOption;
  constexpr unsigned kTyped = kListOptions & ~kExpandOption;
  GraphOperation by_id = writing("remove_member", M::delete_, "/groups/{group}/members/$ref",
                                 &remove_member_by_id, kChangesMembers);
  by_id.options = kIdOption;
  return {
      reading("list_groups", "/groups", &list_groups, kTyped),
      reading("count_groups", "/groups/$count", &count_groups, kFilterOption | kSearchOption),
      reading("show_group", "/groups/{group}", &show_group, kSelectOption),
      reading("list_members", "/groups/{group}/members", &list_members, kTyped),
      reading("count_members", "/groups/{group}/members/$count", &count_members,
              kFilterOption | kSearchOption),
      reading("list_user_members", "/groups/{group}/members/graph.user", &list_user_members,
              kTyped),
      reading("list_transitive_members", "/groups/{group}/transitiveMembers", &list_members,
              kTyped),
      reading("count_transitive_members", "/groups/{group}/transitiveMembers/$count",
              &count_members, kFilterOption | kSearchOption),
      reading("list_owners", "/groups/{group}/owners", &list_none, kObjects),
      reading("list_groups_of_group", "/groups/{group}/memberOf", &list_none, kObjects),
      reading("list_transitive_groups_of_group", "/groups/{group}/transitiveMemberOf", &list_none,
              kObjects),
      writing("create_group", M::post, "/groups", &create_group, kCreates),
      writing("update_group", M::patch, "/groups/{group}", &update_group, kWrites),
      writing("delete_group", M::delete_, "/groups/{group}", &delete_group, kWrites),
      writing("add_member", M::post, "/groups/{group}/members/$ref", &add_member_reference,
              kChangesMembers),
      writing("remove_member", M::delete_, "/groups/{group}/members/{member}/$ref",
              &remove_member_reference, kChangesMembers),
      writing("refuse_member_deletion", M::delete_, "/groups/{group}/members/{member}",
              &refuse_member_deletion, kChangesMembers),
      by_id,
  };
}

}  // namespace curfew
