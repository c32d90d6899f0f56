// store/schema_rollback.hpp: the tables of what finds out that the journal was rolled back: proofs,
// and the witness.
#pragma once

#include "model/rollback_proof.hpp"
#include "model/tenant_witness.hpp"
#include "store/mapping.hpp"

namespace curfew {

// One for each place that the journal was found too short at; kept after the fence, as history.
template <>
struct Mapping<RollbackProof> {
  static constexpr std::string_view table = "rollback_proofs";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &RollbackProof::tenant_id),
                      column("head", &RollbackProof::head), column("stamp", &RollbackProof::stamp),
                      column("proved_at", &RollbackProof::proved_at),
                      column("credential", &RollbackProof::credential)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

// One for each tenant that has a witness.
template <>
struct Mapping<TenantWitness> {
  static constexpr std::string_view table = "tenant_witnesses";
  static constexpr std::size_t key_column_count = 1;
  static auto columns() {
    return std::tuple{column("tenant_id", &TenantWitness::tenant_id),
                      column("witness_id", &TenantWitness::witness_id),
                      column("path", &TenantWitness::path),
                      column("made_at", &TenantWitness::made_at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

}  // namespace curfew
