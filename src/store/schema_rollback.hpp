// store/schema_rollback.hpp: the table of proofs that the journal was rolled back.
#pragma once

#include "model/rollback_proof.hpp"
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

}  // namespace curfew
