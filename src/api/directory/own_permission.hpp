// api/directory/own_permission.hpp: whether an application has a permission of the Graph API as its
// own, given by an administrator, where it comes with no access token that would say so.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "model/application.hpp"
#include "store/store.hpp"

namespace curfew {

[[nodiscard]] Result<bool> holds_graph_permission(ReadTx& tx, const App& app,
                                                  std::string_view name);

}  // namespace curfew
