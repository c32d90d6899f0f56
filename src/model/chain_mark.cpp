#include "model/chain_mark.hpp"

namespace curfew {

MarkVerdict judge_mark(const ChainMark& mark, Position head,
                       const std::optional<std::string>& chain_hash_at_mark) {
  if (head < mark.position) return MarkVerdict::behind;
  if (chain_hash_at_mark.value_or("") != mark.chain_hash) return MarkVerdict::other_chain;
  return MarkVerdict::consistent;
}

// With what was signed before a fence, the fence has dealt.
bool proves_rollback(const ChainMark& signed_mark, Position head,
                     const std::optional<std::string>& chain_hash_at_mark) {
  return signed_mark.position.generation >= head.generation &&
         judge_mark(signed_mark, head, chain_hash_at_mark) != MarkVerdict::consistent;
}

}  // namespace curfew
