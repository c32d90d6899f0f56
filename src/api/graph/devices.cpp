#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <utility>

#include "api/directory/changed_properties.hpp"
#include "api/directory/device_changes.hpp"
#include "api/directory/stored_properties.hpp"
#include "api/graph/device_entity.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/object_list.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "revocation/access_signals.hpp"
#include "revocation/facts.hpp"
#include "revocation/removal.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

// /devices, and the devices of a person.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{
    "Device.Read.All Directory.Read.All Directory.ReadWrite.All Directory.AccessAsUser.All",
    "Device.Read.All Device.ReadWrite.All Directory.Read.All Directory.ReadWrite.All", ""};
constexpr NeededPermissions kReadsOfUser{
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All Device.Read.All "
    "Device.ReadWrite.All",
    "User.Read User.ReadWrite"};
constexpr NeededPermissions kWrites{"Directory.AccessAsUser.All",
                                    "Device.ReadWrite.All Directory.ReadWrite.All", ""};
constexpr NeededPermissions kDeletes{"Directory.AccessAsUser.All", "Device.ReadWrite.All", ""};
constexpr NeededPermissions kRegisters{"Directory.AccessAsUser.All", "", ""};

constexpr std::size_t kNameBytesMax = 256;

Task<GraphOutcome> list_devices(const GraphCall& call) {
  co_return co_await answer_list(call, list_of_devices(call));
}
Task<GraphOutcome> count_devices(const GraphCall& call) {
  co_return co_await answer_count(call, list_of_devices(call));
}
Task<GraphOutcome> show_device(const GraphCall& call) {
  CURFEW_CO_TRY(Device device, device_of(call));
  const Listing<Device, DeviceView> listing{device_kind(), nullptr, &device_view};
  co_return answer_entity(call, listing, device_view(call, std::move(device)));
}

// --- change

struct DeviceWish {
  std::optional<bool> account_enabled;
  std::optional<std::string> display_name;
  std::optional<std::string> operating_system;
  std::vector<std::pair<const StoredProperty*, boost::json::value>> stored;

  [[nodiscard]] bool is_of_row() const {
    return display_name || operating_system || !stored.empty();
  }
};

GraphResult<DeviceWish> read_wish(GraphMembers& members) {
  DeviceWish wish;
  CURFEW_TRY(wish.account_enabled, members.boolean("accountEnabled"));
  CURFEW_TRY(wish.display_name, members.text("displayName"));
  CURFEW_TRY(wish.operating_system, members.text("operatingSystem"));
  for (const StoredProperty& property : stored_device_properties()) {
    if (const auto* value = members.take(property.name))
      wish.stored.emplace_back(&property, *value);
  }
  CURFEW_TRY_STATUS(members.nothing_else("device"));
  for (const auto* text : {&wish.display_name, &wish.operating_system}) {
    if (*text && (*text)->size() > kNameBytesMax) {
      return GraphError::bad_request("A name of a device has at most 256 bytes.");
    }
  }
  return wish;
}

Status apply_wish(const DeviceWish& wish, Device& device) {
  if (wish.display_name) device.display_name = *wish.display_name;
  if (wish.operating_system) device.operating_system = *wish.operating_system;
  boost::json::object stored = parse_stored(device.properties);
  for (const auto& [property, value] : wish.stored) {
    CURFEW_TRY_STATUS(set_stored(stored, *property, value));
  }
  device.properties = boost::json::serialize(stored);
  return Done{};
}

// What nobody has said is not so.
bool is_said_to_be(const Device& device, std::string_view property) {
  const boost::json::object stored = parse_stored(device.properties);
  const auto* const value = stored.if_contains(property);
  return value != nullptr && value->is_bool() && value->get_bool();
}

bool is_said_otherwise(const Device& before, const Device& after, std::string_view property) {
  return is_said_to_be(before, property) != is_said_to_be(after, property);
}

// Whether the sessions on it may be under other controls (access/session_controls.hpp).
bool is_judged_otherwise(const Device& before, const Device& after) {
  return is_said_otherwise(before, after, "isManaged") ||
         is_said_otherwise(before, after, "isCompliant");
}

Status judge_otherwise(WriteTx& tx, const GraphCall& call, const Device& before,
                       const Device& after) {
  if (!is_judged_otherwise(before, after)) return Done{};
  const TimePoint now = call.context.clock.now();
  Removal removal;
  removal.kind = RemovalKind::tighten_device;
  removal.device_id = after.id;
  CURFEW_TRY_STATUS(remove_access(tx, call.context.journal, removal, now));
  if (!is_said_otherwise(before, after, "isCompliant")) return Done{};
  return signal_compliance_change(tx, after, is_said_to_be(after, "isCompliant"), now);
}

Task<GraphOutcome> update_device(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(const DeviceWish wish, read_wish(members));
  CURFEW_CO_TRY(const Device device, device_of(call));
  Device probe = device;  // a refused request changes nothing
  CURFEW_CO_TRY_STATUS(apply_wish(wish, probe));
  if (wish.account_enabled) {
    const Status done = co_await set_device_enabled(call, device, *wish.account_enabled);
    if (!done.ok()) co_return done.error();
  }
  if (wish.is_of_row()) {
    auto write = [&call, id = device.id, wish](WriteTx& tx) -> Result<Done> {
      CURFEW_TRY_STATUS(
          check_guard(tx, call.tenant_id(), GuardedAction::change_device, call.actor(), {}));
      CURFEW_TRY(const Device before, require<Device>(tx, "such device", call.tenant_id(), id));
      Device changed = before;
      CURFEW_TRY_STATUS(apply_wish(wish, changed));
      CURFEW_TRY_STATUS(save(tx, changed));
      CURFEW_TRY_STATUS(judge_otherwise(tx, call, before, changed));
      return audit_change(tx, call, "device.change", id.str(), changed.display_name,
                          changed_properties(before, changed));
    };
    const Urgency urgency =
        is_judged_otherwise(device, probe) ? Urgency::emergency : Urgency::normal;
    const Result<Done> written = co_await write_as_caller(call, std::move(write), urgency);
    if (!written.ok()) co_return written.error();
  }
  co_return GraphAnswer::no_content();
}

// Access first, then the row: where it cannot be dropped it has ended all the same.
Task<GraphOutcome> delete_device(const GraphCall& call) {
  CURFEW_CO_TRY(const Device device, device_of(call));
  Removal removal;
  removal.kind = RemovalKind::disable_device;
  removal.device_id = device.id;
  const auto cut = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!cut.ok()) co_return cut.error();
  // Whoever sits at the device that goes still finishes what they began.
  GraphCall rest = call;
  if (rest.caller.facts) std::erase(rest.caller.facts->keys, key_of(device.id));
  const Result<Done> dropped =
      co_await write_as_caller(rest, [&rest, &device](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY_STATUS(remove<Device>(tx, rest.tenant_id(), device.id));
        return audit_change(tx, rest, "device.remove", device.id.str(), device.display_name);
      });
  if (!dropped.ok()) co_return dropped.error();
  co_return GraphAnswer::no_content();
}

bool is_guid(std::string_view text) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return text.size() == kShape.size() && std::ranges::equal(text, kShape, [](char c, char shape) {
           return shape == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
         });
}

// A device that begins disabled has the hold of an administrator from its first moment on.
Status disable_new(WriteTx& tx, const GraphCall& call, const DeviceId& id) {
  Removal removal;
  removal.kind = RemovalKind::disable_device;
  removal.device_id = id;
  CURFEW_TRY_STATUS(remove_access(tx, call.context.journal, removal, call.context.clock.now()));
  return Done{};
}

Status check_device_id_is_free(ReadTx& tx, const GraphCall& call, const DeviceId& id) {
  CURFEW_TRY(const auto known, load<Device>(tx, call.tenant_id(), id));
  if (known) return Error::permanent(ErrorCode::conflict, "a device with this deviceId exists");
  CURFEW_TRY(const auto holds, holds_on(tx, call.tenant_id(), key_of(id)));
  if (holds.empty()) return Done{};
  return Error::permanent(ErrorCode::conflict,
                          "a device with this deviceId was removed; it is not given again");
}

Task<GraphOutcome> create_device(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(const auto device_id, members.text("deviceId"));
  static_cast<void>(members.take("alternativeSecurityIds"));  // certificates of another service
  CURFEW_CO_TRY(const DeviceWish wish, read_wish(members));
  if (!wish.account_enabled || !wish.display_name || !wish.operating_system) {
    co_return GraphError::bad_request(
        "A required property is missing: accountEnabled, displayName and operatingSystem.");
  }
  if (device_id && !is_guid(*device_id)) {
    co_return GraphError::bad_request("deviceId is a GUID.");
  }
  const bool enabled = *wish.account_enabled;
  Device device;
  device.tenant_id = call.tenant_id();
  device.id = DeviceId{device_id ? ascii_lower(*device_id) : new_guid()};
  device.object_id = new_guid();
  device.registered_at = call.context.clock.now();
  CURFEW_CO_TRY_STATUS(apply_wish(wish, device));
  const Result<Done> written =
      co_await write_as_caller(call, [&call, device, enabled](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY_STATUS(check_device_id_is_free(tx, call, device.id));
        CURFEW_TRY_STATUS(add(tx, device));
        if (!enabled) {
          CURFEW_TRY_STATUS(disable_new(tx, call, device.id));
        }
        return audit_change(tx, call, "device.add", device.id.str(), device.display_name);
      });
  if (!written.ok()) co_return written.error();
  device.account_enabled = enabled;
  const Listing<Device, DeviceView> listing{device_kind(), nullptr, &device_view};
  CURFEW_CO_TRY(GraphAnswer answer, answer_entity(call, listing, device_view(call, device)));
  answer.status = 201;
  answer.headers.emplace_back("Location", call.root() + "/devices/" + device.object_id);
  co_return answer;
}

// --- of a person: whoever registered a device also owns it here

GraphResult<std::vector<Device>> devices_of_user(const GraphCall& call) {
  CURFEW_TRY(const User user, user_of(call));
  auto devices = read_value<std::vector<Device>>(
      call.context.store, [&](ReadTx& tx) { return devices_of(tx, call.tenant_id(), user.id); });
  if (!devices.ok()) return devices.error();
  return std::move(*devices);
}

Task<GraphOutcome> list_devices_of_user(const GraphCall& call) {
  CURFEW_CO_TRY(const std::vector<Device> devices, devices_of_user(call));
  ObjectList objects{call};
  objects.add_kind(device_kind());
  for (const Device& device : devices) {
    objects.add(device_kind(), device.object_id, device_view(call, device));
  }
  co_return objects.answer("directoryObjects");
}

Task<GraphOutcome> list_typed_devices_of_user(const GraphCall& call) {
  CURFEW_CO_TRY(const std::vector<Device> devices, devices_of_user(call));
  co_return co_await answer_list(call, list_of_devices(call, devices));
}

Task<GraphOutcome> count_devices_of_user(const GraphCall& call) {
  if (!call.advanced) co_return GraphError::bad_request("$count is not currently supported.");
  CURFEW_CO_TRY(const std::vector<Device> devices, devices_of_user(call));
  GraphAnswer answer;
  answer.text = std::to_string(devices.size());
  co_return answer;
}

Task<GraphOutcome> list_owners(const GraphCall& call) {
  CURFEW_CO_TRY(const Device device, device_of(call));
  ObjectList objects{call};
  objects.add_kind(user_kind());
  if (device.registered_owner) {
    auto owner = read_value<std::optional<User>>(call.context.store, [&](ReadTx& tx) {
      return load<User>(tx, call.tenant_id(), *device.registered_owner);
    });
    if (!owner.ok()) co_return owner.error();
    if (*owner) objects.add(user_kind(), (*owner)->id.str(), user_view(call, **owner));
  }
  co_return objects.answer("directoryObjects");
}

GraphOperation reading(std::string_view name, std::string_view path, GraphBody run,
                       unsigned options, const NeededPermissions& permissions = kReads) {
  GraphOperation operation;
  operation.name = name;
  operation.path = path;
  operation.permissions = permissions;
  operation.run = run;
  operation.options = options;
  return operation;
}

constexpr unsigned kObjects = kSelectOption | kTopOption | kCountOption | kSkipTokenOption;
constexpr unsigned kTyped = kListOptions & ~kExpandOption;

void add_one_device(std::vector<GraphOperation>& all, std::string_view path,
                    std::string_view owners, std::string_view users) {
  all.push_back(reading("show_device", path, &show_device, kSelectOption));
  all.push_back(reading("list_registered_owners", owners, &list_owners, kObjects));
  all.push_back(reading("list_registered_users", users, &list_owners, kObjects));
  all.push_back({.name = "update_device",
                 .method = M::patch,
                 .path = path,
                 .permissions = kWrites,
                 .run = &update_device,
                 .input = GraphInput::object,
                 .right = R::manage_devices,
                 .areas = {PermittedArea::devices}});
  all.push_back({.name = "delete_device",
                 .method = M::delete_,
                 .path = path,
                 .permissions = kDeletes,
                 .run = &delete_device,
                 .right = R::manage_devices,
                 .areas = {PermittedArea::devices}});
}

}  // namespace

std::vector<GraphOperation> device_operations() {
  std::vector<GraphOperation> all{
      reading("list_devices", "/devices", &list_devices, kTyped),
      reading("count_devices", "/devices/$count", &count_devices, kFilterOption | kSearchOption),
      reading("list_registered_devices", "/users/{user}/registeredDevices", &list_devices_of_user,
              kObjects, kReadsOfUser),
      reading("count_registered_devices", "/users/{user}/registeredDevices/$count",
              &count_devices_of_user, 0, kReadsOfUser),
      reading("list_typed_registered_devices", "/users/{user}/registeredDevices/graph.device",
              &list_typed_devices_of_user, kTyped, kReadsOfUser),
      reading("list_owned_devices", "/users/{user}/ownedDevices", &list_devices_of_user, kObjects,
              kReadsOfUser),
      reading("count_owned_devices", "/users/{user}/ownedDevices/$count", &count_devices_of_user, 0,
              kReadsOfUser),
      reading("list_typed_owned_devices", "/users/{user}/ownedDevices/graph.device",
              &list_typed_devices_of_user, kTyped, kReadsOfUser),
  };
  all.push_back({.name = "create_device",
                 .method = M::post,
                 .path = "/devices",
                 .permissions = kRegisters,
                 .run = &create_device,
                 .input = GraphInput::object,
                 .right = R::manage_devices,
                 .areas = {PermittedArea::devices},
                 .when_rolled_back = WhenRolledBack::refuses});
  add_one_device(all, "/devices/{device}", "/devices/{device}/registeredOwners",
                 "/devices/{device}/registeredUsers");
  add_one_device(all, "/devices/{deviceId=}", "/devices/{deviceId=}/registeredOwners",
                 "/devices/{deviceId=}/registeredUsers");
  return all;
}

}  // namespace curfew
