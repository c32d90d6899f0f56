#include "api/admin_rights.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

using R = Role;

constexpr std::array kManagesUsers{R::user_administrator};
constexpr std::array kManagesRoles{R::privileged_role_administrator};
constexpr std::array kManagesGroups{R::groups_administrator, R::user_administrator};
constexpr std::array kManagesApps{R::application_administrator, R::cloud_application_administrator};
constexpr std::array kManagesDevices{R::cloud_device_administrator, R::intune_administrator};
constexpr std::array kRevokes{R::privileged_authentication_administrator,
                              R::authentication_administrator, R::user_administrator,
                              R::helpdesk_administrator, R::password_administrator};
// Whoever may revoke may also see what came of it.
constexpr std::array kReadsRevocations{R::security_reader,
                                       R::security_operator,
                                       R::security_administrator,
                                       R::global_reader,
                                       R::privileged_authentication_administrator,
                                       R::authentication_administrator,
                                       R::user_administrator,
                                       R::helpdesk_administrator,
                                       R::password_administrator};
constexpr std::array kReadsLogs{R::reports_reader, R::security_reader, R::security_operator,
                                R::security_administrator, R::global_reader};

// Any directory role lets its holder read.
std::span<const Role> every_role() {
  static const std::vector<Role> roles = [] {
    std::vector<Role> all;
    for (const RoleDefinition& definition : built_in_roles()) all.push_back(definition.role);
    return all;
  }();
  return roles;
}

std::string names_of(std::span<const Role> roles) {
  std::vector<std::string> names;
  for (const Role role : roles) names.emplace_back(definition_of(role).display_name);
  return join(names, ", ");
}

}  // namespace

std::string_view to_string(AdminRight right) {
  switch (right) {
    case AdminRight::read_directory: return "read_directory";
    case AdminRight::manage_users: return "manage_users";
    case AdminRight::manage_roles: return "manage_roles";
    case AdminRight::manage_groups: return "manage_groups";
    case AdminRight::manage_apps: return "manage_apps";
    case AdminRight::manage_devices: return "manage_devices";
    case AdminRight::read_revocations: return "read_revocations";
    case AdminRight::revoke: return "revoke";
    case AdminRight::read_logs: return "read_logs";
  }
  CURFEW_CHECK(false);
}

std::span<const Role> roles_with(AdminRight right) {
  switch (right) {
    case AdminRight::read_directory: return every_role();
    case AdminRight::manage_users: return kManagesUsers;
    case AdminRight::manage_roles: return kManagesRoles;
    case AdminRight::manage_groups: return kManagesGroups;
    case AdminRight::manage_apps: return kManagesApps;
    case AdminRight::manage_devices: return kManagesDevices;
    case AdminRight::read_revocations: return kReadsRevocations;
    case AdminRight::revoke: return kRevokes;
    case AdminRight::read_logs: return kReadsLogs;
  }
  CURFEW_CHECK(false);
}

bool holds_right(const Actor& actor, AdminRight right) {
  const std::span<const Role> sufficient = roles_with(right);
  return actor.roles.contains(Role::global_administrator) ||
         std::ranges::any_of(sufficient, [&](Role role) { return actor.roles.contains(role); });
}

std::string missing_right_sentence(const Actor& actor, AdminRight right) {
  const std::vector<Role> held{actor.roles.begin(), actor.roles.end()};
  const std::string has =
      held.empty() ? "holds no directory role" : "has only the roles " + names_of(held);
  const std::string sufficient = right == AdminRight::read_directory
                                     ? "any directory role"
                                     : names_of(roles_with(right)) + ", or Global Administrator";
  return "this needs the right " + std::string{to_string(right)} + ", which comes with " +
         sufficient + "; " + escape_for_display(actor.display_name) + " " + has +
         "; a Privileged Role Administrator gives roles";
}

}  // namespace curfew
