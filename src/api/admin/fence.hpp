// api/admin/fence.hpp: /curfew/v1/fence: how far the gates are with the newest fence, and what they
// had as blocked that a restored backup had lost, for people to look at.
//
// Whoever may begin a run may look; what is kept or ended is guarded by what it is about, as giving
// it back is (revocation/fence/fence_review.hpp).
#pragma once

#include <boost/json/value.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

inline constexpr BodyMembers<1> kEndLostBlocksMembers{"gate"};

// `not_found` where the tenant never was fenced.
[[nodiscard]] Task<Result<boost::json::value>> show_fence(const AdminCall& call);
// Of all fences. `state`: only those; `open`: those that somebody has to look at.
[[nodiscard]] Task<Result<boost::json::value>> list_lost_blocks(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> keep_lost_block(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> end_lost_block(const AdminCall& call);
// {"gate"}: the word of this gate is not taken, for all that nobody has looked at, of every fence;
// the gate may be removed. What another gate has proved too stays because of that one. Without it,
// all of all gates. What the caller may not end stays, and is named in the answer; `hasMore`: it
// was too much for one call.
[[nodiscard]] Task<Result<boost::json::value>> end_lost_blocks(const AdminCall& call);

}  // namespace curfew
