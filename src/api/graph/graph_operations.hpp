// api/graph/graph_operations.hpp: the table of everything that the Graph API does, and the way from
// a path to its operation.
//
// A path is matched after every spelling of it has been made one: keys in segments and in
// parentheses, qualified and short names of actions, functions and casts, any case (graph.md 1.1).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "api/graph/graph_call.hpp"
#include "protocol/odata/resource_path.hpp"

namespace curfew {

[[nodiscard]] std::span<const GraphOperation> graph_operations();

struct GraphRoute {
  const GraphOperation* operation = nullptr;
  std::map<std::string, std::string, std::less<>> keys;
};
// No operation has this path (not_found), or none with this method.
enum class NoRoute { unknown_path, other_method };

[[nodiscard]] std::variant<GraphRoute, NoRoute> find_operation(
    HttpMethod method, const std::vector<PathSegment>& path);

// The parts of the table, each by its file.
[[nodiscard]] std::vector<GraphOperation> user_operations();
[[nodiscard]] std::vector<GraphOperation> device_operations();
[[nodiscard]] std::vector<GraphOperation> group_operations();
[[nodiscard]] std::vector<GraphOperation> role_operations();
[[nodiscard]] std::vector<GraphOperation> deleted_item_operations();
[[nodiscard]] std::vector<GraphOperation> authentication_operations();
[[nodiscard]] std::vector<GraphOperation> email_method_operations();
[[nodiscard]] std::vector<GraphOperation> organization_operations();
[[nodiscard]] std::vector<GraphOperation> audit_log_operations();
[[nodiscard]] std::vector<GraphOperation> application_operations();
[[nodiscard]] std::vector<GraphOperation> app_role_assignment_operations();
[[nodiscard]] std::vector<GraphOperation> permission_grant_operations();
[[nodiscard]] std::vector<GraphOperation> risky_user_operations();
[[nodiscard]] std::vector<GraphOperation> risk_detection_operations();
// Of api/changes: delta queries of what the other parts list, and subscriptions.
[[nodiscard]] std::vector<GraphOperation> delta_operations();
[[nodiscard]] std::vector<GraphOperation> subscription_operations();

}  // namespace curfew
