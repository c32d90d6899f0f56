// revocation/target_steps.hpp: the steps of a plan at other servers that are asked to end what the
// subject has there (Global Token Revocation).
//
// Unlike a receiver of shared signals a target is commanded, and says that it has begun; so each
// has an access path, which is acknowledged and never seen to be gone.
#pragma once

#include "base/result.hpp"
#include "revocation/plan.hpp"
#include "store/store.hpp"

namespace curfew {

// One for each target that is enabled.
Status add_target_steps(ReadTx& tx, const TenantId& tenant_id, const RunId& run_id, Plan& plan);

}  // namespace curfew
