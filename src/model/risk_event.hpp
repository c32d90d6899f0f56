// model/risk_event.hpp: what administrators have said of people's accounts being compromised, one
// row each time.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

using RiskEventId = Id<struct RiskEventTag>;

struct RiskEvent {
  TenantId tenant_id;
  RiskEventId id;  // a GUID: of the detection, where it confirms a compromise
  UserId user_id;
  TimePoint at{};
  // Graph's words: "high", "confirmedCompromised", "adminConfirmedUserCompromised".
  std::string risk_level;
  std::string risk_state;
  std::string risk_detail;
  std::string actor_id;  // who said so
  // The person's names at that time: they may be gone or be called otherwise later.
  std::string user_principal_name;
  std::string user_display_name;
};

}  // namespace curfew
