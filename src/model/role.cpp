#include "model/role.hpp"

#include <array>

#include "base/check.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

constexpr std::array kRoles{
    RoleDefinition{Role::global_administrator, "62e90394-69f5-4237-9190-012177145e10",
                   "Global Administrator"},
    RoleDefinition{Role::privileged_authentication_administrator,
                   "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
                   "Privileged Authentication Administrator"},
    RoleDefinition{Role::privileged_role_administrator, "e8611ab8-c189-46e8-94e1-60213ab1f814",
                   "Privileged Role Administrator"},
    RoleDefinition{Role::authentication_administrator, "c4e39bd9-1100-46d3-8c65-fb160da0071f",
                   "Authentication Administrator"},
    RoleDefinition{Role::user_administrator, "fe930be7-5e62-47db-91af-98c3a49a38b1",
                   "User Administrator"},
    RoleDefinition{Role::groups_administrator, "fdd7a751-b60b-444a-984c-02652fe8fa1c",
                   "Groups Administrator"},
    RoleDefinition{Role::helpdesk_administrator, "729827e3-9c14-49f7-bb1b-9608f156bbb8",
                   "Helpdesk Administrator"},
    RoleDefinition{Role::password_administrator, "966707d0-3269-4727-9be2-8c3a10f19b9d",
                   "Password Administrator"},
    RoleDefinition{Role::cloud_application_administrator, "158c047a-c907-4556-b7ef-446551a6b5f7",
                   "Cloud Application Administrator"},
    RoleDefinition{Role::application_administrator, "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
                   "Application Administrator"},
    RoleDefinition{Role::cloud_device_administrator, "7698a772-787b-4ac8-901f-60d6b08affd2",
                   "Cloud Device Administrator"},
    RoleDefinition{Role::intune_administrator, "3a2c62db-5318-420d-8d74-23affee5d9d5",
                   "Intune Administrator"},
    RoleDefinition{Role::security_administrator, "194ae4cb-b126-40b2-bd5b-6091b380977d",
                   "Security Administrator"},
    RoleDefinition{Role::security_operator, "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
                   "Security Operator"},
    RoleDefinition{Role::security_reader, "5d6b6bb7-de71-4623-b4af-96380a352509",
                   "Security Reader"},
    RoleDefinition{Role::conditional_access_administrator, "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
                   "Conditional Access Administrator"},
    RoleDefinition{Role::global_reader, "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"},
    RoleDefinition{Role::directory_readers, "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
                   "Directory Readers"},
    RoleDefinition{Role::guest_inviter, "95e79109-95c0-4d8e-aee3-d01accf2d47b", "Guest Inviter"},
    RoleDefinition{Role::message_center_reader, "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",
                   "Message Center Reader"},
    RoleDefinition{Role::reports_reader, "4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader"},
    RoleDefinition{Role::usage_summary_reports_reader, "75934031-6c7e-415a-99d7-48dbd49e875e",
                   "Usage Summary Reports Reader"},
};

}  // namespace

std::span<const RoleDefinition> built_in_roles() { return kRoles; }

const RoleDefinition& definition_of(Role role) {
  for (const RoleDefinition& definition : kRoles) {
    if (definition.role == role) return definition;
  }
  CURFEW_CHECK(false);
}

std::optional<Role> role_by_template_id(std::string_view template_id) {
  for (const RoleDefinition& definition : kRoles) {
    if (ascii_iequals(definition.template_id, template_id)) return definition.role;
  }
  return std::nullopt;
}

std::optional<Role> role_by_name(std::string_view display_name) {
  for (const RoleDefinition& definition : kRoles) {
    if (ascii_iequals(definition.display_name, display_name)) return definition.role;
  }
  return std::nullopt;
}

}  // namespace curfew
