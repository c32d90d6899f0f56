// model/rollback_proof.hpp: evidence that the journal once went further than it does now.
//
// A credential that we sealed or signed ourselves carries the position that it was made at. If the
// journal ends before it, entries were lost: an older database was put in the place of ours, and
// what was revoked since may look live again.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

struct RollbackProof {
  TenantId tenant_id;
  Position head;   // where the journal ended when the proof came
  Position stamp;  // where it had already been when the credential was made
  TimePoint proved_at{};
  std::string credential;  // the keys that it names: "user/ID session/ID ..."; no secret
};

// Nothing but a fence ends it: a new generation that outdates the stamp. Entries that are written
// meanwhile do not, even when their numbers pass the stamp's: they are other entries.
[[nodiscard]] inline bool stands(const RollbackProof& proof, Position head) {
  return head.generation <= proof.stamp.generation;
}

}  // namespace curfew
