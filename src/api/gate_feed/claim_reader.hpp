// api/gate_feed/claim_reader.hpp: reads what of a gate's blocks the server has to write: which its
// journal has lost, which of those name something, which have been dealt with before.
//
// Whoever has a gate's key can hand over as much as they like as often as they like. So nothing of
// this is done by the writer, and a step is some milliseconds of an I/O thread.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "gate/feed/handed_blocks.hpp"
#include "revocation/fence/fence_holding.hpp"
#include "store/store.hpp"

namespace curfew {

class ClaimReader {
 public:
  // `whose`: the gate and the generation; the rest is found out. `store` outlives this.
  ClaimReader(Store& store, TenantId tenant_id, Handover whose, std::vector<GateBlock> handed);

  Status step();
  [[nodiscard]] bool is_done() const { return phase_ == Phase::done; }
  // Once it is done. Nothing: there is nothing to write.
  [[nodiscard]] std::optional<Handover> take() { return std::move(to_write_); }

 private:
  enum class Phase { proof, claims, objects, sieve, done };

  Status step_in(ReadTx& tx);
  Status read_proof(ReadTx& tx);
  Status judge_claims(ReadTx& tx);
  Status find_objects(ReadTx& tx);
  Status sift(ReadTx& tx);

  Store& store_;
  TenantId tenant_id_;
  Handover whose_;
  std::vector<GateBlock> handed_;
  std::vector<NamedBlock> named_;
  std::optional<LostJournal> lost_;
  HeldObjects objects_;
  std::optional<HandoverSieve> sieve_;
  std::optional<Handover> to_write_;
  Phase phase_ = Phase::proof;
  std::size_t at_ = 0;  // in handed_, then in named_
};

}  // namespace curfew
