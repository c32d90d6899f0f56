// api/gates/gate_codes.hpp: gates as rows, and the codes that enrol them.
//
// A code is an initial access token for one gate (model/registration.hpp): good once, for a quarter
// of an hour, in its maker's name. A newer code of the same gate ends the older ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "api/api_call.hpp"
#include "api/registration/initial_token.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/gate.hpp"
#include "store/store.hpp"

namespace curfew {

inline constexpr std::size_t kGateNameBytesMax = 64;
inline constexpr auto kGateCodeTime = std::chrono::minutes{15};  // from a screen to a machine

struct NewGate {
  App app;  // that it will prove itself as; it has no credential and no permission yet
  Gate gate;
  NewInitialToken code;
};

// In the caller's name. `invalid_argument` for a name that is not one word of letters, digits,
// '.', '_' and '-', beginning with a letter or digit, of kGateNameBytesMax at the most.
[[nodiscard]] Result<NewGate> make_gate(const ApiCall& call, std::string name, GateMode mode);
// `conflict` where there is a gate of that name.
[[nodiscard]] Status add_gate_rows(WriteTx& tx, const ApiCall& call, const NewGate& made);

[[nodiscard]] NewInitialToken make_gate_code(const ApiCall& call, const Gate& gate);
// Ends the gate's earlier codes, in the same transaction. `conflict` for a gate that is disabled.
[[nodiscard]] Status add_code_rows(WriteTx& tx, const ApiCall& call, const NewInitialToken& code);

}  // namespace curfew
