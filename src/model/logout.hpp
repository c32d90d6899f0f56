// model/logout.hpp: the applications that a person is signed in to through a session of ours, and
// those of them that still have to be told that it ended (OIDC Back-Channel Logout 1.0). Values
// only.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

// The application got an ID token that names the session (`sid`). One for each pair; it goes with
// the session, not with the grant: the application's own session needs no token of ours.
struct SessionClient {
  TenantId tenant_id;
  SessionId session_id;
  AppId app_id;
  UserId user_id;
  Position auth_as_of;  // of the sign-in: a run ends what is from before it
  TimePoint since{};
};

// One logout token that is due, outside of a run, whose steps are kept with it. The row stands
// until the application has taken the token, or for kLogoutRetryTimeMax.
struct LogoutNotice {
  TenantId tenant_id;
  SessionId session_id;
  AppId app_id;
  UserId user_id;
  TimePoint created_at{};
  TimePoint next_try_at{};
  std::uint32_t attempt_count = 0;  // that failed
};

}  // namespace curfew
