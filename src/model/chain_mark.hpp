// model/chain_mark.hpp: a place in a journal, with the chain hash there: it tells one journal from
// another of the same length.
//
// Whoever remembers one outside of the database (a witness, a gate) finds out with it that an older
// database took the place of the one that it knew.
#pragma once

#include <optional>
#include <string>

#include "model/position.hpp"

namespace curfew {

// No hash where there is no entry: nothing is set, or the sequence is 0.
struct ChainMark {
  Position position;
  std::string chain_hash;

  friend bool operator==(const ChainMark&, const ChainMark&) = default;
};

enum class MarkVerdict {
  consistent,   // the journal goes on from the mark
  behind,       // it ends before the mark: rolled back
  other_chain,  // it has another entry there, or none: rolled back and written on
};

// What a journal is, beside a mark that is known to have been of it. `head`: its last position.
// `chain_hash_at_mark`: of its entry at the mark's position; nothing if it has none there.
[[nodiscard]] MarkVerdict judge_mark(const ChainMark& mark, Position head,
                                     const std::optional<std::string>& chain_hash_at_mark);

// Whether the journal that is described so cannot be the one that `signed_mark` was signed of by
// our own key: an older database took its place.
[[nodiscard]] bool proves_rollback(const ChainMark& signed_mark, Position head,
                                   const std::optional<std::string>& chain_hash_at_mark);

}  // namespace curfew
