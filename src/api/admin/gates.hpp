// api/admin/gates.hpp: /curfew/v1/gates: enforcement points, and the codes that enrol them.
//
// A gate is an application, so whoever may manage applications may manage gates: Application
// Administrator, Cloud Application Administrator, Global Administrator.
#pragma once

#include <boost/json/value.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

inline constexpr BodyMembers<2> kNewGateMembers{"name", "mode"};

[[nodiscard]] Task<Result<boost::json::value>> list_gates(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_gate(const AdminCall& call);
// Answers the enrolment code, which is shown only now.
[[nodiscard]] Task<Result<boost::json::value>> add_gate(const AdminCall& call);
// A new code for a gate that is there; its use ends the key that the gate has.
[[nodiscard]] Task<Result<boost::json::value>> add_gate_code(const AdminCall& call);
// All access first, in a transaction of its own, as disabling takes it; then the rows.
[[nodiscard]] Task<Result<boost::json::value>> remove_gate(const AdminCall& call);

}  // namespace curfew
