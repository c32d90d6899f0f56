// api/admin/devices.hpp: registered devices, as administrators manage them.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_devices(const AdminCall& call);
// Answers the device with its secret, which is shown only now.
[[nodiscard]] Task<Result<boost::json::value>> add_device(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_device(const AdminCall& call);
// displayName; accountEnabled takes access away or ends the administrator's hold.
[[nodiscard]] Task<Result<boost::json::value>> change_device(const AdminCall& call);

}  // namespace curfew
