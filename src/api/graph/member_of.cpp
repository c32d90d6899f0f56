#include "api/graph/member_of.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "api/graph/device_entity.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/group_entity.hpp"
#include "api/graph/object_list.hpp"
#include "base/text.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kCheckedIdsMax = 20;
constexpr std::size_t kExpandedMax = 20;

struct Memberships {
  std::vector<Group> groups;
  std::vector<Role> roles;
};

Result<Memberships> memberships_in(ReadTx& tx, const TenantId& tenant_id, const UserId& id) {
  Memberships found;
  CURFEW_TRY(const auto members, memberships_of(tx, tenant_id, id));
  for (const GroupMember& member : members) {
    CURFEW_TRY(std::optional<Group> group, load<Group>(tx, tenant_id, member.group_id));
    if (group) found.groups.push_back(std::move(*group));
  }
  CURFEW_TRY(const HeldRoles held, held_roles(tx, tenant_id, id.str()));
  found.roles.assign(held.built_in.begin(), held.built_in.end());
  return found;
}

GraphResult<Memberships> memberships_of_user(const GraphCall& call) {
  CURFEW_TRY(const User user, user_of(call));
  auto found = read_value<Memberships>(call.context.store, [&](ReadTx& tx) {
    return memberships_in(tx, call.tenant_id(), user.id);
  });
  if (!found.ok()) return found.error();
  return std::move(*found);
}

void add_all(const GraphCall& call, const Memberships& found, ObjectList& objects) {
  objects.add_kind(group_kind());
  objects.add_kind(directory_role_kind());
  for (const Group& group : found.groups) {
    objects.add(group_kind(), group.id.str(), group_view(call, group));
  }
  for (const Role role : found.roles) {
    const RoleDefinition& definition = definition_of(role);
    objects.add(directory_role_kind(), std::string{definition.template_id}, definition);
  }
}

Task<GraphOutcome> list_member_of(const GraphCall& call) {
  CURFEW_CO_TRY(const Memberships found, memberships_of_user(call));
  ObjectList objects{call};
  add_all(call, found, objects);
  co_return objects.answer("directoryObjects");
}

Task<GraphOutcome> count_member_of(const GraphCall& call) {
  if (!call.advanced) co_return GraphError::bad_request("$count is not currently supported.");
  CURFEW_CO_TRY(const Memberships found, memberships_of_user(call));
  GraphAnswer answer;
  answer.text = std::to_string(found.groups.size() + found.roles.size());
  co_return answer;
}

Task<GraphOutcome> list_member_groups(const GraphCall& call) {
  CURFEW_CO_TRY(const Memberships found, memberships_of_user(call));
  std::vector<GroupId> ids;
  for (const Group& group : found.groups) ids.push_back(group.id);
  co_return co_await answer_list(call, list_of_groups(call, std::move(ids)));
}

Task<GraphOutcome> list_member_roles(const GraphCall& call) {
  CURFEW_CO_TRY(const Memberships found, memberships_of_user(call));
  co_return co_await answer_list(call, list_of_roles(call, found.roles));
}

// This directory has no administrative units.
Task<GraphOutcome> list_no_units(const GraphCall& call) {
  CURFEW_CO_TRY_STATUS(user_of(call));
  ObjectList none{call};
  none.add_kind(group_kind());
  co_return none.answer("administrativeUnits");
}

// --- getMemberGroups and its kin

GraphAnswer ids_answer(const GraphCall& call, const std::vector<std::string>& ids) {
  boost::json::array value;
  for (const std::string& id : ids) value.emplace_back(id);
  return GraphAnswer::json(boost::json::object{
      {"@odata.context", call.context_url("Collection(Edm.String)")}, {"value", std::move(value)}});
}

std::vector<std::string> group_ids(const Memberships& found) {
  std::vector<std::string> ids;
  for (const Group& group : found.groups) ids.push_back(group.id.str());
  return ids;
}

std::vector<std::string> object_ids(const Memberships& found) {
  std::vector<std::string> ids = group_ids(found);
  for (const Role role : found.roles) ids.emplace_back(definition_of(role).template_id);
  return ids;
}

using IdsOf = std::vector<std::string> (*)(const Memberships&);

template <IdsOf kIds>
Task<GraphOutcome> get_members(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(const auto security_only, members.boolean("securityEnabledOnly"));
  CURFEW_CO_TRY_STATUS(members.nothing_else("user"));
  if (!security_only) {
    co_return GraphError::bad_request("The parameter securityEnabledOnly is missing.");
  }
  CURFEW_CO_TRY(const Memberships found, memberships_of_user(call));
  co_return ids_answer(call, kIds(found));
}

GraphResult<std::vector<std::string>> asked_ids(const GraphCall& call, std::string_view name) {
  GraphMembers members{call.body};
  const auto* value = members.take(name);
  CURFEW_TRY_STATUS(members.nothing_else("user"));
  const auto* array = value == nullptr ? nullptr : value->if_array();
  if (array == nullptr || array->empty() || array->size() > kCheckedIdsMax) {
    return GraphError::bad_request(std::string{name} + " is an array of 1 to " +
                                   std::to_string(kCheckedIdsMax) + " ids.");
  }
  std::vector<std::string> ids;
  for (const boost::json::value& element : *array) {
    const auto* text = element.if_string();
    if (text == nullptr) return GraphError::bad_request(std::string{name} + " holds ids.");
    ids.push_back(ascii_lower(std::string_view{*text}));
  }
  return ids;
}

template <IdsOf kIds>
Task<GraphOutcome> check_members(const GraphCall& call, std::string_view name) {
  CURFEW_CO_TRY(std::vector<std::string> asked, asked_ids(call, name));
  CURFEW_CO_TRY(const Memberships found, memberships_of_user(call));
  const std::vector<std::string> held = kIds(found);
  std::erase_if(asked,
                [&](const std::string& id) { return std::ranges::find(held, id) == held.end(); });
  co_return ids_answer(call, asked);
}

Task<GraphOutcome> check_member_groups(const GraphCall& call) {
  co_return co_await check_members<&group_ids>(call, "groupIds");
}
Task<GraphOutcome> check_member_objects(const GraphCall& call) {
  co_return co_await check_members<&object_ids>(call, "ids");
}

// --- $expand

template <typename Fill>
GraphResult<boost::json::array> expanded(const GraphCall& call, const ExpandItem& item,
                                         const Fill& fill) {
  // The selection of the expansion, not of the object around it.
  GraphCall inner = call;
  inner.options = {};
  inner.options.select = item.select;
  inner.options.top = kExpandedMax;
  ObjectList objects{inner};
  CURFEW_TRY_STATUS(fill(inner, objects));
  CURFEW_TRY(GraphAnswer answer, objects.answer("directoryObjects"));
  return std::move(answer.body->as_object()["value"].as_array());
}

GraphResult<Done> add_memberships(const GraphCall& call, const UserId& id, ObjectList& objects) {
  const auto found = read_value<Memberships>(
      call.context.store, [&](ReadTx& tx) { return memberships_in(tx, call.tenant_id(), id); });
  if (!found.ok()) return found.error();
  add_all(call, *found, objects);
  return Done{};
}

GraphResult<Done> add_devices(const GraphCall& call, const UserId& id, ObjectList& objects) {
  const auto devices = read_value<std::vector<Device>>(
      call.context.store, [&](ReadTx& tx) { return devices_of(tx, call.tenant_id(), id); });
  if (!devices.ok()) return devices.error();
  objects.add_kind(device_kind());
  for (const Device& device : *devices) {
    objects.add(device_kind(), device.object_id, device_view(call, device));
  }
  return Done{};
}

}  // namespace

GraphResult<Done> expand_member_of(const GraphCall& call, const UserView& view,
                                   boost::json::object& shown) {
  if (call.options.expand.size() > 1) {
    return GraphError::bad_request("One relationship can be expanded in a request.");
  }
  const ExpandItem& item = call.options.expand.front();
  const bool is_membership = ascii_iequals(item.relationship, "memberOf") ||
                             ascii_iequals(item.relationship, "transitiveMemberOf");
  const bool is_devices = ascii_iequals(item.relationship, "registeredDevices") ||
                          ascii_iequals(item.relationship, "ownedDevices");
  if (ascii_iequals(item.relationship, "manager")) return Done{};  // nobody has one here
  if (!is_membership && !is_devices) {
    return GraphError::bad_request("Could not find a relationship named '" +
                                   escape_for_display(item.relationship, 128) +
                                   "' that can be expanded on type 'microsoft.graph.user'.");
  }
  CURFEW_TRY(boost::json::array value,
             expanded(call, item, [&](const GraphCall& inner, ObjectList& objects) {
               return is_devices ? add_devices(inner, view.user.id, objects)
                                 : add_memberships(inner, view.user.id, objects);
             }));
  shown[item.relationship] = std::move(value);
  return Done{};
}

std::vector<GraphOperation> member_of_operations(const NeededPermissions& reads) {
  std::vector<GraphOperation> all;
  const auto add = [&](std::string_view name, std::string_view path, GraphBody run,
                       unsigned options, HttpMethod method = HttpMethod::get) {
    GraphOperation operation;
    operation.name = name;
    operation.method = method;
    operation.path = path;
    operation.permissions = reads;
    operation.run = run;
    operation.options = options;
    operation.input = method == HttpMethod::post ? GraphInput::object : GraphInput::none;
    all.push_back(operation);
  };
  constexpr unsigned kObjects = kSelectOption | kTopOption | kCountOption | kSkipTokenOption;
  constexpr unsigned kTyped = kListOptions & ~kExpandOption;
  add("list_member_of", "/users/{user}/memberOf", &list_member_of, kObjects);
  add("count_member_of", "/users/{user}/memberOf/$count", &count_member_of, 0);
  add("list_member_groups", "/users/{user}/memberOf/graph.group", &list_member_groups, kTyped);
  add("list_member_roles", "/users/{user}/memberOf/graph.directoryRole", &list_member_roles,
      kTyped);
  add("list_member_units", "/users/{user}/memberOf/graph.administrativeUnit", &list_no_units,
      kObjects);
  add("list_transitive_member_of", "/users/{user}/transitiveMemberOf", &list_member_of, kObjects);
  add("count_transitive_member_of", "/users/{user}/transitiveMemberOf/$count", &count_member_of, 0);
  add("list_transitive_groups", "/users/{user}/transitiveMemberOf/graph.group", &list_member_groups,
      kTyped);
  add("list_transitive_roles", "/users/{user}/transitiveMemberOf/graph.directoryRole",
      &list_member_roles, kTyped);
  add("list_transitive_units", "/users/{user}/transitiveMemberOf/graph.administrativeUnit",
      &list_no_units, kObjects);
  add("get_member_groups", "/users/{user}/getMemberGroups", &get_members<&group_ids>, 0,
      HttpMethod::post);
  add("get_member_objects", "/users/{user}/getMemberObjects", &get_members<&object_ids>, 0,
      HttpMethod::post);
  add("check_member_groups", "/users/{user}/checkMemberGroups", &check_member_groups, 0,
      HttpMethod::post);
  add("check_member_objects", "/users/{user}/checkMemberObjects", &check_member_objects, 0,
      HttpMethod::post);
  return all;
}

}  // namespace curfew
