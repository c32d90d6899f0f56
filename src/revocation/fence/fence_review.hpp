// revocation/fence/fence_review.hpp: blocks that a restored backup had lost and a gate still had:
// written again, and looked at by a person.
//
// A gate names them; it is a machine whose key may be stolen. So a block of its saying is one that
// can be ended in one step, nothing but a hold: no row is removed for it, and no run is begun. It
// never reaches an emergency account, the last administrator or the server's own applications, and
// one gate gets limits::kLostBlocksOfGateMax of them at a fence (decision 0019). What is not
// written is listed with the reason, so that a person can do it.
//
// Everything here is in the caller's transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/actor.hpp"
#include "model/fence.hpp"
#include "model/key.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

struct NamedBlock {
  Key key;
  Position position;  // in the journal that was lost
  std::string
      why_not;  // it is not to be blocked; empty: it is, unless something in here forbids it
};

// What one gate handed over, without what the journal has as well.
struct Handover {
  std::uint64_t generation = 0;  // that the fence began
  AppId gate_id;
  std::string gate_name;
  std::string gate_address;
  Position shown;                // the proof; not set: none
  std::vector<NamedBlock> lost;  // ascending by position, each key once
};

struct HandoverEffect {
  std::uint64_t held = 0;
  std::uint64_t listed = 0;  // and not held
  std::uint64_t left = 0;    // over the limit: neither
};

// Blocks by remove_access(), the newest first, each audited as the gate's act. A key that a gate of
// this fence has named before is passed over: whatever a person said of it since stands. The gate's
// FenceGate row counts.
[[nodiscard]] Result<HandoverEffect> hold_lost_blocks(WriteTx& tx, Journal& journal,
                                                      AuditLog& audit, const Handover& handover,
                                                      TimePoint now);

// Writes down that the gate has proved what it shows, before anything is sent to it that takes the
// proof's place. A second proof of the same fence does not replace one that reaches further.
[[nodiscard]] Status note_fence_proof(WriteTx& tx, const FenceGate& proof);

enum class ReviewVerdict {
  keep,  // it stays blocked, and is not asked about any more
  end,   // the hold ends; others on the key stand
};

// What a person says of one block. Guarded as giving the key's object back is. `conflict`: it was
// ended already. One that was not held is only marked. Not audited: the caller does.
[[nodiscard]] Result<LostBlock> review_lost_block(WriteTx& tx, Journal& journal,
                                                  const std::string& id, ReviewVerdict verdict,
                                                  const Actor& by, TimePoint now);

// Those that a gate named first at the newest fence, or all gates (`gate_id` empty), that nobody
// has looked at and that are held. At most `limit`.
[[nodiscard]] Result<std::vector<LostBlock>> open_lost_blocks(ReadTx& tx, const TenantId& tenant_id,
                                                              std::uint64_t generation,
                                                              const AppId& gate_id,
                                                              std::size_t limit);

}  // namespace curfew
