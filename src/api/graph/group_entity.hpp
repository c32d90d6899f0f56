// api/graph/group_entity.hpp: groups and directory roles as Graph shows them.
//
// A role is shown by the id of its template: this directory has each built-in role once, always
// activated.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"
#include "model/role.hpp"

namespace curfew {

struct GroupView {
  Group group;
  boost::json::object stored;
  mutable std::vector<std::string> texts{};
};

[[nodiscard]] const EntityKind<GroupView>& group_kind();
[[nodiscard]] GroupView group_view(const GraphCall& call, Group group);
// The group that {group} names, by id.
[[nodiscard]] GraphResult<Group> group_of(const GraphCall& call);
[[nodiscard]] Listing<Group, GroupView> list_of_groups(const GraphCall& call);
[[nodiscard]] Listing<Group, GroupView> list_of_groups(const GraphCall& call,
                                                       std::vector<GroupId> ids);

[[nodiscard]] const EntityKind<RoleDefinition>& directory_role_kind();
[[nodiscard]] RoleDefinition role_view(const GraphCall& call, RoleDefinition role);
[[nodiscard]] Listing<RoleDefinition, RoleDefinition> list_of_roles(const GraphCall& call,
                                                                    const std::vector<Role>& roles);

}  // namespace curfew
