#include "api/directory/own_permission.hpp"

#include <algorithm>
#include <string>

#include "access/granted_scopes.hpp"
#include "model/built_in_app_ids.hpp"
#include "store/schema.hpp"

namespace curfew {

Result<bool> holds_graph_permission(ReadTx& tx, const App& app, std::string_view name) {
  CURFEW_TRY(const auto graph, load<App>(tx, app.tenant_id, AppId{std::string{kGraphAppId}}));
  if (!graph) return false;
  const auto names = application_names(app, *graph);
  return std::ranges::find(names, name) != names.end();
}

}  // namespace curfew
