#include "api/directory/device_changes.hpp"

#include <utility>

#include "base/text.hpp"
#include "io/runtime.hpp"
#include "revocation/service.hpp"

namespace curfew {

Task<Status> set_device_enabled(const ApiCall& call, const Device& device, bool enabled) {
  RevocationService& service = call.context.revocation;
  if (!enabled) {
    Removal removal;
    removal.kind = RemovalKind::disable_device;
    removal.device_id = device.id;
    const auto done =
        co_await service.remove_one(std::move(removal), requester_of(call), current_executor());
    if (!done.ok()) co_return done.error();
    co_return Done{};
  }
  CURFEW_CO_TRY_STATUS(check_may_give(call.context));
  Restoral restoral;
  restoral.kind = RestoralKind::enable_device;
  restoral.object_id = device.id.str();
  const auto done =
      co_await service.restore_one(std::move(restoral), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  if (!done->enabled) {
    co_return Error::permanent(
        ErrorCode::conflict,
        "the device stays disabled: it is also held by " + join(done->other_owners, ", "));
  }
  co_return Done{};
}

}  // namespace curfew
