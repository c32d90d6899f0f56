// api/graph/app_role_entity.hpp: who may use an application, and what applications may do at a
// resource by themselves, as Graph shows both: appRoleAssignments.
//
// People and groups are assigned to an application as a whole: the default role, all zeros. A
// service principal has application permissions on a resource: one role each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"

namespace curfew {

inline constexpr std::string_view kDefaultAppRole = "00000000-0000-0000-0000-000000000000";

enum class PrincipalSort { user, group, service_principal };

struct Principal {
  PrincipalSort sort = PrincipalSort::user;
  std::string id;
  std::string name;
};
// By its id; nothing if there is none.
[[nodiscard]] Result<std::optional<Principal>> find_principal(ReadTx& tx, const TenantId& tenant,
                                                              const std::string& id);

// One assignment.
struct Assigned {
  PrincipalSort sort = PrincipalSort::user;
  std::string principal_id;
  std::string resource_id;
  std::string role_id;
  std::string principal_name;
  std::string resource_name;
  std::optional<TimePoint> created_at;
  std::string id;  // opaque to clients; parse_assigned_id() gives the first four back
};
[[nodiscard]] std::optional<Assigned> parse_assigned_id(std::string_view id);
[[nodiscard]] Assigned assigned_of(const AppAssignment& row, std::string principal_name,
                                   std::string resource_name);
[[nodiscard]] Assigned assigned_of(const App& client, const App& resource, const std::string& name);

[[nodiscard]] const EntityKind<Assigned>& assigned_kind();

// What one principal has been assigned.
[[nodiscard]] Result<std::vector<Assigned>> assigned_to_principal(ReadTx& tx,
                                                                  const TenantId& tenant,
                                                                  const Principal& principal);
// Who is assigned to one resource: people and groups, after them applications.
[[nodiscard]] std::shared_ptr<const Candidates<Assigned>> assigned_to_resource(App resource);

}  // namespace curfew
