// api/graph/device_entity.hpp: devices as Graph shows them. `id` is the directory object's,
// `deviceId` the registration's; they differ.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"

namespace curfew {

struct DeviceView {
  Device device;
  boost::json::object stored;
  mutable std::vector<std::string> texts{};
};

[[nodiscard]] const EntityKind<DeviceView>& device_kind();
[[nodiscard]] DeviceView device_view(const GraphCall& call, Device device);
// The device that {device} names by its object id, or {deviceId=} by its registration's.
[[nodiscard]] GraphResult<Device> device_of(const GraphCall& call);
[[nodiscard]] Result<std::optional<Device>> find_graph_device(ReadTx& tx, const TenantId& tenant_id,
                                                              std::string_view object_id);
[[nodiscard]] Listing<Device, DeviceView> list_of_devices(const GraphCall& call);
// Those of one person.
[[nodiscard]] Result<std::vector<Device>> devices_of(ReadTx& tx, const TenantId& tenant_id,
                                                     const UserId& owner);
[[nodiscard]] Listing<Device, DeviceView> list_of_devices(const GraphCall& call,
                                                          const std::vector<Device>& devices);

}  // namespace curfew
