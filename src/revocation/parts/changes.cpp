// What somebody changed, and nobody but a person can say what it should be: listed with what to do.
// Target: the number of its entry in the audit.
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/words.hpp"

namespace curfew {

namespace {

struct Change {
  std::string_view action;
  std::string_view what;
  std::string_view to_do;
};

constexpr std::array kChanges{
    Change{"app.change", "settings of",
           "compare its redirect URIs, permissions and switches with what they should be, and take "
           "back what is not yours"},
    Change{"app.registration_change", "registration of", "compare its redirect URIs and keys"},
    Change{"app.enable", "enabling of", "disable it again unless it should be enabled"},
    Change{"device.enable", "enabling of", "disable it again unless it should be enabled"},
    Change{"device.change", "properties of", "compare them with what they should be"},
    Change{"device.register", "new device of", "disable it unless it is theirs"},
    Change{"user.enable", "enabling of", "revoke them again unless they should be enabled"},
    Change{"user.restore", "return of", "revoke them unless they should be back"},
    Change{"user.change", "properties of",
           "compare name, mail and telephone numbers with what they should be: applications may "
           "know people by them"},
    Change{"group.add", "new group", "remove it unless it is wanted"},
    Change{"group.change", "properties of group", "compare them with what they should be"},
    Change{"subscription.add", "receiver of changes of",
           "have its application delete it unless it is wanted: renewing revives it"},
    Change{"run.restore", "undoing of the run on", "revoke them again"},
    Change{"run.close_step", "closing of a step of a run", "look at that step again"},
};

MadeItems made_by(const PartLook& /*look*/, const AuditRecord& record) {
  for (const Change& change : kChanges) {
    if (record.entry.action != change.action) continue;
    const std::string name = record.subject_name.empty() ? record.subject_id : record.subject_name;
    std::string to_do{change.to_do};
    if (record.entry.action == "app.change" && !record.detail.empty()) {
      to_do += " (" + record.detail + ")";
    }
    return made({{&changes_part(), std::to_string(record.entry.sequence),
                  std::string{change.what} + " " + name, record.entry.at, "", std::move(to_do)}});
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
