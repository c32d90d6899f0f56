#include "model/chain_mark.hpp"

namespace curfew {

MarkVerdict judge_mark(const ChainMark& mark, Position head,
                       const std::optional<std::string>& chain_hash_at_mark) {
  if (head < mark.position) return MarkVerdict::behind;
  if (chain_hash_at_mark.value_or("") != mark.chain_hash) return MarkVerdict::other_chain;
  return MarkVerdict::consistent;
}

}  // namespace curfew
