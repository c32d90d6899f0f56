// api/graph/member_of.hpp: what a person is a member of: groups and directory roles.
//
// Groups of this directory hold people only, so what somebody is a transitive member of is what
// they are a direct member of.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "api/graph/graph_call.hpp"
#include "api/graph/user_entity.hpp"

namespace curfew {

[[nodiscard]] std::vector<GraphOperation> member_of_operations(const NeededPermissions& reads);

// $expand=memberOf, transitiveMemberOf, registeredDevices, ownedDevices of one person.
[[nodiscard]] GraphResult<Done> expand_member_of(const GraphCall& call, const UserView& view,
                                                 boost::json::object& shown);

}  // namespace curfew
