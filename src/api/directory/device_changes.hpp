// api/directory/device_changes.hpp: switching a device off and on, for every API that can.
#pragma once

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/directory.hpp"

namespace curfew {

// Off: everything that names the device ends first. On: permanent conflict, saying who, where
// somebody else holds it off as well. Guarded as the caller (revocation/guard.hpp); no transaction.
[[nodiscard]] Task<Status> set_device_enabled(const ApiCall& call, const Device& device,
                                              bool enabled);

}  // namespace curfew
