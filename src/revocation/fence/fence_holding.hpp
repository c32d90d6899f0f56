// revocation/fence/fence_holding.hpp: blocks that a restored backup had lost and a gate still had:
// written again.
//
// A gate names them; it is a machine whose key may be stolen. So a block of its saying is one that
// can be ended in one step, nothing but a hold: no row is removed for it, and no run is begun. It
// never reaches an emergency account, the last administrator, anybody's password or the server's
// own applications, and one gate gets limits::kLostBlocksOfGateMax of them at a fence (decision
// 0019). What is not written is listed with the reason, so that a person can do it.
//
// What proves nothing takes nothing from what does: it is listed only, in a room of its own, and
// whoever proves the same key later is heard as if nobody had named it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/fence.hpp"
#include "model/key.hpp"
#include "revocation/fence/held_objects.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

struct NamedBlock {
  Key key;
  Position position;  // in the journal that was lost
  // It is not to be blocked, as where nothing proves it; empty: it is proved, and is blocked unless
  // something in here forbids it.
  std::string why_not;
  std::optional<HeldObject> object = {};  // of an authenticator or credential, if there is one
};

// What one gate handed over, without what the journal has as well.
struct Handover {
  std::uint64_t generation = 0;  // that the fence began
  AppId gate_id;
  std::string gate_name;
  std::string gate_address;
  std::vector<NamedBlock> lost;  // each key once
  std::uint64_t left = 0;        // that were too many, and are not among them
};

struct HandoverEffect {
  std::uint64_t held = 0;
  std::uint64_t listed = 0;  // and not held
  std::uint64_t left = 0;    // over the limits: neither
};

// Takes out of a hand-over what a write would do nothing about, so that a gate which says the same
// for ever costs the writer nothing. What stays is judged again in the write.
class HandoverSieve {
 public:
  HandoverSieve(TenantId tenant_id, Handover whose)
      : tenant_id_(std::move(tenant_id)), kept_(std::move(whose)) {}

  // A few rows are read for each.
  Status sift(ReadTx& tx, NamedBlock block);
  // After the last. Nothing: there is nothing to write.
  [[nodiscard]] Result<std::optional<Handover>> finish(ReadTx& tx);

 private:
  TenantId tenant_id_;
  Handover kept_;
  std::vector<NamedBlock> to_hold_;
  std::vector<NamedBlock> to_list_;
};

// Blocks by remove_access(), the newest first, each audited as the gate's act, and writes down that
// the gate has come. A key that was held is passed over from then on, whoever names it: what a
// person said of it stands; where another gate proves it too while nobody has looked, that is noted
// in its row. In the caller's transaction.
[[nodiscard]] Result<HandoverEffect> hold_lost_blocks(WriteTx& tx, Journal& journal,
                                                      AuditLog& audit, const Handover& handover,
                                                      TimePoint now);

// Writes down that the gate has proved what it shows, before anything is sent to it that takes the
// proof's place. A second proof of the same fence does not replace one that reaches further.
[[nodiscard]] Status note_fence_proof(WriteTx& tx, const FenceGate& proof);

}  // namespace curfew
