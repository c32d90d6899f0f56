#include "api/admin/directory_lookup.hpp"

#include <vector>

#include "base/text.hpp"
#include "store/schema.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_targets.hpp"

namespace curfew {

namespace {

Error missing(std::string_view kind, const std::string& name) {
  return Error::permanent(ErrorCode::not_found, "there is no " + std::string{kind} + " \"" +
                                                    escape_for_display(name) + "\"");
}

Error ambiguous(std::string_view kind, const std::string& name) {
  return Error::permanent(ErrorCode::conflict, "several " + std::string{kind} + " are called \"" +
                                                   escape_for_display(name) +
                                                   "\"; name one by its id");
}

// By primary key, else by the index on (tenant, display name).
template <typename T>
Result<T> by_id_or_name(ReadTx& tx, const TenantId& tenant_id, const std::string& name,
                        std::string_view index, std::string_view kind, std::string_view kinds) {
  CURFEW_TRY(std::optional<T> by_id, load<T>(tx, tenant_id, ascii_lower(name)));
  if (by_id) return std::move(*by_id);
  Query query;
  query.index = index;
  query.prefix = keys_of(tenant_id, name);
  query.limit = 2;
  CURFEW_TRY(std::vector<T> named, scan_as<T>(tx, query));
  if (named.empty()) return missing(kind, name);
  if (named.size() > 1) return ambiguous(kinds, name);
  return std::move(named.front());
}

}  // namespace

Result<User> find_user(ReadTx& tx, const TenantId& tenant_id, const std::string& name) {
  CURFEW_TRY(std::optional<User> by_id, load<User>(tx, tenant_id, ascii_lower(name)));
  if (by_id) return std::move(*by_id);
  Query query;
  query.index = "users_by_upn";
  query.prefix = keys_of(tenant_id, ascii_lower(name));
  query.limit = 1;
  CURFEW_TRY(std::vector<User> named, scan_as<User>(tx, query));
  if (named.empty()) return missing("user", name);
  return std::move(named.front());
}

Result<Group> find_group(ReadTx& tx, const TenantId& tenant_id, const std::string& name) {
  return by_id_or_name<Group>(tx, tenant_id, name, "groups_by_name", "group", "groups");
}

Result<App> find_app(ReadTx& tx, const TenantId& tenant_id, const std::string& name) {
  return by_id_or_name<App>(tx, tenant_id, name, "apps_by_name", "application", "applications");
}

Result<Gate> find_gate(ReadTx& tx, const TenantId& tenant_id, const std::string& name) {
  return by_id_or_name<Gate>(tx, tenant_id, name, "gates_by_name", "gate", "gates");
}

Result<RevocationTarget> find_target(ReadTx& tx, const TenantId& tenant_id,
                                     const std::string& name) {
  return by_id_or_name<RevocationTarget>(tx, tenant_id, name, "revocation_targets_by_display_name",
                                         "target", "targets");
}

Result<Device> find_device(ReadTx& tx, const TenantId& tenant_id, const std::string& name) {
  CURFEW_TRY(std::optional<Device> by_id, load<Device>(tx, tenant_id, ascii_lower(name)));
  if (!by_id) return missing("device", name);
  return std::move(*by_id);
}

Result<const RoleDefinition*> find_role(const std::string& name) {
  auto role = role_by_template_id(name);
  if (!role) role = role_by_name(name);
  if (!role) {
    return Error::permanent(ErrorCode::not_found,
                            "there is no built-in role \"" + escape_for_display(name) + "\"");
  }
  return &definition_of(*role);
}

boost::json::array roles_json(const std::vector<RoleAssignment>& held) {
  boost::json::array shown;
  for (const RoleAssignment& one : held) {
    const auto role = role_by_template_id(one.role_id.str());
    shown.push_back({{"roleTemplateId", one.role_id.str()},
                     {"displayName", role ? definition_of(*role).display_name : ""}});
  }
  return shown;
}

}  // namespace curfew
