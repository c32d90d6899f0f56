#include "revocation/object_name.hpp"

#include "model/application.hpp"
#include "model/directory.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

template <typename T, typename Id>
std::string display_name_of(ReadTx& tx, const TenantId& tenant_id, const Id& id) {
  const auto found = load<T>(tx, tenant_id, id);
  return found.ok() && found.value() ? found.value()->display_name : std::string{};
}

}  // namespace

std::string name_of_object(ReadTx& tx, const TenantId& tenant_id, const std::string& id) {
  if (id.empty()) return "";
  const auto known = known_user(tx, tenant_id, UserId{id});
  if (known.ok()) return known.value().user.user_principal_name;
  std::string name = display_name_of<Device>(tx, tenant_id, DeviceId{id});
  if (name.empty()) name = display_name_of<App>(tx, tenant_id, AppId{id});
  if (name.empty()) name = display_name_of<ApiKey>(tx, tenant_id, id);
  return name.empty() ? id : name;
}

}  // namespace curfew
