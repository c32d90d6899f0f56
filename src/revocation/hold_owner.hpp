// revocation/hold_owner.hpp: the owners of holds that are not runs.
#pragma once

#include <string_view>

namespace curfew {

// Single changes by an administrator: one hold, whoever of them it was.
inline constexpr std::string_view kAdministratorOwner = "administrator";
// Of a person who was deleted; ends when they are restored.
inline constexpr std::string_view kDeletedOwner = "deleted";
// Holds on what does not exist any more (API keys, client secrets, signing keys). Nothing ends
// them, so that no undo can bring such a credential back.
inline constexpr std::string_view kRemovedOwner = "removed";
// Blocks that a restored backup had lost and a gate still had: until somebody has looked at them
// (revocation/fence/fence_review.hpp).
inline constexpr std::string_view kFenceReviewOwner = "fence review";

}  // namespace curfew
