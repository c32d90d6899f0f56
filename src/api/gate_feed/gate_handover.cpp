// What a gate of before a fence has as blocked: judged by the journal, written before anything is
// sent to it (docs/gate-protocol.md, rollback and fence).
#include <utility>

#include "api/builtin_apps.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "api/gate_feed/journal_pages.hpp"
#include "base/log.hpp"
#include "gate/feed/handed_blocks.hpp"
#include "io/runtime.hpp"
#include "revocation/fence/fence_review.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

namespace {

// What is written down of a fence and of one gate at it.
struct FenceAt {
  std::optional<Fence> fence;
  Position shown;  // by the gate, since the fence; not set: it proved nothing
};

Result<FenceAt> fence_at(ReadTx& tx, const TenantId& tenant_id, std::uint64_t generation,
                         const AppId& gate) {
  FenceAt at;
  CURFEW_TRY(const auto row, load<FenceGate>(tx, tenant_id, generation, gate));
  if (!row || !row->shown.is_set()) return at;
  at.shown = row->shown;
  // The one that left the gate's generation behind: there may have been others since.
  Query query;
  query.prefix = keys_of(tenant_id);
  query.above = keys_of(at.shown.generation).front();
  query.limit = 1;
  CURFEW_TRY(const auto fences, scan_as<Fence>(tx, query));
  if (!fences.empty()) at.fence = fences.front();
  return at;
}

// A fence of before fences were written down may have come after anything.
std::optional<LostJournal> lost_journal(const FenceAt& at) {
  if (!at.shown.is_set()) return std::nullopt;
  if (!at.fence) return LostJournal{at.shown, {}, true};
  // What it shows is below the end of ours and not in it: something else was written there.
  const bool is_overwritten = at.shown <= at.fence->restored_head;
  return LostJournal{at.shown, at.fence->restored_head, at.fence->was_written_on || is_overwritten};
}

std::string why_not(const GateBlock& block, BlockClaim claim) {
  if (claim == BlockClaim::unproved) {
    return "nothing that this server signed proves that its journal had this entry";
  }
  if (block.key.kind == KeyKind::application && is_built_in(AppId{block.key.id})) {
    return "it is an application of the server itself";
  }
  return "";
}

// Without what the journal has.
Result<std::vector<NamedBlock>> lost_blocks(ReadTx& tx, const TenantId& tenant_id,
                                            const std::vector<GateBlock>& handed,
                                            const FenceAt& at) {
  const std::optional<LostJournal> lost = lost_journal(at);
  std::vector<NamedBlock> named;
  for (const GateBlock& block : handed) {
    CURFEW_TRY(const auto entry, load<JournalEntry>(tx, tenant_id, block.position));
    const auto there = entry ? std::optional{to_replica_entry(*entry, {})} : std::nullopt;
    const BlockClaim claim = judge_claim(block, there, lost);
    if (claim == BlockClaim::known) continue;
    named.push_back({block.key, block.position, why_not(block, claim)});
  }
  return named;
}

}  // namespace

Task<Status> GateHub::note_proof(FeedLinkPtr link, Position shown) {
  FenceGate proof;
  proof.tenant_id = context_.tenant_id;
  proof.generation = context_.live().head().position.generation;
  proof.gate_id = link->peer.gate;
  proof.shown = shown;
  proof.came_at = context_.clock.now();
  std::function<Result<Done>(WriteTx&)> body = [this, proof](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const auto gate, load<Gate>(tx, context_.tenant_id, proof.gate_id));
    FenceGate named = proof;
    if (gate) named.gate_name = gate->name;
    CURFEW_TRY_STATUS(note_fence_proof(tx, named));
    return Done{};
  };
  const Result<Done> written = co_await write_value<Done>(context_.store, current_executor(),
                                                          Urgency::emergency, std::move(body));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

Task<Status> GateHub::take_blocks(FeedLinkPtr link, GateBlocks part) {
  CURFEW_CO_TRY_STATUS(link->handed.add(part, context_.live().head().position.generation));
  if (!link->handed.is_whole()) co_return Done{};
  if (!link->handed.all().empty()) {
    CURFEW_CO_TRY_STATUS(co_await write_blocks(link));
    if (room_.is_over(link)) co_return Done{};
  }
  feed_from(link, {});
  co_return Done{};
}

// On what the writer's thread holds when the connection has gone it does not matter: the gate's
// word was heard.
Task<Status> GateHub::write_blocks(FeedLinkPtr link) {
  const std::uint64_t generation = context_.live().head().position.generation;
  std::function<Result<HandoverEffect>(WriteTx&)> body =
      [this, link, generation](WriteTx& tx) -> Result<HandoverEffect> {
    const AppId& id = link->peer.gate;
    CURFEW_TRY(const FenceAt at, fence_at(tx, context_.tenant_id, generation, id));
    CURFEW_TRY(auto lost, lost_blocks(tx, context_.tenant_id, link->handed.all(), at));
    if (lost.empty()) return HandoverEffect{};
    CURFEW_TRY(const Gate gate, require<Gate>(tx, "such gate", context_.tenant_id, id));
    const Handover handover{generation,         id,       gate.name,
                            link->peer.address, at.shown, std::move(lost)};
    return hold_lost_blocks(tx, context_.journal, context_.audit, handover, context_.clock.now());
  };
  const Result<HandoverEffect> done = co_await write_value<HandoverEffect>(
      context_.store, current_executor(), Urgency::emergency, std::move(body));
  if (!done.ok()) co_return done.error();
  if (done->held + done->listed + done->left == 0) co_return Done{};
  log(LogLevel::warning, "gate.handed_over_blocks",
      {{"gate", link->peer.gate.str()},
       {"held", std::to_string(done->held)},
       {"listed", std::to_string(done->listed)},
       {"left", std::to_string(done->left)},
       {"meaning", "a person has to look at them: curfew fence review"}});
  co_return Done{};
}

}  // namespace curfew
