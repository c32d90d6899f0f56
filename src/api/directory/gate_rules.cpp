#include "api/directory/gate_rules.hpp"

#include "access/granted_scopes.hpp"
#include "base/text.hpp"
#include "model/built_in_app_ids.hpp"
#include "model/gate.hpp"
#include "store/schema.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

Status check_is_no_gate(ReadTx& tx, const TenantId& tenant_id, const AppId& app_id) {
  CURFEW_TRY(const auto gate, load<Gate>(tx, tenant_id, app_id));
  if (!gate) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               "the application is the gate " + escape_for_display(gate->name) +
                   ", whose key is all that it has and follows the gates' feed alone; `curfew "
                   "gate` gives it a new code and removes it, and `curfew app disable` stops it"};
}

Status check_becomes_no_gate(ReadTx& tx, const std::optional<App>& before, const App& after) {
  // Disabling and enabling comes here with everything else as it was.
  if (before && to_row(*before) == to_row(after)) return Done{};
  CURFEW_TRY_STATUS(check_is_no_gate(tx, after.tenant_id, after.id));
  if (!is_gate(after)) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               "the permission " + std::string{kGateFeedPermission} +
                   " comes with a gate's enrolment and is given to no other application; `curfew "
                   "gate add` makes a gate"};
}

}  // namespace curfew
