#include "api/gate_feed/signed_heads.hpp"

#include <algorithm>
#include <utility>

#include "gate/feed/signed_head.hpp"

namespace curfew {

Result<std::string> SignedHeads::of(const ChainMark& mark) {
  const std::lock_guard lock{mutex_};
  const KeyId key = keys_.active_key(TokenAlg::es256);
  const auto known = std::ranges::find_if(
      kept_, [&](const Kept& kept) { return kept.mark == mark && kept.key == key; });
  if (known != kept_.end()) return known->jws;
  const SignPayload sign = [&](std::string_view typ, std::string_view payload) {
    return keys_.sign(TokenAlg::es256, typ, payload);
  };
  CURFEW_TRY(const SignedHead made, sign_head(issuer_, mark, sign));
  ++count_;
  kept_.push_front({mark, key, made.jws});
  if (kept_.size() > kSignedHeadsKept) kept_.pop_back();
  return made.jws;
}

Result<std::string> SignedHeads::newest() {
  const JournalHead head = live_.head();
  return of({head.position, head.chain_hash});
}

std::size_t SignedHeads::count() const {
  const std::lock_guard lock{mutex_};
  return count_;
}

}  // namespace curfew
