// model/role.hpp: the built-in directory roles by Entra's names and template ids.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/id.hpp"

namespace curfew {

enum class Role {
  global_administrator,
  privileged_authentication_administrator,
  privileged_role_administrator,
  authentication_administrator,
  user_administrator,
  groups_administrator,
  helpdesk_administrator,
  password_administrator,
  cloud_application_administrator,
  application_administrator,
  cloud_device_administrator,
  intune_administrator,
  security_administrator,
  security_operator,
  security_reader,
  conditional_access_administrator,
  global_reader,
  directory_readers,
  guest_inviter,
  message_center_reader,
  reports_reader,
  usage_summary_reports_reader,
};

struct RoleDefinition {
  Role role;
  std::string_view template_id;   // a GUID, the same in every tenant
  std::string_view display_name;  // Entra's
};

// All built-in roles, in the order of the enumeration.
[[nodiscard]] std::span<const RoleDefinition> built_in_roles();
[[nodiscard]] const RoleDefinition& definition_of(Role role);
[[nodiscard]] std::optional<Role> role_by_template_id(std::string_view template_id);
// By display name, ASCII case ignored.
[[nodiscard]] std::optional<Role> role_by_name(std::string_view display_name);

}  // namespace curfew
