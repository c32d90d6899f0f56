#include "access/evaluate.hpp"

#include <algorithm>
#include <array>

#include "access/granted_scopes.hpp"
#include "base/check.hpp"
#include "model/role.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

using Refusal = std::optional<AccessRefusal>;
using Rule = Refusal (*)(const AccessFacts&);

Refusal refuse_if(bool condition, AccessRefusal refusal) {
  return condition ? Refusal{refusal} : std::nullopt;
}

Refusal check_user_exists(const AccessFacts& facts) {
  return refuse_if(facts.user_was_named && !facts.user, AccessRefusal::user_missing);
}
Refusal check_user_enabled(const AccessFacts& facts) {
  return refuse_if(facts.user && !facts.user->account_enabled, AccessRefusal::user_disabled);
}
Refusal check_client_enabled(const AccessFacts& facts) {
  return refuse_if(!facts.client.account_enabled, AccessRefusal::client_disabled);
}
Refusal check_resource_enabled(const AccessFacts& facts) {
  return refuse_if(facts.resource && !facts.resource->account_enabled,
                   AccessRefusal::resource_disabled);
}
// A device that was deleted is as good as disabled: what was bound to it must not outlive it.
Refusal check_device_enabled(const AccessFacts& facts) {
  const bool enabled = facts.device && facts.device->account_enabled;
  return refuse_if(facts.device_was_named && !enabled, AccessRefusal::device_disabled);
}
Refusal check_assignment(const AccessFacts& facts) {
  return refuse_if(facts.user_was_named && facts.client.assignment_required && !facts.assigned,
                   AccessRefusal::not_assigned);
}
// What the administrator's API gives, it gives to administrators; whoever lost the last role gets
// no token for it any more. An application by itself is judged by the API at each request.
Refusal check_directory_role(const AccessFacts& facts) {
  const bool needed = facts.user_was_named && facts.resource && is_admin_api(*facts.resource);
  return refuse_if(needed && !facts.has_directory_role, AccessRefusal::no_directory_role);
}
Refusal check_password_is_lasting(const AccessFacts& facts) {
  return refuse_if(facts.user && facts.user->force_change_password,
                   AccessRefusal::must_change_password);
}

constexpr std::array<Rule, 8> kRules{
    check_user_exists,    check_user_enabled, check_client_enabled, check_resource_enabled,
    check_device_enabled, check_assignment,   check_directory_role, check_password_is_lasting,
};

constexpr std::string_view kApiScheme = "api://";

bool names_resource(const App& app, std::string_view identifier) {
  const bool is_resource = !app.identifier_uris.empty() && !is_gate_feed(app);
  return is_resource &&
         (app.id.str() == identifier ||
          std::ranges::find(app.identifier_uris, identifier) != app.identifier_uris.end());
}

class StoredApps final : public AppSource {
 public:
  explicit StoredApps(ReadTx& tx) : tx_(tx) {}
  Result<std::optional<App>> client(const TenantId& tenant_id, const AppId& id) override {
    return load<App>(tx_, tenant_id, id);
  }
  Result<std::optional<App>> resource(const TenantId& tenant_id,
                                      const std::string& identifier) override {
    return find_resource(tx_, tenant_id, identifier);
  }

 private:
  ReadTx& tx_;
};

// Directly, or through a group.
Result<bool> is_assigned(ReadTx& tx, const TenantId& tenant_id, const UserId& user_id,
                         const AppId& app_id) {
  CURFEW_TRY(const auto own,
             load<AppAssignment>(tx, tenant_id, app_id, PrincipalKind::user, user_id.str()));
  if (own) return true;
  Query query;
  query.index = "group_members_by_user";
  query.prefix = keys_of(tenant_id, user_id);  // no limit: any of the groups may be the one
  CURFEW_TRY(const std::vector<GroupMember> memberships, scan_as<GroupMember>(tx, query));
  for (const GroupMember& membership : memberships) {
    CURFEW_TRY(const auto through_group,
               load<AppAssignment>(tx, tenant_id, app_id, PrincipalKind::group,
                                   membership.group_id.str()));
    if (through_group) return true;
  }
  return false;
}

Result<bool> holds_directory_role(ReadTx& tx, const TenantId& tenant_id, const UserId& user_id) {
  Query query;
  query.prefix = keys_of(tenant_id, user_id);  // no limit: there are some twenty roles
  CURFEW_TRY(const std::vector<RoleAssignment> roles, scan_as<RoleAssignment>(tx, query));
  return std::ranges::any_of(roles, [](const RoleAssignment& assignment) {
    return role_by_template_id(assignment.role_id.str()).has_value();
  });
}

}  // namespace

std::string_view to_string(AccessRefusal refusal) {
  switch (refusal) {
    case AccessRefusal::user_missing: return "user_missing";
    case AccessRefusal::user_disabled: return "user_disabled";
    case AccessRefusal::client_disabled: return "client_disabled";
    case AccessRefusal::resource_disabled: return "resource_disabled";
    case AccessRefusal::device_disabled: return "device_disabled";
    case AccessRefusal::not_assigned: return "not_assigned";
    case AccessRefusal::no_directory_role: return "no_directory_role";
    case AccessRefusal::must_change_password: return "must_change_password";
  }
  CURFEW_CHECK(false);
}

std::optional<AccessRefusal> evaluate_access(const AccessFacts& facts) {
  for (const Rule rule : kRules) {
    if (const Refusal refusal = rule(facts)) return refusal;
  }
  return std::nullopt;
}

Result<std::optional<App>> find_resource(ReadTx& tx, const TenantId& tenant_id,
                                         const std::string& identifier) {
  // "api://<id>" and a bare id lead straight to the row.
  const bool is_api = identifier.starts_with(kApiScheme);
  const AppId direct{is_api ? identifier.substr(kApiScheme.size()) : identifier};
  CURFEW_TRY(std::optional<App> found, load<App>(tx, tenant_id, direct));
  if (found && names_resource(*found, identifier)) return found;

  Query query;
  query.prefix = keys_of(tenant_id);  // no limit: applications are few, and one must not hide
  CURFEW_TRY(std::vector<App> apps, scan_as<App>(tx, query));
  for (App& app : apps) {
    if (names_resource(app, identifier)) return std::optional<App>{std::move(app)};
  }
  return std::optional<App>{};
}

Result<AccessFacts> load_access_facts(ReadTx& tx, const AccessQuery& query) {
  StoredApps apps{tx};
  return load_access_facts(tx, apps, query);
}

Result<AccessFacts> load_access_facts(ReadTx& tx, AppSource& apps, const AccessQuery& query) {
  AccessFacts facts;
  CURFEW_TRY(std::optional<App> client, apps.client(query.tenant_id, query.client_id));
  if (!client) return Error::permanent(ErrorCode::not_found, "there is no such client");
  facts.client = *std::move(client);
  facts.user_was_named = query.user_id.has_value();
  if (query.user_id) {
    CURFEW_TRY(facts.user, load<User>(tx, query.tenant_id, *query.user_id));
  }
  if (!query.resource.empty()) {
    CURFEW_TRY(facts.resource, apps.resource(query.tenant_id, query.resource));
    if (!facts.resource) {
      return Error::permanent(ErrorCode::not_found, "there is no such resource");
    }
  }
  facts.device_was_named = query.device_id.has_value();
  if (query.device_id) {
    CURFEW_TRY(facts.device, load<Device>(tx, query.tenant_id, *query.device_id));
  }
  if (query.user_id && facts.client.assignment_required) {
    CURFEW_TRY(facts.assigned, is_assigned(tx, query.tenant_id, *query.user_id, query.client_id));
  }
  if (query.user_id && facts.resource && is_admin_api(*facts.resource)) {
    CURFEW_TRY(facts.has_directory_role, holds_directory_role(tx, query.tenant_id, *query.user_id));
  }
  facts.amr = query.amr;
  facts.address = query.address;
  return facts;
}

}  // namespace curfew
