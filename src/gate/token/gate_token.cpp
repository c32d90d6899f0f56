#include "gate/token/gate_token.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew {

const std::vector<Key>& GateToken::keys() const {
  return std::visit([](const auto& any) -> const std::vector<Key>& { return any.keys; }, facts);
}

std::string roles_text_of(const std::vector<std::string>& roles) {
  std::vector<std::string> names;
  names.reserve(roles.size());
  for (const std::string& role : roles) {
    names.push_back(percent_encode(role, [](char c) { return c != ' ' && c != '%'; }));
  }
  return join(names, " ");
}

Status check_texts(const GateToken& token) {
  const AccessTokenClaims& claims = token.claims;
  const auto has_zero = [](std::string_view text) {
    return text.find('\0') != std::string_view::npos;
  };
  const std::array<std::string_view, 12> texts{claims.iss,
                                               claims.sub,
                                               claims.oid,
                                               claims.client_id.str(),
                                               claims.tid.str(),
                                               claims.sid.str(),
                                               claims.jti,
                                               claims.scp,
                                               claims.deviceid.str(),
                                               claims.acr,
                                               token.roles_text,
                                               token.session_controls_text};
  if (!std::ranges::any_of(texts, has_zero)) return Done{};
  return Error::permanent(ErrorCode::unauthenticated, "a claim has a zero byte in it");
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
  token.roles_text = roles_text_of(token.claims.roles);
  token.session_controls_text = join(token.claims.session_controls, " ");
  token.facts = std::move(verified->facts);
  CURFEW_TRY_STATUS(check_texts(token));
  return read;
}

GateDecision decide(ReplicaFollower& follower, const GateToken& token, HashedKeys& hashed,
                    const ReadTime& read_time, LeaseNeed need) {
  return std::visit([&](const auto& any) { return decide(follower, any, hashed, read_time, need); },
                    token.facts);
}

}  // namespace curfew
