// model/lifetime_in_force.hpp: the longest that an access token could be made to live, since when.
//
// Settings change and tokens stay as they were made: what is out there is bounded by every setting
// that was in force, not by today's (revocation/lifetime_history.hpp).
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

// One change of the settings.
struct LifetimeInForce {
  TenantId tenant_id;
  TimePoint since{};  // later than the one before, whatever the clock said
  std::int64_t longest_seconds = 0;
};

// No setting lets an access token live longer (access/lifetime.hpp).
inline constexpr Duration kLifetimeInForceMax = std::chrono::hours{28};

}  // namespace curfew
