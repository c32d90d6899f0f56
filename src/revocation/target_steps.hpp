// revocation/target_steps.hpp: the steps of a plan at others that are asked to end what the subject
// has there: servers (Global Token Revocation) and applications (OpenID Provider Commands).
//
// Unlike a receiver of shared signals a target is commanded, and says that it has begun; so each
// has an access path. A server is never seen to have ended anything. An application may show the
// state of the account.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "revocation/plan.hpp"
#include "store/store.hpp"

namespace curfew {

// The target is the application's id (src/connectors/provider_commands). Not one of kTelling: what
// it suspends is given back by an undo.
inline constexpr std::string_view kProviderCommandsConnector = "command.account";

// One for each target that is enabled, and one for each application with a command endpoint: also
// where no sign-in of the subject is known, since accounts are older than grants. The path of the
// application's own session, where nothing else ends it, becomes that of the command.
Status add_target_steps(ReadTx& tx, const TenantId& tenant_id, const RunId& run_id, Plan& plan);

}  // namespace curfew
