// revocation/restore.hpp: gives access back: ends holds, writes prior values back.
//
// Nothing here brings an old credential back: each block was also a reauth. What is given back is
// guarded like granting. An account, device or application is enabled again only when no hold is
// left on it, whoever placed the others.
//
// What an undo gives back is `unknown` in the run from then on, with the time of the undo: nobody
// looks at it for this run any more. The paths of credentials stay as they were.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/actor.hpp"
#include "revocation/removal.hpp"
#include "revocation/run_machine.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"

namespace curfew {

enum class RestoralKind {
  enable_user,
  enable_device,
  enable_app,
  release_authenticator,  // hold_key's, by the key's id
  release_credential,
};
[[nodiscard]] std::string_view to_string(RestoralKind kind);

// The opposite of disable_user, disable_device, disable_app and hold_key by the same owner.
struct Restoral {
  RestoralKind kind = RestoralKind::enable_user;
  std::string object_id;
  std::string hold_owner = "administrator";
  std::string reason;
};

struct RestoralEffect {
  std::vector<JournalEntry> entries;
  bool enabled = false;                   // no hold is left
  std::vector<std::string> other_owners;  // whose holds keep it blocked
};

// Ends the owner's hold, and those that runs left which were undone already: whoever undid such a
// run had no right to this object, so its hold waits for somebody who has, and nobody else's
// incident stands behind it. A run that was not undone keeps its hold. `not_found`: no such object.
// An owner who has no hold changes nothing, and learns whose holds there are. The caller has been
// guarded.
[[nodiscard]] Result<RestoralEffect> give_access(WriteTx& tx, Journal& journal,
                                                 const Restoral& restoral,
                                                 const std::optional<RunId>& run_id, TimePoint now);

struct RestoredRun {
  RunData data;
  // Runs that were undone before, and whose targets had to wait for this hold: the engine has to
  // drive them too.
  std::vector<RunId> released;
};

// Undoes a run: guard, holds, prior values, audit; all in this transaction. `conflict`: it is still
// being driven, or undone already. Steps that a connector did get a counterpart that writes the
// prior value back, for the engine to drive; while another hold stands on the subject it waits, and
// goes on with the undo that ends the last one.
[[nodiscard]] Result<RestoredRun> restore_run(WriteTx& tx, Journal& journal, AuditLog& audit,
                                              const RunId& run_id, const Actor& actor,
                                              TimePoint now);

}  // namespace curfew
