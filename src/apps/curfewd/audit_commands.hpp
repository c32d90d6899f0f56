// apps/curfewd/audit_commands.hpp: checking the audit and the journal, and erasing a person.
#pragma once

#include <string>
#include <vector>

#include "apps/curfewd/data_folder.hpp"
#include "base/result.hpp"

namespace curfew {

struct AuditOptions {
  DataFolder folder;
  std::vector<std::string> noted;  // heads that verify_audit() printed before: "audit:12:HASH"
  std::string person;              // user principal name or id
};

// Recomputes both chains and opens every audit entry's personal parts, in one snapshot and page by
// page; also beside a running server. Prints how far each holds and its head. A head that was noted
// must still be there: rows cut off at the end leave a chain that holds. `corrupted` names the
// first bad row of each, and each noted head that is missing.
Status verify_audit(const AuditOptions& options);

// Removes what the audit, the sign-in log and the runs know of a person whose account has been
// removed, and leaves nothing of it in the file's free pages; audited, without the name. Needs the
// server stopped. `conflict`: the account is still there, or several people had the name.
Status erase_person(const AuditOptions& options);

}  // namespace curfew
