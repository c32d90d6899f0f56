// gate/token/gate_token.hpp: a token whose signature was checked at a gate, and what judges it.
//
// It says nothing about being live: the replica is asked at each use.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "gate/replica/decision.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/oidc/access_token.hpp"

namespace curfew {

inline constexpr std::size_t kOwnIssuer = 0;

struct GateToken {
  std::size_t issuer = kOwnIssuer;  // of foreign ones: 1 + its place in the configuration
  AccessTokenClaims claims;         // of foreign ones what they have of it, see foreign_token.hpp
  std::vector<std::string> audiences;
  std::vector<std::string> scopes;    // the words of claims.scp
  std::string roles_text;             // roles_text_of(claims.roles)
  std::string session_controls_text;  // the same of claims.session_controls
  std::variant<CredentialFacts, ForeignFacts> facts;

  [[nodiscard]] const std::vector<Key>& keys() const;
  // Here, because it is asked for with each request.
  [[nodiscard]] TimePoint expires_at() const {
    const auto* const own = std::get_if<CredentialFacts>(&facts);
    return own != nullptr ? own->expires_at : std::get<ForeignFacts>(facts).expires_at;
  }
};

// With a space between them: in the name of one it is "%20", and "%" is "%25".
[[nodiscard]] std::string roles_text_of(const std::vector<std::string>& roles);

// unauthenticated if something that programs are told of a token has a zero byte in it. For many of
// them a text ends there: who is called "root\0x" would be "root".
[[nodiscard]] Status check_texts(const GateToken& token);

// Of a token of the gate's own server. Errors: as read_access_token() and check_texts().
[[nodiscard]] Result<GateToken> read_own_token(std::string_view compact, const KeySet& keys);

// The judgement of the replica, see decide().
[[nodiscard]] GateDecision decide(ReplicaFollower& follower, const GateToken& token,
                                  HashedKeys& hashed, const ReadTime& read_time,
                                  LeaseNeed need = LeaseNeed::as_the_gate);

}  // namespace curfew
