// Devices that somebody registered for others: those of the person are taken by every run. Target:
// the device's id.
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "revocation/plan.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "device.add") return not_made();
  CURFEW_TRY(const auto device, load<Device>(look.tx, look.tenant_id, DeviceId{record.subject_id}));
  if (!device) return made({});
  return made({{&devices_part(), device->id.str(), device->display_name,
                known_time(device->registered_at), "", ""}});
}

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  Removal removal;
  removal.kind = RemovalKind::disable_device;
  removal.device_id = DeviceId{target};
  return removal;
}

}  // namespace

const RunPart& devices_part() {
  static constexpr RunPart kPart{.connector = local_target::kDevice,
                                 .path_kind = PathKind::device,
                                 .noun = "Device",
                                 .control = "the device is blocked",
                                 .made_by = made_by,
                                 .removal = removal,
                                 .prior_value = target_if_there<Device, DeviceId>};
  return kPart;
}

}  // namespace curfew
