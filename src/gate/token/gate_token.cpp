#include "gate/token/gate_token.hpp"

#include <utility>

#include "base/text.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew {

const std::vector<Key>& GateToken::keys() const {
  return std::visit([](const auto& any) -> const std::vector<Key>& { return any.keys; }, facts);
}

TimePoint GateToken::expires_at() const {
  return std::visit([](const auto& any) { return any.expires_at; }, facts);
}

Result<GateToken> read_own_token(std::string_view compact, const KeySet& keys) {
  Result<VerifiedAccessToken> verified = read_access_token(compact, keys);
  if (!verified.ok()) return verified.error();
  // Filled where it is returned: it is large.
  Result<GateToken> read{GateToken{}};
  GateToken& token = *read;
  token.claims = std::move(verified->claims);
  token.audiences = {token.claims.aud};
  token.scopes = split_words(token.claims.scp);
  token.roles_text = join(token.claims.roles, " ");
  token.facts = std::move(verified->facts);
  return read;
}

GateDecision decide(ReplicaFollower& follower, const GateToken& token, HashedKeys& hashed,
                    const ReadTime& read_time, LeaseNeed need) {
  return std::visit([&](const auto& any) { return decide(follower, any, hashed, read_time, need); },
                    token.facts);
}

}  // namespace curfew
