// api/admin/directory_lookup.hpp: from what an administrator types to the object: id or name.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "model/gate.hpp"
#include "model/revocation_target.hpp"
#include "model/role.hpp"
#include "store/mapping.hpp"
#include "store/store.hpp"

namespace curfew {

// By id, or user principal name (ASCII case ignored). `not_found` names what was looked for.
[[nodiscard]] Result<User> find_user(ReadTx& tx, const TenantId& tenant_id,
                                     const std::string& name);
// By id, or display name where only one has it; several are a `conflict`, never a guess.
[[nodiscard]] Result<Group> find_group(ReadTx& tx, const TenantId& tenant_id,
                                       const std::string& name);
[[nodiscard]] Result<App> find_app(ReadTx& tx, const TenantId& tenant_id, const std::string& name);
[[nodiscard]] Result<Gate> find_gate(ReadTx& tx, const TenantId& tenant_id,
                                     const std::string& name);
[[nodiscard]] Result<RevocationTarget> find_target(ReadTx& tx, const TenantId& tenant_id,
                                                   const std::string& name);
[[nodiscard]] Result<Device> find_device(ReadTx& tx, const TenantId& tenant_id,
                                         const std::string& name);

// A built-in role, by template id or display name.
[[nodiscard]] Result<const RoleDefinition*> find_role(const std::string& name);
// What somebody holds, by id and name.
[[nodiscard]] boost::json::array roles_json(const std::vector<RoleAssignment>& held);

// Runs `find` in a snapshot of its own.
template <typename T>
[[nodiscard]] Result<T> look_up(const AdminCall& call,
                                Result<T> (*find)(ReadTx&, const TenantId&, const std::string&),
                                const std::string& name) {
  return read_value<T>(call.context.store,
                       [&](ReadTx& tx) { return find(tx, call.tenant_id(), name); });
}

// One page of a table in key order as {"value":[...],"next":...}; `next` where there may be more.
// `to_json` shows one object; `id_of` gives what `after` continues from.
template <typename T>
[[nodiscard]] Result<std::vector<T>> read_page(const AdminCall& call, const PageRequest& page) {
  return read_value<std::vector<T>>(call.context.store, [&](ReadTx& tx) {
    Query query;
    query.prefix = keys_of(call.tenant_id());
    if (!page.after.empty()) query.above = page.after;
    query.limit = page.limit;
    return scan_as<T>(tx, query);
  });
}

}  // namespace curfew
