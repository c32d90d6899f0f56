#include "api/admin/devices.hpp"

#include <boost/json.hpp>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/directory/changed_properties.hpp"
#include "api/directory/device_changes.hpp"
#include "api/directory/room.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "protocol/json/members.hpp"
#include "store/schema.hpp"

namespace curfew {

Task<Result<boost::json::value>> list_devices(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto devices, read_page<Device>(call, page));
  boost::json::array shown;
  for (const Device& device : devices) shown.push_back(to_json(device));
  boost::json::object answer{{"value", std::move(shown)}};
  if (devices.size() == page.limit) answer["next"] = devices.back().id.str();
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_device(const AdminCall& call) {
  const boost::json::object& body = call.body;
  Device device;
  device.tenant_id = call.tenant_id();
  device.id = DeviceId{new_guid()};
  device.object_id = new_guid();
  CURFEW_CO_TRY(device.display_name, get_string(body, "displayName"));
  CURFEW_CO_TRY(const auto system, get_optional_string(body, "operatingSystem"));
  device.operating_system = system.value_or("");
  CURFEW_CO_TRY(const auto owner, get_optional_string(body, "registeredOwner"));
  if (owner) {
    CURFEW_CO_TRY(const User user, look_up(call, &find_user, *owner));
    device.registered_owner = user.id;
  }
  const std::string secret = random_token();
  device.secret_hash = sha256_base64url(secret);
  device.registered_at = call.context.clock.now();
  auto write = [&call, device](WriteTx& tx) -> Result<Done> {
    if (device.registered_owner) {
      CURFEW_TRY_STATUS(check_room<Device>(
          tx, "devices_by_owner", keys_of(call.tenant_id(), *device.registered_owner), "devices"));
    }
    CURFEW_TRY_STATUS(add(tx, device));
    return audit_change(tx, call, "device.add", device.id.str(), device.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  boost::json::object answer = to_json(device);
  answer["secretText"] = secret;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_device(const AdminCall& call) {
  CURFEW_CO_TRY(const Device device, look_up(call, &find_device, call.value("id")));
  co_return boost::json::value(to_json(device));
}

Task<Result<boost::json::value>> change_device(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(const Device device, look_up(call, &find_device, call.value("id")));
  CURFEW_CO_TRY(const auto name, get_optional_string(body, "displayName"));
  CURFEW_CO_TRY(const auto enabled, get_optional_bool(body, "accountEnabled"));
  // First, because it alone can still be refused: a refused request changes nothing.
  if (enabled) {
    const Status done = co_await set_device_enabled(call, device, *enabled);
    if (!done.ok()) co_return done.error();
  }
  if (name) {
    auto write = [&call, id = device.id, name](WriteTx& tx) -> Result<Done> {
      CURFEW_TRY(const Device before, require<Device>(tx, "device", call.tenant_id(), id));
      Device changed = before;
      changed.display_name = *name;
      CURFEW_TRY_STATUS(save(tx, changed));
      return audit_change(tx, call, "device.change", id.str(), changed.display_name,
                          changed_properties(before, changed));
    };
    const Result<Done> written = co_await write_as_caller(call, std::move(write));
    if (!written.ok()) co_return written.error();
  }
  co_return co_await show_device(call);
}

}  // namespace curfew
