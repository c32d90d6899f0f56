// model/sign_in.hpp: one line of the sign-in log, with the names of Graph's signIn resource.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

struct SignIn {
  TenantId tenant_id;
  std::string id;  // a GUID
  TimePoint created_at{};
  // As typed, in lower case; there need not be such a user.
  std::string user_principal_name;
  std::optional<UserId> user_id;
  std::optional<AppId> app_id;  // nothing: our own account page
  std::string app_display_name;
  std::string resource;  // identifier URI that was asked for; empty: userinfo
  std::string ip_address;
  std::string client_app_used;  // "Browser"
  std::string user_agent;       // as sent, cut to 512 bytes
  std::optional<DeviceId> device_id;
  std::optional<SessionId> session_id;
  std::string correlation_id;  // the request's id
  bool is_interactive = true;
  std::int64_t error_code = 0;  // status.errorCode: 0 is success, else the AADSTS number
  std::string failure_reason;   // one sentence; empty on success
};

}  // namespace curfew
