// Devices that somebody registered for others: those of the person are taken by every run. Target:
// the device's id.
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/words.hpp"
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

Result<std::optional<std::string>> prior_value(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto device, load<Device>(look.tx, look.tenant_id, DeviceId{target}));
  return device ? std::optional<std::string>{target} : std::nullopt;
}

}  // namespace

const RunPart& devices_part() {
  static constexpr RunPart kPart{.connector = "local.device",
                                 .path_kind = PathKind::device,
                                 .noun = "Device",
                                 .control = "the device is blocked",
                                 .made_by = made_by,
                                 .removal = removal,
                                 .prior_value = prior_value};
  return kPart;
}

}  // namespace curfew
