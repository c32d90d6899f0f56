// What somebody changed, and nobody but a person can say what it should be: listed with what to do.
// Target: the number of its entry in the audit.
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "model/changed_property.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_signals.hpp"
#include "store/schema_sources.hpp"
#include "store/schema_targets.hpp"

namespace curfew {

namespace {

// Whether what was changed is there still, to be looked at.
using IfThere = Result<std::optional<std::string>> (*)(const PartLook&, const std::string& id);

// What the entry's detail adds to what is to be done.
enum class Detail {
  none,
  appended,    // itself
  properties,  // what each of them asks for (model/changed_property.hpp)
};

struct Change {
  std::string_view action;
  std::string_view what;
  std::string_view to_do;
  IfThere if_there = nullptr;  // null: to be known in any case
  Detail detail = Detail::none;
};

constexpr IfThere app_if_there = target_if_there<App, AppId>;

// Entries of before did not name what was changed.
constexpr std::string_view kCompareAll =
    "compare name, mail and telephone numbers with what they should be: applications may know "
    "people by them";

constexpr std::array kChanges{
    Change{"app.change", "settings of",
           "compare its redirect URIs, permissions and switches with what they should be, and take "
           "back what is not yours",
           app_if_there, Detail::appended},
    Change{"app.command_endpoint", "command endpoint of",
           "compare it with what it should be: it is told of everybody whose access ends",
           app_if_there, Detail::appended},
    Change{"app.registration_change", "registration of", "compare its redirect URIs and keys",
           app_if_there},
    Change{"app.enable", "enabling of", "disable it again unless it should be enabled",
           app_if_there},
    Change{"device.enable", "enabling of", "disable it again unless it should be enabled"},
    Change{"device.change", "properties of", "compare them with what they should be", nullptr,
           Detail::appended},
    Change{"device.register", "new device of", "disable it unless it is theirs"},
    Change{"user.enable", "enabling of", "revoke them again unless they should be enabled"},
    Change{"user.restore", "return of", "revoke them unless they should be back"},
    Change{"user.change", "properties of", kCompareAll, nullptr, Detail::properties},
    Change{"group.add", "new group", "remove it unless it is wanted"},
    Change{"group.change", "properties of group", "compare them with what they should be", nullptr,
           Detail::appended},
    Change{"subscription.add", "receiver of changes of",
           "have its application delete it unless it is wanted: renewing revives it",
           target_if_there<Subscription>},
    Change{"stream.add", "receiver of security events at", "remove it unless it is wanted",
           target_if_there<SignalStream>},
    Change{"stream.change", "address or events of the receiver of security events at",
           "compare it with what it should be", target_if_there<SignalStream>},
    Change{"stream.set_status", "pause, end or return of a stream of security events to",
           "set it again unless it was to be so", target_if_there<SignalStream>, Detail::appended},
    Change{"stream.remove", "removal of the receiver of security events at",
           "add it again unless it was to go"},
    Change{"stream.remove_subject", "silence of security events about",
           "have the receiver add them again", nullptr, Detail::appended},
    Change{"source.add", "source of security events", "remove it unless it is wanted",
           target_if_there<SignalSource>},
    Change{"source.change", "keys, policy or end of the source of security events",
           "compare it with what it should be", target_if_there<SignalSource>, Detail::appended},
    Change{"source.renew_token", "new token of the source of security events",
           "renew it again: whoever has it can say that access should end",
           target_if_there<SignalSource>},
    Change{"source.remove", "removal of the source of security events",
           "add it again unless it was to go"},
    Change{"target.add", "server that every run tells whom we revoke,",
           "remove it unless it is wanted", target_if_there<RevocationTarget>},
    Change{"target.change", "address, name or end of the server that every run asks,",
           "compare it with what it should be", target_if_there<RevocationTarget>,
           Detail::appended},
    Change{"target.remove", "removal of the server that every run asks,",
           "add it again unless it was to go"},
    Change{"fence.keep", "decision after a fence to keep the block of",
           "look whether they should be blocked"},
    Change{"fence.end", "end of the block after a fence of",
           "block them again unless it was to end"},
    Change{"run.restore", "undoing of the run on", "revoke them again"},
    Change{"run.close_step", "closing of a step of a run", "look at that step again"},
    // What they took from others.
    Change{"user.delete", "deletion of", "restore them unless they were to go"},
    Change{"user.remove", "removal for good of", "add them again unless they were to go"},
    Change{"user.disable", "disabling of", "enable them again unless they were to be disabled",
           person_if_there},
    Change{"user.revoke", "revocation of", "undo that run unless it was wanted"},
    Change{"user.remove_role", "removal of a role of", "give it again unless it was to go",
           person_if_there},
    Change{"user.remove_email_method", "removal of the address for a reset of",
           "set it again unless it was to go", person_if_there},
    Change{"group.remove", "removal of group", "add it again unless it was to go"},
    Change{"group.remove_member", "end of a membership of", "add them again unless it was to end",
           person_if_there},
    Change{"app.remove", "removal of", "add it again unless it was to go"},
    Change{"app.disable", "disabling of", "enable it again unless it was to be disabled",
           app_if_there},
    Change{"app.unassign", "end of an assignment of", "assign it again unless it was to end"},
    Change{"device.remove", "removal of device", "register it again unless it was to go"},
    Change{"device.disable", "disabling of", "enable it again unless it was to be disabled",
           target_if_there<Device, DeviceId>},
};

// What a change of one property asks for; empty: to be compared.
std::string_view to_set_again(const ChangedProperty& changed) {
  if (changed.name == "breakGlass") {
    return changed.value == "true" ? "take breakGlass away again" : "set breakGlass again";
  }
  if (changed.name != "riskState") return {};
  return changed.value == "confirmedCompromised" ? "dismiss that they are compromised"
                                                 : "confirm again that they are compromised";
}

std::string to_do_about(std::string_view detail) {
  std::vector<std::string> wanted;
  std::vector<std::string> others;
  for (const ChangedProperty& changed : parse_changed_properties(detail)) {
    const std::string_view step = to_set_again(changed);
    if (step.empty()) {
      others.emplace_back(changed.name);
    } else {
      wanted.push_back(std::string{step} + " unless that was wanted");
    }
  }
  if (!others.empty()) {
    wanted.push_back("compare " + join(others, ", ") +
                     " with what they should be: applications may know people by them");
  }
  return wanted.empty() ? std::string{kCompareAll} : join(wanted, "; ");
}

std::string to_do_about(const Change& change, const AuditRecord& record) {
  if (change.detail == Detail::properties) return to_do_about(record.detail);
  std::string to_do{change.to_do};
  const bool is_appended = change.detail == Detail::appended && !record.detail.empty();
  if (is_appended) to_do += " (" + record.detail + ")";
  return to_do;
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  for (const Change& change : kChanges) {
    if (record.entry.action != change.action) continue;
    if (change.if_there != nullptr) {
      CURFEW_TRY(const auto target, change.if_there(look, record.subject_id));
      if (!target) return made({});
    }
    const std::string name = record.subject_name.empty() ? record.subject_id : record.subject_name;
    return made({{&changes_part(), std::to_string(record.entry.sequence),
                  std::string{change.what} + " " + name, record.entry.at, "",
                  to_do_about(change, record)}});
  }
  return not_made();
}

}  // namespace

const RunPart& changes_part() {
  static constexpr RunPart kPart{.connector = "local.change",
                                 .path_kind = PathKind::change,
                                 .noun = "Change:",
                                 .control = "nothing of this server: a person has to decide",
                                 .made_by = made_by};
  return kPart;
}

}  // namespace curfew
