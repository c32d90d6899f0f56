// tests/bench/enrolment.hpp: machines that become gates, as any do: a code by the administrator's
// API, a key of the gate's own, an enrolment, a token.
#pragma once

#include <string>
#include <vector>

#include "apps/curfew-gate/gate_folder.hpp"
#include "tests/bench/revocations.hpp"
#include "tests/bench/swarm_gate.hpp"

namespace curfew::bench {

// Their names are NAME-0, NAME-1 and so on.
[[nodiscard]] Result<std::vector<std::string>> add_gates(const RevokeWorld& known,
                                                         const std::string& operator_token,
                                                         const std::string& name,
                                                         std::size_t count);
// Trades each code for an identity, and asks for a token with the key of that.
[[nodiscard]] Result<std::vector<EnrolledGate>> enrol_each(const RevokeWorld& known,
                                                           const std::vector<std::string>& codes);
// The same by the program, which keeps it in `folder`.
[[nodiscard]] Result<GateIdentity> enrol_program(const Options& options, const RevokeWorld& known,
                                                 const std::string& code,
                                                 const std::string& folder);

// Access tokens of the first `count` users of the world for its resource, each from a refresh grant
// that it has.
[[nodiscard]] Result<std::vector<std::string>> access_tokens(const RevokeWorld& known,
                                                             std::size_t count);

}  // namespace curfew::bench
