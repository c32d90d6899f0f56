#include "model/graph_permission.hpp"

#include <algorithm>
#include <array>

namespace curfew {

namespace {

constexpr std::array kPermissions{
    GraphPermission{"User.Read", true},
    GraphPermission{"User.ReadBasic.All", true},
    GraphPermission{"User.Read.All"},
    GraphPermission{"User.ReadWrite", true},
    GraphPermission{"User.ReadWrite.All"},
    GraphPermission{"User.EnableDisableAccount.All"},
    GraphPermission{"User.RevokeSessions.All"},
    GraphPermission{"User.DeleteRestore.All"},
    GraphPermission{"User-PasswordProfile.ReadWrite.All"},
    GraphPermission{"Directory.Read.All"},
    GraphPermission{"Directory.ReadWrite.All"},
    GraphPermission{"Directory.AccessAsUser.All"},
    GraphPermission{"Device.Read.All"},
    GraphPermission{"Device.ReadWrite.All"},
    GraphPermission{"Group.ReadBasic.All"},
    GraphPermission{"Group.Read.All"},
    GraphPermission{"Group.ReadWrite.All"},
    GraphPermission{"Group.Create"},
    GraphPermission{"GroupMember.ReadBasic.All"},
    GraphPermission{"GroupMember.Read.All"},
    GraphPermission{"GroupMember.ReadWrite.All"},
    GraphPermission{"RoleManagement.Read.Directory"},
    GraphPermission{"RoleManagement.Read.All"},
    GraphPermission{"RoleManagement.ReadWrite.Directory"},
    GraphPermission{"Application.Read.All"},
    GraphPermission{"Application.ReadWrite.All"},
    GraphPermission{"AppRoleAssignment.ReadWrite.All"},
    GraphPermission{"DelegatedPermissionGrant.Read.All"},
    GraphPermission{"DelegatedPermissionGrant.ReadWrite.All"},
    GraphPermission{"AuditLog.Read.All"},
    GraphPermission{"UserAuthenticationMethod.Read.All"},
    GraphPermission{"UserAuthenticationMethod.ReadWrite.All"},
    GraphPermission{"UserAuthenticationMethod.Read"},
    GraphPermission{"UserAuthenticationMethod.ReadWrite"},
    GraphPermission{"UserAuthMethod-Email.Read"},
    GraphPermission{"UserAuthMethod-Email.ReadWrite"},
    GraphPermission{"UserAuthMethod-Email.Read.All"},
    GraphPermission{"UserAuthMethod-Email.ReadWrite.All"},
    GraphPermission{"UserAuthMethod-Password.Read.All"},
    GraphPermission{"UserAuthMethod-Password.ReadWrite.All"},
    GraphPermission{"IdentityRiskEvent.Read.All"},
    GraphPermission{"IdentityRiskyUser.Read.All"},
    GraphPermission{"IdentityRiskyUser.ReadWrite.All"},
    GraphPermission{"Organization.Read.All"},
    GraphPermission{"Domain.Read.All"},
};

}  // namespace

std::span<const GraphPermission> graph_permissions() { return kPermissions; }

bool is_user_consentable(std::string_view graph_permission) {
  return std::ranges::any_of(kPermissions, [&](const GraphPermission& permission) {
    return permission.name == graph_permission && permission.user_consent;
  });
}

}  // namespace curfew
