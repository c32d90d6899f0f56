// model/command_party.hpp: an application that takes commands about its people's accounts (OpenID
// Provider Commands 1.0, draft). Values only.
//
// A row of its own and not a member of the application: a cut reads all parties, and must not look
// through all applications for them.
#pragma once

#include <string>

#include "base/id.hpp"

namespace curfew {

struct CommandParty {
  TenantId tenant_id;
  AppId app_id;
  std::string command_endpoint;  // https; also `aud` of what is sent there
};

}  // namespace curfew
