// api/admin_rights.hpp: which directory roles have which right at our own resource APIs.
// Pure; the table as data.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/actor.hpp"
#include "model/role.hpp"

namespace curfew {

// What a call is about; each is held by some directory roles. Taking access away is guarded
// further, per subject, in revocation/guard.hpp.
enum class AdminRight {
  read_directory,
  manage_users,
  manage_roles,
  manage_groups,
  manage_apps,
  manage_devices,
  read_revocations,
  revoke,     // begin a run; the guard decides about the subject
  read_logs,  // the audit and the sign-in log
};
// "manage_users": stable; in errors and audit entries.
[[nodiscard]] std::string_view to_string(AdminRight right);

// The roles that have the right, beside Global Administrator, who has all.
[[nodiscard]] std::span<const Role> roles_with(AdminRight right);

[[nodiscard]] bool holds_right(const Actor& actor, AdminRight right);

// For a refusal: what the actor lacks, what they hold, and which roles would do.
[[nodiscard]] std::string missing_right_sentence(const Actor& actor, AdminRight right);

}  // namespace curfew
