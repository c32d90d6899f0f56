// api/directory/gate_rules.hpp: what nobody may make of a gate's application, whatever their roles.
//
// A gate is what its enrolment made of it: one key, one permission. A second credential would be a
// way in that no machine holds, and any other permission one that nobody looks for at a gate.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "model/application.hpp"
#include "store/store.hpp"

namespace curfew {

// `conflict` for a gate's application, enrolled or not: it gets no other credential.
[[nodiscard]] Status check_is_no_gate(ReadTx& tx, const TenantId& tenant_id, const AppId& app_id);

// `conflict` where the application that somebody makes or changes is a gate's, or would hold the
// permission that gates have. `before`: nothing for a new one; what changes nothing is no change.
[[nodiscard]] Status check_becomes_no_gate(ReadTx& tx, const std::optional<App>& before,
                                           const App& after);

}  // namespace curfew
