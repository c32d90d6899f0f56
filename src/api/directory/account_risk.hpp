// api/directory/account_risk.hpp: what was said of a person's account: by an administrator, or by
// a source of shared signals.
#pragma once

#include <string_view>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/directory.hpp"
#include "model/risk_event.hpp"
#include "revocation/requester.hpp"

namespace curfew {

// An object with "riskState" among the stored properties; and the name under which the index has
// everybody of whom something was said.
inline constexpr std::string_view kRiskProperty = "riskyUser";

// The state that says that somebody else may be in the account.
inline constexpr std::string_view kCompromisedState = "confirmedCompromised";
[[nodiscard]] bool is_said_to_be_compromised(const User& user);

// Graph's words: riskLevel, riskState, riskDetail.
struct RiskWords {
  std::string_view level;
  std::string_view state;
  std::string_view detail;
};
inline constexpr RiskWords kAtRisk{"high", "atRisk", "none"};

// Into the person's row and among the events of risk, in one transaction, on the caller's behalf.
// `may`: what is asked in there beside; null: nothing.
[[nodiscard]] Task<Result<Done>> note_account_risk(const ApiCall& call, UserId id, RiskWords words,
                                                   StandingCheck may = nullptr);

// kAtRisk, on the word of another, as the event of this id. False: nothing was written, because as
// much or more stands there: another's word never takes an administrator's away.
[[nodiscard]] Task<Result<bool>> note_suspected_risk(const ApiCall& call, UserId id,
                                                     RiskEventId event_id, StandingCheck may);

}  // namespace curfew
