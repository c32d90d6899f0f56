// api/graph/sign_ins.hpp: /auditLogs/signIns: who signed in, or tried to.
#pragma once

#include <vector>

#include "api/graph/graph_call.hpp"

namespace curfew {

[[nodiscard]] std::vector<GraphOperation> sign_in_operations(const NeededPermissions& reads);

}  // namespace curfew
