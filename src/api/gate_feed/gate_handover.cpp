// What a gate of before a fence has as blocked: judged by the journal, written before anything is
// sent to it (docs/gate-protocol.md, rollback and fence).
#include <utility>

#include "access/liveness.hpp"
#include "api/gate_feed/claim_reader.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "base/log.hpp"
#include "io/runtime.hpp"
#include "io/turn.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

Task<Status> GateHub::note_proof(FeedLinkPtr link, Position shown) {
  FenceGate proof;
  proof.tenant_id = context_.tenant_id;
  proof.generation = context_.live().head().position.generation;
  proof.gate_id = link->peer.gate;
  proof.shown = shown;
  proof.came_at = context_.clock.now();
  CURFEW_CO_TRY(const auto known,
                read_value<std::optional<FenceGate>>(context_.store, [&](ReadTx& tx) {
                  return load<FenceGate>(tx, proof.tenant_id, proof.generation, proof.gate_id);
                }));
  // So that a gate that connects for ever writes nothing.
  if (known && shown <= known->shown) co_return Done{};
  std::function<Result<Done>(WriteTx&)> body = [this, link, proof](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const Gate gate, gate_that_may(tx, link->peer));
    FenceGate named = proof;
    named.gate_name = gate.name;
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
  room_.blocks_arrived(link);
  const Status written = co_await write_blocks(link);
  if (!room_.phase_of(link) || end_if_dead(link)) co_return Done{};
  CURFEW_CO_TRY_STATUS(written);
  feed_from(link, {});
  co_return Done{};
}

// Of what was handed over, what is to be written; nothing: all of it is known. unavailable: the
// connection is over.
Task<Result<std::optional<Handover>>> GateHub::read_claims(FeedLinkPtr link,
                                                           std::uint64_t generation) {
  Handover whose;
  whose.generation = generation;
  whose.gate_id = link->peer.gate;
  whose.gate_address = link->peer.address;
  ClaimReader reader{context_.store, context_.tenant_id, std::move(whose), link->handed.take()};
  while (!reader.is_done()) {
    // One that was replaced meanwhile leaves its place to others.
    if (!room_.phase_of(link)) {
      co_return Error::transient(ErrorCode::unavailable, "the gate has gone");
    }
    CURFEW_CO_TRY_STATUS(reader.step());
    const Turn turn{link->socket->executor()};
    co_await turn;
  }
  co_return reader.take();
}

// On what the writer's thread holds when the connection has gone it does not matter: the gate's
// word was heard.
Task<Status> GateHub::write_blocks(FeedLinkPtr link) {
  const std::uint64_t generation = context_.live().head().position.generation;
  CURFEW_CO_TRY(auto claims, co_await read_claims(link, generation));
  if (!claims) co_return Done{};
  std::function<Result<HandoverEffect>(WriteTx&)> body =
      [this, link, handover = *std::move(claims)](WriteTx& tx) mutable -> Result<HandoverEffect> {
    CURFEW_TRY(const Gate gate, gate_that_may(tx, link->peer));
    handover.gate_name = gate.name;
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
