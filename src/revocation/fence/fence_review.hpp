// revocation/fence/fence_review.hpp: what gates had as blocked and a restored backup had lost
// (revocation/fence/fence_holding.hpp), looked at by a person.
//
// Whoever could give the object back decides about it, and nobody else. What is said of one block
// stands, whoever names it later. What is said of a gate ("its key was stolen") is said of that
// gate's word alone: what another gate has proved too stays blocked because of that one, and what
// another proves later is blocked then.
//
// Everything here is in the caller's transaction. Not audited: the caller does.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/actor.hpp"
#include "model/fence.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

enum class ReviewVerdict {
  keep,  // it stays blocked, and is not asked about any more
  end,   // the hold ends; others on the key stand
};

// What a person says of one block. Guarded as giving the key's object back is. `conflict`: it was
// ended already, or is to be kept and was never held. One that was not held is only marked.
[[nodiscard]] Result<LostBlock> review_lost_block(WriteTx& tx, Journal& journal,
                                                  const std::string& id, ReviewVerdict verdict,
                                                  const Actor& by, TimePoint now);

// The gate's word for an open block is not taken. A block that another gate has proved too stays,
// as that one's; else the hold ends. What was only listed counts as seen. Guarded as above.
[[nodiscard]] Result<LostBlock> disbelieve_gate(WriteTx& tx, Journal& journal,
                                                const LostBlock& block, const AppId& gate_id,
                                                const Actor& by, TimePoint now);

// What was listed and not held: a person has seen it. Guarded as above.
[[nodiscard]] Result<LostBlock> note_seen(WriteTx& tx, const LostBlock& block, const Actor& by,
                                          TimePoint now);

// Held, or listed with something to look at; and nobody has looked.
[[nodiscard]] bool is_open(const LostBlock& block);

// Those of every fence that are open; that one gate named or proved too, or all (`gate_id` empty).
[[nodiscard]] Result<std::vector<LostBlock>> open_lost_blocks(ReadTx& tx, const TenantId& tenant_id,
                                                              const AppId& gate_id);

// Every gate that has come after a fence of this tenant, once for each of them.
[[nodiscard]] Result<std::vector<FenceGate>> fence_gates(ReadTx& tx, const TenantId& tenant_id);

// What a gate named and was too much to be written or listed counts as seen, at every fence; of one
// gate, or of all. It may have been about anybody, so a Global Administrator says so.
[[nodiscard]] Status note_left_seen(WriteTx& tx, const TenantId& tenant_id, const AppId& gate_id,
                                    const Actor& by);

}  // namespace curfew
